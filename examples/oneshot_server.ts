/**
 * One-shot server: one client, one message each way, and the end.
 * node dist/examples/oneshot_server.js [port]; its peer: oneshot_client.js [port]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 12345)

const server = socket.create_server(['127.0.0.1', port])
console.log(`listening on ${server.getsockname().join(':')}`)

const [conn] = server.accept()
console.log(`the client says: ${conn.recv(1024)}`)
conn.sendall(Buffer.from('Hello, client!'))

conn.close()
server.close()
