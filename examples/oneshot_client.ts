/**
 * One-shot client: one message each way, and the end.
 * node dist/examples/oneshot_client.js [port]; its peer: oneshot_server.js [port]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 12345)

const client = socket.create_connection(['127.0.0.1', port])
client.sendall(Buffer.from('Hello, server!'))
console.log(`the server says: ${client.recv(1024)}`)

client.close()
