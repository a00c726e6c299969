// Keeps a hundred thousand small messages, each received with room for far more,
// and tells what they cost in bytes. Run by memory.test.ts with --expose-gc.
//
//   node --expose-gc keep.js TWIN METHOD BUFSIZE

import { socket } from './twin.js'

const [, , , method, size] = process.argv
const bufsize = Number(size)
const COUNT = 100_000
const [a, b] = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
const message = Buffer.alloc(64, 'm')
const receive = {
  recv: () => b.recv(bufsize),
  recvfrom: async () => (await b.recvfrom(bufsize))[0],
}[method]
if (receive === undefined) throw new Error(`no method ${method}`)

function used(): { rss: number; held: number } {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage() // external has the array buffers in it
  return { rss, held: heapUsed + external }
}

for (let i = 0; i < 1000; i++) {
  await a.send(message)
  await receive() // warm
}
const kept: Buffer[] = new Array(COUNT)
const before = used()
for (let i = 0; i < COUNT; i++) {
  await a.send(message)
  kept[i] = await receive()
}
const after = used()
const whole = kept.every((part) => part.equals(message))
console.log(JSON.stringify({ whole, rss: after.rss - before.rss, held: after.held - before.held }))
a.close()
b.close()
