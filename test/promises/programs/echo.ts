// echo serve, and echo ask PORT CONNECTIONS MESSAGES: as many connections at once,
// each with messages that say which they are.

import * as socket from 'bsd-socket/promises'
import { descriptors, reactor, settled, tell, warm } from './setup.js'

const SIZE = 16

async function serve(): Promise<void> {
  const listener = await socket.create_server(['127.0.0.1', 0], { backlog: 4096 })
  await warm()
  tell(listener.getsockname()[1])
  const before = descriptors()
  let open = 0
  let most = 0
  let served = 0
  const echo = async (conn: socket.socket) => {
    most = Math.max(most, ++open)
    for await (const chunk of conn) await conn.sendall(chunk)
    conn.close()
    served++
    open--
  }
  // A byte on a connection of its own, the last, ends the server.
  const connections: Promise<void>[] = []
  for await (const [conn] of listener) {
    const first = await conn.recv(1, socket.MSG_PEEK)
    if (first[0] === 0xff) {
      conn.close()
      break
    }
    connections.push(echo(conn))
  }
  await Promise.all(connections)
  tell({ before, after: await settled(before), most, served, held: reactor.held })
  listener.close()
}

async function exactly(s: socket.socket, size: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let missing = size
  while (missing > 0) {
    const part = await s.recv(missing)
    if (part.length === 0) break
    parts.push(part)
    missing -= part.length
  }
  return Buffer.concat(parts)
}

async function ask(port: number, connections: number, messages: number): Promise<void> {
  await warm()
  const before = descriptors()
  const sockets: socket.socket[] = []
  // Waves: the backlog is what the kernel allows, and a lost SYN costs a second.
  while (sockets.length < connections) {
    const wave = Math.min(500, connections - sockets.length)
    const made = Array.from({ length: wave }, async () => {
      const s = await socket.create_connection(['127.0.0.1', port])
      await s.sendall(Buffer.alloc(SIZE)) // the server looks at a connection's first byte
      await exactly(s, SIZE)
      sockets.push(s)
    })
    await Promise.all(made)
  }
  let wrong = 0
  let right = 0
  const talk = async (s: socket.socket, id: number) => {
    for (let n = 0; n < messages; n++) {
      const message = Buffer.alloc(SIZE)
      message.writeUInt32BE(id, 4)
      message.writeUInt32BE(n, 8)
      await s.sendall(message)
      if (message.equals(await exactly(s, SIZE))) right++
      else wrong++
    }
  }
  await Promise.all(sockets.map(talk))
  const open = descriptors() - before
  for (const s of sockets) s.close()
  const last = await socket.create_connection(['127.0.0.1', port])
  await last.sendall(Buffer.of(0xff))
  last.close()
  tell({ before, after: await settled(before), open, right, wrong, held: reactor.held })
}

const [role, ...numbers] = process.argv.slice(2)
if (role === 'serve') await serve()
else {
  const [port, connections, messages] = numbers.map(Number)
  await ask(port, connections, messages)
}
