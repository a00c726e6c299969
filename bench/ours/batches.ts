// Many messages in one system call. The package may not have a Batch yet: then
// bench/works.ts says so instead of measuring.

import * as socket from 'bsd-socket'
import type { Work } from 'bsd-socket/bench'
import { BATCH, job, message, portOf, type Works } from '../job.js'

interface Batch {
  add(data: Uint8Array): number
}

interface Batching {
  sendmmsg(batch: Batch): number
  recvmmsg(batch: Batch): number
}

const { Batch } = socket as unknown as {
  Batch: new (options: { messages: number; size: number }) => Batch
}

const data = message.subarray(0, job.size)

const datagrams = () => new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

function filled(): Batch {
  const batch = new Batch({ messages: BATCH, size: job.size })
  for (let i = 0; i < BATCH; i++) batch.add(data)
  return batch
}

const batching = (s: socket.socket<typeof socket.AF_INET>) => s as unknown as Batching

function sendmmsg(): Work {
  const s = datagrams()
  s.connect(['127.0.0.1', portOf()])
  const sender = batching(s)
  const batch = filled()
  return {
    chunk(n) {
      for (let sent = 0; sent < n; ) sent += sender.sendmmsg(batch)
    },
  }
}

function recvmmsg(): Work {
  const here = datagrams()
  const there = datagrams()
  there.bind(['127.0.0.1', 0])
  here.connect(there.getsockname())
  const [sender, receiver] = [batching(here), batching(there)]
  const sending = filled()
  const receiving = new Batch({ messages: BATCH, size: 2048 })
  return {
    prepare(n) {
      for (let sent = 0; sent < n; ) sent += sender.sendmmsg(sending)
    },
    chunk(n) {
      for (let got = 0; got < n; ) got += receiver.recvmmsg(receiving)
    },
  }
}

export const batches: Works = { sendmmsg, recvmmsg }
