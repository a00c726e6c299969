// The demo's peer in TypeScript, run as a worker where python3 is missing.
// Line for line what peer.py beside it does.

import { parentPort } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import type { Answer, Job } from './peer.js'

socket.setdefaulttimeout(2)

const tell = (answer: Answer) => parentPort?.postMessage(answer)

/** Echoes on one connection until the other side ends it. */
function connection(server: socket.socket): number {
  let echoed = 0
  using conn = server.accept()[0]
  for (let data = conn.recv(65536); data.length > 0; data = conn.recv(65536)) {
    conn.sendall(data)
    echoed += data.length
  }
  return echoed
}

/** Echoes datagrams until an empty one comes. */
function datagrams(s: socket.socket): number {
  let echoed = 0
  for (;;) {
    const [data, sender] = s.recvfrom(65536)
    if (data.length === 0 || sender === null) return echoed
    s.sendto(data, sender as socket.Inet | socket.Unix)
    echoed += data.length
  }
}

function serve({ family, type, address }: Job): void {
  using s = new socket.socket(socket.AddressFamily[family], socket.SocketKind[type])
  s.bind(address)
  if (type !== 'SOCK_DGRAM') s.listen()
  const bound = s.getsockname()
  tell({ address: Buffer.isBuffer(bound) ? bound.toString() : (bound as Job['address']) })
  const echoed = type === 'SOCK_DGRAM' ? datagrams(s) : connection(s)
  tell({ echoed })
}

tell({ name: 'a worker of this process' })
parentPort?.on('message', (job: Job) => {
  try {
    serve(job)
  } catch (error) {
    if (!(error instanceof socket.OSError)) throw error
    tell({ errno: error.errno, strerror: error.strerror ?? error.message })
  }
})
