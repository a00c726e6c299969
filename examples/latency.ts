/**
 * Latency of an echo server, as the program sees it and as the kernel stamped the answers.
 * node dist/examples/latency.js [port=8888] [host] [messages]; its peer: any UDP server that echoes
 */
import { createHistogram } from 'node:perf_hooks'
import * as socket from 'bsd-socket'
import { latencies, receive_time, stamp_receives, TIMES_SPACE } from 'bsd-socket/bench'

const [port = '8888', host = '127.0.0.1', messages = '10000'] = process.argv.slice(2)

using s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect([host, Number(port)])
s.settimeout(2)
stamp_receives(s)

const message = Buffer.alloc(64)
const trips = createHistogram()
const gaps = createHistogram()
let last: bigint | null = null

function roundTrip() {
  s.send(message)
  const [, ancdata] = s.recvmsg(1024, TIMES_SPACE)
  const came = receive_time(ancdata)
  if (came !== null && last !== null && came > last) gaps.record(came - last)
  last = came
}

await latencies(roundTrip, trips, { operations: Number(messages) })
for (const [name, histogram] of Object.entries({ 'round trip': trips, 'between answers': gaps })) {
  const [half, most, rest] = [50, 99, 99.9].map((p) => histogram.percentile(p) / 1e3)
  console.log(`${name}: median ${half} µs, 99 % ${most} µs, 99.9 % ${rest} µs`)
}
