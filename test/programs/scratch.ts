// Takes the memory that C++ and JavaScript share away, then goes on calling. Run
// by addon.test.ts with --expose-gc: it must come to its end.
//
//   node --expose-gc scratch.js WAY

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import { native } from '#lib/native'

const path = fileURLToPath(new URL('../../../build/Release/bsd_socket.node', import.meta.url))
const { scratch } = createRequire(import.meta.url)(path) as { scratch: ArrayBuffer }

/** A worker that writes all over what it is given, and ends. */
async function giveAway(): Promise<void> {
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
     for (let i = 0; i < 1e4; i++) new Uint8Array(workerData).fill(255)`,
    { eval: true, workerData: scratch, transferList: [scratch] },
  )
  await new Promise((resolve) => worker.once('exit', resolve))
}

const ways: Record<string, () => unknown> = {
  clone: () => void structuredClone(scratch, { transfer: [scratch] }),
  keep: () =>
    Object.assign(globalThis, { kept: structuredClone(scratch, { transfer: [scratch] }) }),
  worker: giveAway,
  // Node 22 and later.
  transfer: () => Reflect.get(scratch, 'transfer')?.call(scratch),
  // Node 20 makes a copy instead of a transfer. V8 itself does as it is told.
  detach: () => {
    setFlagsFromString('--allow-natives-syntax')
    new Function('buffer', '%ArrayBufferDetach(buffer)')(scratch)
  },
}

/** Everything that uses the shared memory; what it gives is of no interest. */
function everything(): number {
  const s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  const u = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
  const calls: (() => unknown)[] = [
    () => s.bind(['127.0.0.1', 0]),
    () => s.getsockname(),
    () => s.connect(['127.0.0.1', 1]),
    () => s.getpeername(),
    () => s.sendto(Buffer.alloc(1), ['127.0.0.1', 1]),
    () => s.recvfrom(1, socket.MSG_DONTWAIT),
    () => s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE),
    () => u.bind(`\0${process.pid}`),
    () => u.listen(),
    () => u.accept(),
    () => String(u),
    () => socket.getnameinfo(['127.0.0.1', 1], 3),
    () => socket.getaddrinfo('127.0.0.1', 1),
    () => socket.socketpair(),
    () => native.takeSignals(),
  ]
  s.settimeout(0.01)
  u.settimeout(0.01)
  let threw = 0
  for (const call of calls) {
    try {
      call()
    } catch {
      threw++
    }
  }
  s.close()
  u.close()
  return threw
}

try {
  await ways[process.argv[2]]()
} catch (error) {
  console.log(`refused: ${(error as Error).message}`) // from Node 21 on it may not be transferred
}
let threw = 0
for (let i = 0; i < 30; i++) {
  threw += everything()
  if (i % 3 === 0) globalThis.gc?.()
}
console.log(JSON.stringify({ detached: scratch.byteLength === 0, threw }))
process.exit(0)
