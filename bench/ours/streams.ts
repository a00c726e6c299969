// Work with another process at the other end.

import { openSync } from 'node:fs'
import * as socket from 'bsd-socket'
// In a loop a name costs less than a namespace, in which it is looked up.
import { AF_INET, AF_UNIX, SOCK_STREAM, socket as Socket } from 'bsd-socket'
import type { Work } from 'bsd-socket/bench'
import { agreement, fileOf, job, message, portOf, type Works } from '../job.js'

type Stream = socket.socket<socket.InetFamily> | socket.socket<typeof socket.AF_UNIX>

const data = message.subarray(0, job.size)

function toTcp() {
  const s = socket.create_connection(['127.0.0.1', portOf()])
  s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  return s
}

function toUnix() {
  const s = new Socket(AF_UNIX)
  s.connect(job.address)
  return s
}

function pingPong(s: Stream): Work {
  const echo = socket.aligned_alloc(64, job.size)
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) {
        s.sendall(data)
        let got = s.recv_into(echo)
        while (got < job.size) got += s.recv_into(echo.subarray(got))
      }
    },
  }
}

function stream(): Work {
  const s = toTcp()
  s.sendall(agreement(job.size * job.chunk))
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) s.sendall(data)
      s.recv(1)
    },
  }
}

function sendfile(): Work {
  const s = toTcp()
  const file = openSync(fileOf(), 'r')
  s.sendall(agreement(job.size))
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) {
        s.sendfile(file)
        s.recv(1)
      }
    },
  }
}

/** Each connection goes to the next loopback address: no port is waited for in TIME_WAIT. */
function connect(): Work {
  const port = portOf()
  let turn = process.pid
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) {
        const s = new Socket(AF_INET, SOCK_STREAM)
        s.connect([`127.0.0.${1 + (turn++ % 250)}`, port])
        s.close()
      }
    },
  }
}

function connectUnix(): Work {
  return {
    chunk(n) {
      for (let i = 0; i < n; i++) toUnix().close()
    },
  }
}

export const streams: Works = {
  'ping-pong-tcp': () => pingPong(toTcp()),
  'ping-pong-unix': () => pingPong(toUnix()),
  stream,
  sendfile,
  connect,
  'connect-unix': connectUnix,
}
