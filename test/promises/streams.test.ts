// makestream(): Node's own modules over our sockets, against curl, openssl and python.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { Duplex, Readable, Transform } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import tls from 'node:tls'
import { promisify } from 'node:util'
import * as socket from 'bsd-socket/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { descriptors, folder, python } from '../peer.js'

const run = promisify(execFile)

/** Feeds what a listening socket accepts to a Node server; gives its port or path. */
async function serve(
  server: http.Server | tls.Server,
  listener: socket.AsyncServer,
): Promise<void> {
  onTestFinished(() => {
    listener.close()
    server.close()
  })
  void (async () => {
    for await (const [conn] of listener) server.emit('connection', conn.makestream())
  })()
}

const hello = () => http.createServer((request, response) => response.end(`hello ${request.url}`))

/** The ways to reach a server that Node itself lacks, and two that it has. */
const places = [
  ['TCP', () => socket.create_server(['127.0.0.1', 0])],
  ['Unix', () => unixServer(join(folder(), 's'))],
  ['an abstract name', () => unixServer(Buffer.from(`\0bsd-socket-${process.pid}`))],
] as const

async function unixServer(name: string | Buffer): Promise<socket.AsyncServer> {
  const s = new socket.socket(socket.AF_UNIX)
  await s.bind(name)
  s.listen()
  return s as unknown as socket.AsyncServer
}

describe.each(places)('http over %s', (_, open) => {
  it('serves and asks', async () => {
    const listener = await open()
    await serve(hello(), listener)
    const s = new socket.socket(listener.family)
    await s.connect(listener.getsockname() as socket.Address)
    const request = http.request({ path: '/there', createConnection: () => s.makestream() })
    const body = await new Promise<string>((resolve, reject) => {
      request
        .on('error', reject)
        .on('response', (response) => resolve(text(response)))
        .end()
    })
    expect(body).toBe('hello /there')
  })
})

it('serves curl', async () => {
  const listener = await socket.create_server(['127.0.0.1', 0])
  await serve(hello(), listener)
  const url = `http://127.0.0.1:${listener.getsockname()[1]}/curl`
  const { stdout } = await run('curl', ['-sS', url])
  expect(stdout).toBe('hello /curl')
})

describe('tls', () => {
  let key: string
  let cert: string
  let path: string
  beforeAll(() => {
    path = spawnSync('mktemp', ['-d'], { encoding: 'utf8' }).stdout.trim()
    const files = ['-keyout', join(path, 'key'), '-out', join(path, 'cert')]
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    spawnSync('openssl', [...made, '-nodes', '-days', '2', '-subj', '/CN=localhost', ...files])
    key = readFileSync(join(path, 'key'), 'utf8')
    cert = readFileSync(join(path, 'cert'), 'utf8')
    return () => spawnSync('rm', ['-r', path])
  })

  it('serves curl over https', async () => {
    const listener = await socket.create_server(['127.0.0.1', 0])
    const inner = hello()
    const server = tls.createServer({ key, cert }, (stream) => inner.emit('connection', stream))
    await serve(server, listener)
    const url = `https://127.0.0.1:${listener.getsockname()[1]}/tls`
    expect((await run('curl', ['-sSk', url])).stdout).toBe('hello /tls')
  })

  it('speaks to openssl s_server', async () => {
    const port = await freePort()
    const args = ['s_server', '-accept', String(port), '-key', join(path, 'key'), '-rev', '-quiet']
    const openssl = spawn('openssl', [...args, '-cert', join(path, 'cert')])
    onTestFinished(() => void openssl.kill())
    const s = await connectSoon(port)
    const stream = tls.connect({ socket: s.makestream(), rejectUnauthorized: false })
    stream.write('hello\n')
    const [answer] = await new Promise<Buffer[]>((resolve) =>
      stream.once('data', (data) => resolve([data])),
    )
    expect(answer.toString()).toBe('olleh\n')
    stream.destroy()
  })
})

