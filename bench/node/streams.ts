// net: streams over TCP and Unix sockets.

import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer, connect as open, type Server, type Socket } from 'node:net'
import type { Work } from 'bsd-socket/bench'
import {
  agreement,
  fileOf,
  job,
  message,
  portOf,
  type Servers,
  tellMemory,
  type Works,
} from '../job.js'

const data = message.subarray(0, job.size)

async function toTcp(): Promise<Socket> {
  const s = open(portOf(), '127.0.0.1')
  await once(s, 'connect')
  return s.setNoDelay(true)
}

async function toUnix(): Promise<Socket> {
  const s = open(job.address)
  await once(s, 'connect')
  return s
}

function pingPong(s: Socket): Work {
  let left = 0
  let got = 0
  let finish = () => {}
  s.on('data', (chunk) => {
    got += chunk.length
    if (got < job.size) return
    got = 0
    if (--left === 0) finish()
    else s.write(data)
  })
  return {
    chunk(n) {
      left = n
      s.write(data)
      return new Promise((resolve) => {
        finish = resolve
      })
    },
  }
}

async function stream(): Promise<Work> {
  const s = await toTcp()
  s.write(agreement(job.size * job.chunk))
  return {
    async chunk(n) {
      const confirmed = once(s, 'data')
      for (let i = 0; i < n; i++) if (!s.write(data)) await once(s, 'drain')
      await confirmed
    },
  }
}

async function sendfile(): Promise<Work> {
  const s = await toTcp()
  s.write(agreement(job.size))
  return {
    async chunk(n) {
      for (let i = 0; i < n; i++) {
        const confirmed = once(s, 'data')
        createReadStream(fileOf()).pipe(s, { end: false })
        await confirmed
      }
    },
  }
}

/** Opens and closes one after the other. */
function connectClose(connect: () => Socket): Work {
  return {
    chunk: (n) =>
      new Promise((resolve) => {
        const next = (left: number) => {
          if (left === 0) return resolve()
          const s = connect()
          s.on('connect', () => s.destroy())
          s.on('close', () => next(left - 1))
        }
        next(n)
      }),
  }
}

/** Each connection goes to the next loopback address: no port is waited for in TIME_WAIT. */
function connect(): Work {
  const port = portOf()
  let turn = process.pid
  return connectClose(() => open(port, `127.0.0.${1 + (turn++ % 250)}`))
}

export const streams: Works = {
  'ping-pong-tcp': async () => pingPong(await toTcp()),
  'ping-pong-unix': async () => pingPong(await toUnix()),
  stream,
  sendfile,
  connect,
  'connect-unix': () => connectClose(() => open(job.address)),
}

function echoServer(): Server {
  return createServer({ noDelay: true }, (s) => {
    s.on('data', (data) => s.write(data))
    s.on('error', () => {}) // the client has gone
  })
}

async function listen(server: Server, backlog = 511): Promise<void> {
  server.listen({ port: 0, host: '127.0.0.1', backlog })
  await once(server, 'listening')
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : address)
}

export const servers: Servers = {
  'pong-tcp': () => listen(echoServer()),
  'pong-unix'() {
    echoServer().listen(job.address, () => console.log(job.address))
  },
  echo() {
    tellMemory()
    return listen(echoServer(), 4096)
  },
}
