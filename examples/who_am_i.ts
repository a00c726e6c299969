/**
 * Who am I talking to: both ends of a connection, as the kernel names them.
 * node dist/examples/who_am_i.js [port] [host]; its peer: tcp_echo_server.js, or any TCP server
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8888)
const host = process.argv[3] ?? '127.0.0.1'

using client = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect([host, port])
console.log(`I am ${client.getsockname().join(':')}`)
console.log(`my peer is ${client.getpeername().join(':')}`)
