/**
 * UDP sender: what you type goes out as UTF-8, a datagram a line, until "exit".
 * node dist/examples/udp_sender.js [to port] [own port] [host]; its peer: udp_receiver.js [port]
 */
import * as socket from 'bsd-socket'
import { input } from './terminal.js'

const port = Number(process.argv[2] ?? 8080)
const ownPort = Number(process.argv[3] ?? 7890)
const host = process.argv[4] ?? '127.0.0.1'

using sender = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(['', ownPort])
console.log(`sending from ${sender.getsockname().join(':')}`)
while (true) {
  const text = input('> ')
  if (text === 'exit') break
  sender.sendto(Buffer.from(text, 'utf8'), [host, port])
}
