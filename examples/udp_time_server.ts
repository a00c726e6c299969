/**
 * UDP time server: answers the datagram "time" with the date, and no other.
 * node dist/examples/udp_time_server.js [port]; its peer: udp_time_client.js [port] [host]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8888)

using server = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(['0.0.0.0', port])
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [data, addr] = server.recvfrom(1024)
  console.log(`${addr.join(':')} asks`)
  if (data.toString() === 'time') {
    const now = new Date().toLocaleString('sv-SE') // 2030-12-31 23:59:59
    server.sendto(Buffer.from(now), addr)
  }
}
