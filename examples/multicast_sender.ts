/**
 * Multicast sender: one datagram to everybody who joined the group.
 * node dist/examples/multicast_sender.js [port] [group] [own host] [text]; its peers: multicast_receiver.js
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 5007)
const group = process.argv[3] ?? '239.1.1.1'
const host = process.argv[4] ?? '127.0.0.1' // that of the interface to send by
const text = process.argv[5] ?? 'Hello, group!'

using sender = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1) // not beyond this link
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host))
sender.sendto(Buffer.from(text), [group, port])
console.log(`sent to ${group}:${port}`)
