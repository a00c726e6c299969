// dgram: sends are asynchronous, so 64 of them are under way at a time.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Work } from 'bsd-socket/bench'
import { BATCH, job, message, portOf, SEGMENT, type Works } from '../job.js'

/** Sends n datagrams, and ends when all have gone. */
function sendAll(n: number, send: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0
    let finished = 0
    const next = () => {
      started++
      send(done)
    }
    const done = (error: Error | null) => {
      if (error) reject(error)
      else if (++finished === n) resolve()
      else if (started < n) next()
    }
    while (started < Math.min(n, BATCH)) next()
  })
}

function sendto(): Work {
  const s = createSocket('udp4')
  const port = portOf()
  const data = message.subarray(0, job.size)
  return { chunk: (n) => sendAll(n, (done) => s.send(data, port, '127.0.0.1', done)) }
}

async function connected(size: number): Promise<Work> {
  const s = createSocket('udp4')
  s.connect(portOf(), '127.0.0.1')
  await once(s, 'connect')
  const data = message.subarray(0, size)
  return { chunk: (n) => sendAll(n, (done) => s.send(data, done)) }
}

export const datagrams: Works = {
  sendto,
  sendmmsg: () => connected(job.size),
  segments: () => connected(SEGMENT),
}
