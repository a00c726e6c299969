/**
 * UDP receiver: prints every datagram, as UTF-8, and who sent it.
 * node dist/examples/udp_receiver.js [port]; its peer: udp_sender.js [to port] [own port] [host]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8080)

using receiver = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(['', port])
console.log(`listening on ${receiver.getsockname().join(':')}`)
while (true) {
  const [data, addr] = receiver.recvfrom(1024)
  console.log(`${addr.join(':')} ${data.toString('utf8')}`)
}
