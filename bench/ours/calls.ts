// Single calls, within one process.

import * as socket from 'bsd-socket'
// In a loop a name costs less than a namespace, in which it is looked up.
import { SO_RCVBUF, SOL_SOCKET, SOL_UDP, UDP_SEGMENT } from 'bsd-socket'
import type { Work } from 'bsd-socket/bench'
import { job, message, portOf, SEGMENT, SEGMENTS, type Works } from '../job.js'

const data = message.subarray(0, job.size)

function sendRecv(): Work {
  const [here, there] = socket.socketpair()
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) {
        here.send(data)
        there.recv(job.size)
      }
    },
  }
}

function sendRecvInto(): Work {
  const [here, there] = socket.socketpair()
  const memory = socket.aligned_alloc(64, job.size)
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) {
        here.send(data)
        there.recv_into(memory)
      }
    },
  }
}

function getsockopt(): Work {
  const [here, there] = socket.socketpair()
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) here.getsockopt(SOL_SOCKET, SO_RCVBUF)
      there.fileno()
    },
  }
}

const sink = (): socket.Inet => ['127.0.0.1', portOf()]
const datagrams = () => new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

function sendto(): Work {
  const s = datagrams()
  const address = sink()
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) s.sendto(data, address)
    },
  }
}

function segments(): Work {
  const s = datagrams()
  s.connect(sink())
  const data = [message.subarray(0, SEGMENT * SEGMENTS)]
  const control = [[SOL_UDP, UDP_SEGMENT, Buffer.from(Uint16Array.of(SEGMENT).buffer)]] as const
  return {
    chunk(n) {
      for (let i = 0; i < n; i += SEGMENTS) {
        s.sendmsg(data, control)
      }
    },
  }
}

function recvfrom(): Work {
  const here = datagrams()
  const there = datagrams()
  there.bind(['127.0.0.1', 0])
  here.connect(there.getsockname())
  return {
    prepare(n) {
      for (let i = 0; i < n; i++) here.send(data)
    },
    chunk(n) {
      for (let i = 0; i < n; i++) there.recvfrom(2048)
    },
  }
}

export const calls: Works = {
  'send-recv': sendRecv,
  'send-recv-into': sendRecvInto,
  getsockopt,
  sendto,
  segments,
  recvfrom,
}
