/**
 * TCP echo server: sends back what it gets, one client after the other.
 * node dist/examples/tcp_echo_server.js [port]; its peer: tcp_echo_client.js [port] [host]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8888)

using server = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(['0.0.0.0', port])
server.listen()
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [conn, addr] = server.accept()
  console.log(`connected: ${addr.join(':')}`)
  while (true) {
    const data = conn.recv(1024)
    if (data.length === 0) break
    conn.sendall(data)
  }
  conn.close()
  console.log(`left: ${addr.join(':')}`)
}
