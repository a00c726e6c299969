/**
 * Broadcast sender: one datagram to every host on the link.
 * node dist/examples/broadcast_sender.js [port] [to host] [text]; its peers: broadcast_receiver.js
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 5008)
const host = process.argv[3] ?? '<broadcast>' // or that of a network: 192.0.2.255
const text = process.argv[4] ?? 'Hello, everybody!'

using sender = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sender.sendto(Buffer.from(text), [host, port])
console.log(`sent to ${host}:${port}`)
