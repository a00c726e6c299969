/**
 * Framing server: messages with their length before them; confirms each, however it comes in.
 * node dist/examples/framing_server.js [port]; its peer: framing_client.js [port] [host]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 9009)

/** Exactly so many bytes, in as many pieces as they take; null at the end of the stream. */
function recvExactly(conn: socket.socket, length: number) {
  const parts: Buffer[] = []
  let left = length
  while (left > 0) {
    const part = conn.recv(Math.min(left, 65536))
    if (part.length === 0) return null
    parts.push(part)
    left -= part.length
  }
  return Buffer.concat(parts)
}

function recvMessage(conn: socket.socket) {
  const header = recvExactly(conn, 4)
  return header && recvExactly(conn, header.readUInt32BE())
}

function sendMessage(conn: socket.socket, message: Buffer) {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(message.length)
  conn.sendall(Buffer.concat([header, message]))
}

using server = socket.create_server(['0.0.0.0', port])
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [conn, addr] = server.accept()
  while (true) {
    const message = recvMessage(conn)
    if (message === null) break
    console.log(`${message.length} bytes from ${addr[0]}`)
    sendMessage(conn, Buffer.from(`received: ${message.subarray(0, 20)}`))
  }
  conn.close()
}
