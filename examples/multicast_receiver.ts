/**
 * Multicast receiver: joins a group, prints every datagram to it; any number may run at once.
 * node dist/examples/multicast_receiver.js [port] [group] [own host]; its peer: multicast_sender.js
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 5007)
const group = process.argv[3] ?? '239.1.1.1'
const host = process.argv[4] ?? '127.0.0.1' // that of the interface to listen on

using receiver = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
receiver.bind([group, port])
const membership = socket.ip_mreq.encode({ multiaddr: group, interface: host })
receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
console.log(`listening on ${receiver.getsockname().join(':')}`)
while (true) {
  const [data, addr] = receiver.recvfrom(1024)
  console.log(`${addr[0]} says: ${data}`)
}