async function freePort(): Promise<number> {
  using s = await socket.create_server(['127.0.0.1', 0])
  return s.getsockname()[1]
}

/** Connects to a server that is about to listen. */
async function connectSoon(port: number): Promise<socket.socket> {
  for (;;) {
    try {
      return await socket.create_connection(['127.0.0.1', port])
    } catch (error) {
      if (!(error instanceof socket.ConnectionRefusedError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

it('half-closes: python reads to the end and then answers', async () => {
  const peer = python(`
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
data = b''.join(iter(lambda: c.recv(65536), b''))
c.sendall(str(len(data)).encode())
c.close()
`)
  const s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
  const stream = s.makestream()
  await pipeline(Readable.from([Buffer.alloc(300_000), Buffer.alloc(5)]), stream, { end: true })
  expect(await text(stream)).toBe('300005')
  expect(s.fileno()).toBe(-1)
  await peer.end() // its pipes would be open in the next test, for a while
})

it('goes through pipeline and Web streams', async () => {
  const before = descriptors().length
  const [a, b] = socket.socketpair()
  const upper = new Transform({
    transform: (chunk, _, done) => done(null, String(chunk).toUpperCase()),
  })
  const { writable, readable } = Duplex.toWeb(a.makestream())
  const echo = b.makestream()
  const echoing = pipeline(echo, upper, echo)
  const writer = writable.getWriter()
  await writer.write(Buffer.from('web'))
  await writer.close()
  expect(await new Response(readable as ReadableStream<Uint8Array>).text()).toBe('WEB')
  await echoing
  expect(descriptors().length).toBe(before)
})

it('holds back a writer whose reader sleeps: memory stays at the high-water mark', async () => {
  const [a, b] = socket.socketpair()
  const stream = a.makestream()
  const chunk = Buffer.alloc(65536)
  let offered = 0
  let most = 0
  const writing = (async () => {
    while (offered < 100_000_000) {
      offered += chunk.length
      if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve))
      most = Math.max(most, stream.writableLength)
    }
    stream.end()
  })()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(offered).toBeLessThan(2_000_000) // what the kernel's buffers take, and a chunk
  let received = 0
  for await (const piece of b.makestream()) received += piece.length
  await writing
  expect(received).toBe(offered)
  expect(most).toBeLessThan(stream.writableHighWaterMark + 1_000_000)
  stream.destroy()
})

it('stops reading while nobody consumes', async () => {
  const [a, b] = socket.socketpair()
  const stream = b.makestream()
  stream.once('readable', () => {})
  a.settimeout(0.2)
  await expect(a.sendall(Buffer.alloc(10_000_000))).rejects.toThrow('timed out')
  expect(stream.readableLength).toBeLessThan(stream.readableHighWaterMark + 1_000_000)
  stream.destroy()
  a.close()
})

it('tells a reset as an error, once, and closes', async () => {
  const listener = await socket.create_server(['127.0.0.1', 0])
  const s = await socket.create_connection(listener.getsockname())
  const [conn] = await listener.accept()
  const stream = s.makestream()
  conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))
  conn.close()
  await expect(text(stream)).rejects.toBeInstanceOf(socket.ConnectionResetError)
  expect(s.fileno()).toBe(-1)
  listener.close()
})

it('emits timeout when idle, and takes the options of net.Socket', async () => {
  const listener = await socket.create_server(['127.0.0.1', 0])
  const s = await socket.create_connection(listener.getsockname())
  const stream = s.makestream().setNoDelay(true).setKeepAlive(true, 30_000).ref().unref()
  expect(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)).toBe(1)
  expect(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)).toBe(30)
  expect([stream.remoteAddress, stream.remotePort]).toEqual(listener.getsockname())
  expect(stream.address()).toEqual({
    address: '127.0.0.1',
    port: s.getsockname()[1],
    family: 'IPv4',
  })
  await new Promise<void>((resolve) => stream.setTimeout(10, resolve))
  stream.destroy()
  expect(stream.remoteAddress).toBe(undefined)
  listener.close()
})
