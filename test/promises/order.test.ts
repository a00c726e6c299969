// Calls of one direction are answered in the order in which they were made.

import * as socket from 'bsd-socket/promises'
import { expect, it, onTestFinished } from 'vitest'
import { connected } from './pairs.js'

const { MSG_DONTWAIT, MSG_ZEROCOPY, SOL_SOCKET, SO_ZEROCOPY } = socket
/** More calls than may be answered in one turn of the event loop. */
const MANY = 40

function pair() {
  const both = socket.socketpair()
  onTestFinished(() => {
    for (const s of both) s.close()
  })
  return both
}

/** Notes what each call gives, or the code of its error, as they come. */
function noting() {
  const seen: string[] = []
  const note = (name: string, call: Promise<Buffer>) =>
    call.then(
      (data) => void seen.push(`${name} ${data}`),
      (error) => void seen.push(`${name} ${error.code}`),
    )
  return { seen, note }
}

/** So many calls that no other is answered in this turn; the last will be in the next. */
async function busy(): Promise<() => Promise<unknown>> {
  const [a, b] = pair()
  await b.sendall(Buffer.alloc(MANY))
  await new Promise(setImmediate)
  const calls = Array.from({ length: MANY }, () => a.recv(1))
  return () => Promise.all(calls)
}

// Fault: what does not wait had its answer after a call that came after it.
it('a call that does not wait comes before the next that does', async () => {
  const [a, b] = pair()
  const { seen, note } = noting()
  await b.sendall(Buffer.from('xyz'))
  const others = await busy()
  await Promise.all([
    note('at once', a.recv(1, MSG_DONTWAIT)),
    note('waiting', a.recv(1)),
    note('at once, behind it', a.recv(1, MSG_DONTWAIT)),
    others(),
  ])
  expect(seen).toEqual(['at once x', 'at once, behind it EAGAIN', 'waiting y'])
})

it('closing comes after the answers that are known', async () => {
  const [a, b] = pair()
  const { seen, note } = noting()
  await b.sendall(Buffer.from('x'))
  const others = await busy()
  const calls = [note('at once', a.recv(1, MSG_DONTWAIT)), note('waiting', a.recv(1)), others()]
  a.close()
  await Promise.all(calls)
  expect(seen).toEqual(['at once x', 'waiting EBADF'])
})

/** Connected over TCP; the one has zero-copy sends under way that the other has no room for. */
async function sending() {
  const [a] = await connected()
  a.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
  a.settimeout(0)
  const piece = Buffer.alloc(1 << 16)
  for (let on = true; on; ) await a.send(piece, MSG_ZEROCOPY).catch(() => (on = false))
  for (let on = true; on; ) await a.recv_zerocopy_completions().catch(() => (on = false))
  return a
}

// Fault: the 33rd that asked for completions in a turn of the loop was never answered.
it('many at once are answered, whatever they would wait for', async () => {
  const a = await sending()
  const codes = (call: () => Promise<unknown>) => {
    const code = () =>
      call().then(
        () => 'none',
        (error) => error.code,
      )
    return Promise.all(Array.from({ length: MANY }, code))
  }
  expect(new Set(await codes(() => a.recv(1)))).toEqual(new Set(['EAGAIN']))
  for (const call of [() => a.recv(1, socket.MSG_ERRQUEUE), () => a.recv_zerocopy_completions()]) {
    // The kernel may let go of a send meanwhile: then one of them hears of it.
    const failed = (await codes(call)).filter((code) => code !== 'none')
    expect(new Set(failed)).toEqual(new Set(['EAGAIN']))
  }
})
