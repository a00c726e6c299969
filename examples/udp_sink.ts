/**
 * Counts the datagrams that come, many in one system call: each second that
 * brought any, how many, how many bytes, and in how many calls.
 * node dist/examples/udp_sink.js [port]; its peer: udp_blast.js [port]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8080)

using sink = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind(['127.0.0.1', port])
sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
// The kernel may join what comes as one stream, and say how long its pieces are.
sink.setsockopt(socket.SOL_UDP, socket.UDP_GRO, 1)
console.log(`listening on ${sink.getsockname().join(':')}`)

const batch = new socket.Batch({ messages: 64, size: 65536, ancbufsize: socket.CMSG_SPACE(4) })

/** How many datagrams message `i` was. */
function datagrams(i: number): number {
  for (const row of socket.decode_ancillary(batch.ancdata(i))) {
    if (row.name === 'UDP_GRO') return Math.ceil(batch.nbytes(i) / row.value)
  }
  return 1
}

sink.settimeout(1)
while (true) {
  let [count, bytes, calls] = [0, 0, 0]
  const end = performance.now() + 1000
  try {
    do {
      const came = sink.recvmmsg(batch)
      calls++
      for (let i = 0; i < came; i++) {
        count += datagrams(i)
        bytes += batch.nbytes(i)
      }
    } while (performance.now() < end)
  } catch (error) {
    if (!(error instanceof socket.TimeoutError)) throw error
  }
  if (count > 0) console.log(`${count} datagrams, ${bytes} bytes, ${calls} calls`)
}
