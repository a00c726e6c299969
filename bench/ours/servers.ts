// Echo: blocking for one client, with promises for many.

import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { job, type Servers, tellMemory } from '../job.js'

type Blocking = socket.socket<typeof socket.AF_INET> | socket.socket<typeof socket.AF_UNIX>

/** Sends back whole messages: both sides would block if neither read. */
function pong(s: Blocking): void {
  const memory = socket.aligned_alloc(64, job.size)
  for (let got = 0; ; ) {
    const n = got === 0 ? s.recv_into(memory) : s.recv_into(memory.subarray(got))
    if (n === 0) return
    got += n
    if (got < job.size) continue
    s.sendall(memory)
    got = 0
  }
}

function pongTcp(): void {
  const server = socket.create_server(['127.0.0.1', 0])
  console.log(server.getsockname()[1])
  const [s] = server.accept()
  s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  pong(s)
}

function pongUnix(): void {
  const server = new socket.socket(socket.AF_UNIX)
  server.bind(job.address)
  server.listen()
  console.log(job.address)
  pong(server.accept()[0])
}

async function serve(s: promises.socket): Promise<void> {
  try {
    for (;;) {
      const data = await s.recv(65536)
      if (data.length === 0) break
      await s.sendall(data)
    }
  } catch {} // the client has gone
  s.close()
}

async function echo(): Promise<void> {
  const server = await promises.create_server(['127.0.0.1', 0], { backlog: 4096 })
  console.log(server.getsockname()[1])
  tellMemory()
  for await (const [s] of server) {
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    void serve(s)
  }
}

export const servers: Servers = { 'pong-tcp': pongTcp, 'pong-unix': pongUnix, echo }
