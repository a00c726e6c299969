/**
 * Broadcast receiver: prints every datagram; any number may run at once.
 * node dist/examples/broadcast_receiver.js [port]; its peer: broadcast_sender.js
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 5008)

using receiver = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
receiver.bind(['', port])
console.log(`listening on ${receiver.getsockname().join(':')}`)
while (true) {
  const [data, addr] = receiver.recvfrom(1024)
  console.log(`${addr[0]} says: ${data}`)
}
