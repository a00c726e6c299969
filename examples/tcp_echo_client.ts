/**
 * TCP echo client: sends a line and prints what comes back.
 * node dist/examples/tcp_echo_client.js [port] [host]; its peer: tcp_echo_server.js [port]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8888)
const host = process.argv[3] ?? '127.0.0.1'

using client = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect([host, port])
client.sendall(Buffer.from('Hello, echo!'))
const data = client.recv(1024)
console.log(`received: ${data}`)
