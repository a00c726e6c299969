/**
 * Sends datagrams as fast as it can, to this machine alone: 64 messages in each
 * system call, and with -g each of them cut into datagrams by the kernel.
 * node dist/examples/udp_blast.js [port] [datagrams] [bytes] [-g]; its peer: udp_sink.js [port]
 */
import * as socket from 'bsd-socket'

const args = process.argv.slice(2)
const segmented = args.includes('-g')
const [port = 8080, datagrams = 100_000, size = 1000] = args
  .filter((arg) => arg !== '-g')
  .map(Number)

using sender = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect(['127.0.0.1', port])

// How many datagrams a message is: the kernel cuts it into 64 at most.
const pieces = segmented ? Math.min(64, Math.floor(65_000 / size)) : 1
if (segmented) sender.setsockopt(socket.SOL_UDP, socket.UDP_SEGMENT, size)

const batch = new socket.Batch({ messages: 64, size: size * pieces })
while (batch.length < batch.messages) {
  batch.slot(batch.length).fill(batch.length)
  batch.add(size * pieces) // what lies in the slot
}

const begin = performance.now()
let [sent, calls] = [0, 0]
while (sent < datagrams) {
  const messages = Math.min(batch.length, Math.ceil((datagrams - sent) / pieces))
  sent += pieces * sender.sendmmsg(batch, 0, batch.length - messages) // its last ones
  calls++
}
const seconds = (performance.now() - begin) / 1000
console.log(`${sent} datagrams in ${calls} calls, ${Math.round(sent / seconds)} a second`)
