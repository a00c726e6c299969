// One busy peer is not the only one: timers fire on time while it sends, or reads,
// without pause.

import { expect, it } from 'vitest'
import { python } from '../peer.js'
import { run } from './node.js'

/** A peer that does the same for ever, once it is connected. */
const peer = (step: string) => `
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
piece = bytes(1 << 18)
while True: ${step}
`
const sends = peer('c.sendall(piece)')
const reads = peer('c.recv(1 << 20)')
const sleeps = `import time${peer('time.sleep(1)')}`

// What the machine gives to others is not our delay: so it is the processor time of
// this process that is measured, between a timer and its next round.
const measured = (busy: string, port: string) => `
  const s = await socket.create_connection(['127.0.0.1', ${port}])
  let on = true
  let waiting
  let count = 0
  const busy = (async () => { while (on) { ${busy}; count++ } })()
  const work = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
  const gaps = []
  await sleep(50)
  for (let i = 0; i < 100; i++) {
    const before = work()
    await new Promise((resolve) => setTimeout(resolve, 1))
    gaps.push(work() - before)
  }
  on = false
  await busy
  gaps.sort((a, b) => a - b)
  tell({ count, most: gaps[Math.floor(gaps.length * 0.95)] })
  process.exit()`

const rows = [
  ['recv', sends, 'await s.recv(4096)'],
  ['recv of what is there', sends, 'await s.recv(1 << 16, socket.MSG_DONTWAIT).catch(() => {})'],
  [
    // Fault: what is refused because another call waits was refused at once, for ever.
    'recv behind one that waits',
    sleeps,
    'waiting ??= s.recv(1).catch(() => {}); await s.recv(1, socket.MSG_DONTWAIT).catch(() => {})',
  ],
  ['MSG_WAITALL', sends, 'await s.recv(30_000_000, socket.MSG_WAITALL)'],
  ['chunks()', sends, 'for await (const _ of s) if (++count % 100 === 0) break'],
  ['makefile', sends, 'await s.makefile("rb").read(30_000_000)'],
  ['sendall', reads, 'await s.sendall(Buffer.alloc(30_000_000))'],
  ['sendfile', reads, 'await s.sendfile(file, 0, 30_000_000)'],
] as const

async function measure([, program, busy]: (typeof rows)[number], env: Record<string, string>) {
  const other = python(program)
  const open = `
    const { openSync } = await import('node:fs')
    const file = openSync(process.execPath)`
  const text = open + measured(busy, await other.line())
  const { count, most } = await run<{ count: number; most: number }>(text, { env })
  expect(count).toBeGreaterThan(0)
  expect(most).toBeLessThan(20)
}

it.for(rows)('%s: a timer is not delayed', (row) => measure(row, {}))

// Fault: a thousand batches came in one turn of the loop.
const some = rows.filter(([name]) => ['recv', 'chunks()', 'sendall'].includes(name))
it.for(some)('%s where a thread waits for the set, as on Bun and Deno', (row) =>
  measure(row, { REACTOR: 'thread' }),
)
