/**
 * Framing client: sends messages in pieces and stuck together, reads the answers to each.
 * node dist/examples/framing_client.js [port] [host]; its peer: framing_server.js [port]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 9009)
const host = process.argv[3] ?? '127.0.0.1'

function frame(message: string) {
  const data = Buffer.from(message)
  const header = Buffer.alloc(4)
  header.writeUInt32BE(data.length)
  return Buffer.concat([header, data])
}

using client = socket.create_connection([host, port])
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
// MSG_WAITALL has the kernel wait until all of it is there.
const recvMessage = () => {
  const length = client.recv(4, socket.MSG_WAITALL).readUInt32BE()
  return client.recv(length, socket.MSG_WAITALL).toString()
}

const halves = frame('in two halves')
client.sendall(halves.subarray(0, 7))
client.sendall(halves.subarray(7))
console.log(recvMessage())

client.sendall(Buffer.concat(['one', 'two', 'three'].map(frame)))
for (let i = 0; i < 3; i++) console.log(recvMessage())

for (const byte of frame('byte by byte')) client.sendall(Buffer.from([byte]))
console.log(recvMessage())

client.sendall(frame('a long one '.repeat(100_000)))
console.log(recvMessage())
