// waits exit, and waits terminate: a hundred pending waits of many kinds, in the
// program or in a worker of it, which is then ended.

import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket/promises'
import { descriptors, settled, tell, warm } from './setup.js'

const kept: unknown[] = []

async function begin(): Promise<number> {
  for (let i = 0; i < 20; i++) {
    const [a, b] = socket.socketpair()
    const [c, d] = socket.socketpair()
    c.settimeout(1000)
    const file = d.makefile('rb')
    const server = await socket.create_server(['127.0.0.1', 0])
    const waits = [a.recv(1), a.sendall(Buffer.alloc(5_000_000)), c.recv(1), file.read(1)]
    kept.push(b, file, ...waits, server.accept())
  }
  return kept.filter((x) => x instanceof Promise).length
}

async function terminate(): Promise<void> {
  await warm()
  const before = descriptors()
  const worker = new Worker(fileURLToPath(import.meta.url))
  const [count] = await once(worker, 'message')
  const begun = performance.now()
  await worker.terminate()
  const time = performance.now() - begun
  tell({ count, time, left: (await settled(before)) - before })
}

if (!isMainThread) parentPort?.postMessage(await begin())
else if (process.argv[2] === 'terminate') await terminate()
else {
  tell(await begin())
  process.exit(3)
}
