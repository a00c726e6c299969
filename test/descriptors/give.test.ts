// Our descriptors in Node's own modules: who closes them, and what Node refuses.

import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { descriptors, folder, python } from '../peer.js'
import { reactor } from './programs.js'

socket.setdefaulttimeout(10)
beforeAll(reactor)

const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket
// What is awaited may be there already: the tests are written for promises.
const twins = { blocking: socket as unknown as typeof promises, promises }

/** A pair without timeouts: a timeout makes both ends O_NONBLOCK, and the child with them. */
function blockingPair(
  type: number,
): [socket.socket<typeof AF_UNIX>, socket.socket<typeof AF_UNIX>] {
  socket.setdefaulttimeout(null)
  const pair = socket.socketpair(AF_UNIX, type)
  socket.setdefaulttimeout(10)
  pair[0].settimeout(10)
  return pair
}

describe.each(Object.entries(twins))('%s', (_, twin) => {
  it('a connection becomes a net.Socket, which closes it', async () => {
    const before = descriptors().length
    for (const family of [AF_INET, AF_UNIX]) {
      using server = new socket.socket<number>(family, SOCK_STREAM)
      const name = family === AF_INET ? ['127.0.0.1', 0] : join(folder(), 'socket')
      server.bind(name as socket.Address)
      server.listen()
      const s = new twin.socket<number>(family, SOCK_STREAM)
      await s.connect(server.getsockname() as socket.Address)
      const stream = new net.Socket({ fd: s.fileno() })
      s.detach()
      const [conn] = server.accept()
      stream.end('to net')
      stream.resume()
      expect(conn.recv(100).toString()).toBe('to net')
      conn.close()
      await once(stream, 'close')
    }
    expect(descriptors()).toHaveLength(before)
  })

  it('what net refuses stays ours', () => {
    const before = descriptors().length
    const refused = [
      new twin.socket(AF_INET, SOCK_DGRAM),
      new twin.socket(AF_UNIX, SOCK_DGRAM),
      new twin.socket(AF_UNIX, SOCK_SEQPACKET),
      new twin.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    ]
    for (const s of refused) {
      const give = () => new net.Socket({ fd: s.fileno() })
      expect(give).toThrow(expect.objectContaining({ code: 'ERR_INVALID_FD_TYPE' }))
      expect(s.fileno()).toBeGreaterThan(2)
      s.close()
    }
    expect(descriptors()).toHaveLength(before)
  })

  const names = {
    TCP: () => ['127.0.0.1', 0],
    'a path': () => join(folder(), 'socket'),
    'an abstract name': () => `\0bsd-socket-give-${process.pid}`,
  }

  it.each(Object.entries(names))('a server on %s goes to http, which closes it', async (_, at) => {
    const before = descriptors().length
    const address = at()
    const family = Array.isArray(address) ? AF_INET : AF_UNIX
    const s = new twin.socket<number>(family, SOCK_STREAM)
    await s.bind(address as socket.Address)
    const name = s.getsockname() as socket.Address
    const server = http.createServer((request, response) => response.end(`got ${request.url}`))
    server.listen({ fd: s.fileno() }) // which calls listen(2)
    await once(server, 'listening')
    s.detach()
    const client = new promises.socket<number>(family, SOCK_STREAM)
    await client.connect(name)
    await client.sendall(Buffer.from('GET /page HTTP/1.0\r\n\r\n'))
    const answer = await text(client.makestream())
    expect(answer).toContain('200 OK')
    expect(answer.endsWith('got /page')).toBe(true)
    server.close()
    await once(server, 'close')
    await expect.poll(() => descriptors().length, { timeout: 10_000 }).toBe(before)
    // Node removes only the paths that it has bound itself.
    if (typeof address === 'string' && address[0] !== '\0') expect(existsSync(address)).toBe(true)
  })

  it('a datagram socket goes to dgram; a duplicate keeps control of the options', async () => {
    const before = descriptors().length
    const s = new twin.socket(AF_INET, SOCK_DGRAM)
    await s.bind(['127.0.0.1', 0])
    const control = s.dup()
    const name = s.getsockname()
    const d = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => d.bind({ fd: s.fileno() }, resolve))
    s.detach()
    expect(d.address()).toMatchObject({ address: name[0], port: name[1] })
    d.setTTL(7)
    expect(control.getsockopt(socket.IPPROTO_IP, socket.IP_TTL)).toBe(7)
    using sender = new socket.socket(AF_INET, SOCK_DGRAM)
    sender.sendto(Buffer.from('to dgram'), name)
    expect(String((await once(d, 'message'))[0])).toBe('to dgram')
    d.close()
    await once(d, 'close')
    sender.close()
    expect(control.getsockname()).toEqual(name)
    control.close()
    expect(descriptors()).toHaveLength(before)
  })
})

it('a child gets one end of a pair of packets as descriptor 3', async () => {
  const before = descriptors().length
  const [ours, theirs] = blockingPair(SOCK_SEQPACKET)
  const program = `
import socket
s = socket.socket(fileno=3)
while data := s.recv(100): s.send(data.upper())
`
  const stdio = ['ignore', 'ignore', 'inherit', theirs.fileno()] as const
  const child = spawn('python3', ['-c', program], { stdio: [...stdio] })
  theirs.close() // the child has one of its own
  const channel = promises.fromsocket(ours)
  for (const packet of ['one', 'two']) await channel.send(Buffer.from(packet))
  expect((await channel.recv(100)).toString()).toBe('ONE')
  expect((await channel.recv(100)).toString()).toBe('TWO')
  channel.close()
  expect(await once(child, 'close')).toEqual([0, null])
  expect(descriptors()).toHaveLength(before)
})

it('a child whose stdin is ours sees its end, once nobody else has the other', async () => {
  const [ours, theirs] = blockingPair(SOCK_STREAM)
  const child = spawn('cat', { stdio: [theirs.fileno(), theirs.fileno(), 'inherit'] })
  ours.sendall(Buffer.from('cat'))
  expect(ours.recv(100).toString()).toBe('cat')
  ours.shutdown(socket.SHUT_WR)
  await once(child, 'close')
  // `theirs` is the reason why there is no end of the stream yet.
  ours.setblocking(false)
  expect(() => ours.recv(1)).toThrow(socket.BlockingIOError)
  theirs.close()
  expect(ours.recv(1)).toHaveLength(0)
  ours.close()
})

it('a child that is given an end of the promise twin finds it non-blocking', async () => {
  const told = async (s: { fileno(): number; close(): void }) => {
    const child = spawn('python3', ['-c', 'import os; print(os.get_blocking(3))'], {
      stdio: ['ignore', 'pipe', 'inherit', s.fileno()],
    })
    s.close()
    return text(child.stdout as NodeJS.ReadableStream)
  }
  const [a, b] = promises.socketpair()
  expect(await told(a)).toBe('False\n')
  b.settimeout(null)
  expect(await told(socket.fromsocket(b))).toBe('True\n')
})

it('a duplicate that is left open keeps the peer waiting for the end', async () => {
  const peer = python(`
s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])
c = s.accept()[0]; c.settimeout(0.2)
try: print(c.recv(1))
except TimeoutError: print('no end')
print('go'); c.settimeout(10); print(c.recv(1))`)
  const s = await promises.create_connection(['127.0.0.1', Number(await peer.line())])
  const forgotten = s.dup()
  const stream = new net.Socket({ fd: s.detach() })
  stream.destroy()
  expect(await peer.line()).toBe('no end')
  expect(await peer.line()).toBe('go')
  forgotten.close()
  expect(await peer.line()).toBe("b''")
  await peer.end()
})
