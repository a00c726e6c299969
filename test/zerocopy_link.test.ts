// MSG_ZEROCOPY where the machine has to be arranged for it: a network namespace of
// its own with a queue that is full, or with too little memory for bookkeeping; and
// memory that is thrown away, collected and filled anew while the kernel reads on.

import { expect, it } from 'vitest'
import { Netns, netnsMissing } from './netns.js'
import { python } from './peer.js'
import { node, told } from './promises/node.js'

const missing = netnsMissing()

it('numbers that failed sends took do not confuse those after; a dropped packet was not copied', async (ctx) => {
  ctx.skip(missing !== null, missing ?? '')
  const ns = await Netns.create('ip link set lo up')
  const scene = ns.fixture('zerocopy', 'fullQueue')
  expect(await told(scene)).toEqual({
    sends: [1200, 1200, 1200, 'ENOBUFS', 'ENOBUFS'],
    refused: [
      { first: 0, last: 0, copied: true },
      { first: 3, last: 4, copied: false },
    ],
    dropped: [{ first: 1, last: 2, copied: false }],
    after: { nbytes: 1200, copied: true },
  })
  await scene.end()
})

it('ENOBUFS for want of bookkeeping: sends wait, or copy, and keep their order', async (ctx) => {
  ctx.skip(missing !== null, missing ?? '')
  const ns = await Netns.create('ip link set lo up')
  const scene = ns.fixture('zerocopy', 'noBookkeeping')
  expect(await told(scene)).toBe('ENOBUFS')
  expect(await told(scene)).toBe(20_000)
  expect(await told(scene)).toBe(true)
  expect(await told(scene)).toEqual([100_000, 100_000, 100_000])
  expect(await told(scene)).toBe(true)
  await scene.end()
})

/** A python3 that reads 256 KiB only when it is told to, and counts the bytes of each value. */
async function lateReader() {
  const peer = python(`
import json
from collections import Counter
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
s.bind(('127.0.0.1', 0))
s.listen()
print(s.getsockname()[1])
c, _ = s.accept()
sys.stdin.readline()
got = bytearray()
while len(got) < 4 * 65536: got += c.recv(65536)
print(json.dumps(Counter(got)))
`)
  return { peer, port: await peer.line() }
}

/** Sends four buffers of 64 KiB of 0, 1, 2 and 3, and does something while the kernel still reads. */
const scene = (port: string, meanwhile: string) => `
const s = await socket.create_connection(['127.0.0.1', ${port}])
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
s.setsockopt(socket.SOL_SOCKET, socket.SO_ZEROCOPY, 1)
const collect = async () => { for (let i = 0; i < 5; i++) { gc(); await sleep(5) } }
const refs = []
let buffers = []
for (let i = 0; i < 4; i++) {
  const buffer = new Uint8Array(65536).fill(i)
  refs.push(new WeakRef(buffer.buffer))
  buffers.push(buffer)
  tell(await s.send(buffer, socket.MSG_ZEROCOPY))
}
${meanwhile}
process.stdin.once('data', async () => {
  let done = 0
  while (done < 4) for (const { first, last } of await s.recv_zerocopy_completions()) done += last - first + 1
  await collect()
  tell(refs.filter((ref) => ref.deref()).length)
  s.close()
  process.exit()
})
`
/** Tells how many of the buffers are still there, after `drop` and a collection. */
const dropping = (drop: string) => `
buffers = null
${drop}
await collect()
const others = Array.from({ length: 100 }, () => new Uint8Array(65536).fill(0xee))
tell(refs.filter((ref) => ref.deref()).length)`

const flags = ['--expose-gc']
const each = { 0: 65536, 1: 65536, 2: 65536, 3: 65536 }

it('memory that the program has dropped stays until the kernel has let go of it', async () => {
  const { peer, port } = await lateReader()
  const sender = node(scene(port, dropping('')), { flags })
  for (let i = 0; i < 4; i++) expect(await told(sender)).toBe(65536)
  expect(await told<number>(sender)).toBeGreaterThan(0)
  peer.child.stdin?.write('read\n')
  expect(await told(peer)).toEqual(each)
  sender.child.stdin?.write('go on\n')
  expect(await told(sender)).toBe(0)
})

it('what is written into it meanwhile is sent: the kernel reads the memory itself, and late', async () => {
  const { peer, port } = await lateReader()
  const sender = node(scene(port, 'for (const buffer of buffers) tell(buffer.fill(9)[0])'), {
    flags,
  })
  for (let i = 0; i < 4; i++) expect(await told(sender)).toBe(65536)
  for (let i = 0; i < 4; i++) expect(await told(sender)).toBe(9)
  peer.child.stdin?.write('read\n')
  const counts = await told<Record<string, number>>(peer)
  expect(counts[9]).toBeGreaterThan(0)
})

it('closed with sends under way: their memory is kept for good, and arrives whole', async () => {
  const { peer, port } = await lateReader()
  const sender = node(scene(port, dropping('s.close()')), { flags })
  for (let i = 0; i < 4; i++) expect(await told(sender)).toBe(65536)
  expect(await told<number>(sender)).toBeGreaterThan(0)
  peer.child.stdin?.write('read\n')
  expect(await told(peer)).toEqual(each)
})
