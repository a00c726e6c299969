// Passes a hundred thousand messages through two batches, and tells what that
// cost in bytes. Run by batch/memory.test.ts with --expose-gc.

import * as socket from 'bsd-socket'

const COUNT = 100_000
const [a, b] = [0, 1].map(() => {
  const s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  s.bind(['127.0.0.1', 0])
  s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
  s.settimeout(10)
  return s
})
const out = new socket.Batch({ messages: 64, size: 64 })
const got = new socket.Batch({ messages: 64, size: 2048 })
const to = b.getsockname()

let sum = 0
function pass(count: number): void {
  for (let done = 0; done < count; ) {
    out.clear()
    while (out.length < 64) {
      out.slot(out.length)[0] = out.length
      out.add(64, to)
    }
    const sent = a.sendmmsg(out)
    for (let came = 0; came < sent; ) {
      const n = b.recvmmsg(got)
      for (let i = 0; i < n; i++) sum += got.data(i)[0]
      came += n
    }
    done += sent
  }
}

function used(): { rss: number; held: number } {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, held: heapUsed + external }
}

pass(20_000) // warm
const before = used()
sum = 0
pass(COUNT)
const after = used()
const average = sum / (Math.ceil(COUNT / 64) * 64) // of 0 to 63
console.log(
  JSON.stringify({ average, rss: after.rss - before.rss, held: after.held - before.held }),
)
a.close()
b.close()
