// Descriptors of Node's own modules in our sockets, and what that does to Node.

import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { descriptors, python } from '../peer.js'
import { reactor } from './programs.js'

socket.setdefaulttimeout(10)

const { AF_INET, AF_UNIX, IPPROTO_IP, IPPROTO_TCP, IP_TOS, SOCK_DGRAM, SOCK_STREAM } = socket
// What is awaited may be there already: the tests are written for promises.
const twins = { blocking: socket as unknown as typeof promises, promises }

beforeAll(reactor)

/** The descriptor of a net.Socket, a net.Server or a dgram.Socket; no public property has it. */
const fdOf = (it: object): number => (it as { _handle: { fd: number } })._handle.fd

const isNonblocking = (fd: number): boolean => {
  const [, flags] = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
  return (Number.parseInt(flags, 8) & 0o4000) !== 0
}

/** A listening net.Server, and its port. */
async function listening(options: net.ServerOpts = {}): Promise<[net.Server, number]> {
  const server = net.createServer(options).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  return [server, (server.address() as net.AddressInfo).port]
}

describe.each(Object.entries(twins))('%s: fromfd()', (_, twin) => {
  it('sees and sets the options of a net.Socket, which goes on as before', async () => {
    const [server, port] = await listening()
    const client = net.connect(port, '127.0.0.1')
    const [conn] = (await once(server, 'connection')) as [net.Socket]
    const before = descriptors().length
    const s = twin.fromfd(fdOf(client), AF_INET, SOCK_STREAM)
    expect(s.getpeername()).toEqual(['127.0.0.1', port])
    const info = s.getsockopt(IPPROTO_TCP, socket.TCP_INFO, 1024)
    expect(socket.tcp_info.decode(info).rtt).toBeGreaterThan(0)
    s.setsockopt(IPPROTO_IP, IP_TOS, 16)
    s.close()
    using again = socket.fromfd(fdOf(client), AF_INET, SOCK_STREAM)
    expect(again.getsockopt(IPPROTO_IP, IP_TOS)).toBe(16)
    again.close()
    expect(isNonblocking(fdOf(client))).toBe(true)
    expect(descriptors()).toHaveLength(before)
    client.end('still there')
    expect(String(await conn.toArray())).toBe('still there')
    conn.destroy()
  })

  it('takes a connection over from net, whose object is destroyed', async () => {
    const [server, port] = await listening({ pauseOnConnect: true }) // nothing is read
    const before = descriptors().length
    const peer = python(
      `
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.sendall(b'hello'); print(s.recv(100).decode()); print(s.recv(100))`,
      `${port}`,
    )
    const [conn] = (await once(server, 'connection')) as [net.Socket]
    const s = twin.fromfd(fdOf(conn), AF_INET, SOCK_STREAM)
    conn.destroy()
    await once(conn, 'close')
    expect((await s.recv(100)).toString()).toBe('hello')
    await s.sendall(Buffer.from('taken over'))
    expect(await peer.line()).toBe('taken over')
    s.close()
    expect(await peer.line()).toBe("b''")
    await peer.end()
    // The peer's pipes are closed some time after its end.
    await expect.poll(() => descriptors().length, { timeout: 10_000 }).toBeLessThanOrEqual(before)
  })

  it('takes a server over from net, whose object is closed', async () => {
    const [server, port] = await listening()
    const s = twin.fromfd(fdOf(server), AF_INET, SOCK_STREAM)
    server.close()
    await once(server, 'close')
    using client = socket.create_connection(['127.0.0.1', port])
    const [conn, address] = await s.accept()
    expect(address).toEqual(client.getsockname())
    conn.close()
    s.close()
  })
})

it('a blocking duplicate without a timeout waits, and leaves O_NONBLOCK as Node needs it', async () => {
  const [server, port] = await listening({ pauseOnConnect: true })
  const peer = python(
    `
import time
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
time.sleep(0.1); s.sendall(b'late'); s.recv(1)`,
    `${port}`,
  )
  const [conn] = (await once(server, 'connection')) as [net.Socket]
  socket.setdefaulttimeout(null)
  onTestFinished(() => socket.setdefaulttimeout(10))
  using s = socket.fromfd(fdOf(conn), AF_INET, SOCK_STREAM)
  expect(s.gettimeout()).toBe(null)
  expect(s.recv(100).toString()).toBe('late')
  expect(isNonblocking(fdOf(conn))).toBe(true)
  // What the documents warn of: the flag belongs to both.
  s.settimeout(null)
  expect(isNonblocking(fdOf(conn))).toBe(false)
  s.settimeout(1)
  expect(isNonblocking(fdOf(conn))).toBe(true)
  conn.destroy()
  peer.child.kill()
})

it('dgram: through what Node calls deprecated', async () => {
  const d = dgram.createSocket('udp4')
  d.bind(0, '127.0.0.1')
  await once(d, 'listening')
  const warned = once(process, 'warning')
  const before = descriptors().length
  const s = promises.fromfd(fdOf(d), AF_INET, SOCK_DGRAM)
  expect((await warned)[0]).toMatchObject({ code: 'DEP0112' })
  s.setsockopt(IPPROTO_IP, socket.IP_RECVTTL, 1)
  d.close()
  using sender = new socket.socket(AF_INET, SOCK_DGRAM)
  sender.sendto(Buffer.from('with a TTL'), s.getsockname())
  const [data, ancdata] = await s.recvmsg(100, 100)
  expect(data.toString()).toBe('with a TTL')
  expect(socket.decode_ancillary(ancdata)).toMatchObject([{ name: 'IP_TTL', value: 64 }])
  s.close()
  expect(descriptors().length).toBeLessThanOrEqual(before)
})

it('the stdin of a child is a Unix socket: descriptors go through it', async () => {
  const child = spawn('python3', [
    '-c',
    `
import os, socket
s = socket.socket(fileno=0)
data, fds, _, _ = socket.recv_fds(s, 100, 2)
os.write(fds[0], data.upper())`,
  ])
  const [ours, theirs] = promises.socketpair()
  const stdin = promises.fromfd(fdOf(child.stdin), AF_UNIX, SOCK_STREAM)
  await promises.send_fds(stdin, [Buffer.from('through stdin')], [theirs.fileno()])
  stdin.close()
  theirs.close()
  expect((await ours.recv(100)).toString()).toBe('THROUGH STDIN')
  expect(await ours.recv(100)).toHaveLength(0)
  ours.close()
  expect((await once(child, 'close'))[0]).toBe(0)
})
