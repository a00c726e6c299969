// Many messages in one system call.

import * as socket from 'bsd-socket'
import type { Work } from 'bsd-socket/bench'
import { BATCH, job, message, portOf, type Works } from '../job.js'

const data = message.subarray(0, job.size)

const datagrams = () => new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

function filled(): socket.Batch<typeof socket.AF_INET> {
  const batch = new socket.Batch<typeof socket.AF_INET>({ messages: BATCH, size: job.size })
  for (let i = 0; i < BATCH; i++) batch.add(data)
  return batch
}

function sendmmsg(): Work {
  const s = datagrams()
  s.connect(['127.0.0.1', portOf()])
  const batch = filled()
  return {
    chunk(n) {
      for (let sent = 0; sent < n; ) sent += s.sendmmsg(batch)
    },
  }
}

function recvmmsg(): Work {
  const here = datagrams()
  const there = datagrams()
  there.bind(['127.0.0.1', 0])
  here.connect(there.getsockname())
  const sending = filled()
  const receiving = new socket.Batch<typeof socket.AF_INET>({ messages: BATCH, size: 2048 })
  return {
    prepare(n) {
      for (let sent = 0; sent < n; ) sent += here.sendmmsg(sending)
    },
    chunk(n) {
      for (let got = 0; got < n; ) got += there.recvmmsg(receiving)
    },
  }
}

export const batches: Works = { sendmmsg, recvmmsg }
