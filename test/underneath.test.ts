// Blocking sockets on descriptors that are non-blocking underneath, or that have
// a timeout of the kernel's own. What does not run on both twins is how the blocking
// one waits: the promise twin's descriptors are always non-blocking.

import * as net from 'node:net'
import { Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import { describe, expect, it, onTestFinished } from 'vitest'
import { native } from '#lib/native'
import { peer } from './places.js'
import { twins } from './twins.js'
import {
  guarded,
  listenForSignals,
  nonblocking,
  pair,
  timed,
  timeval,
  watchdog,
} from './waiting.js'

const { AF_INET, SOCK_STREAM, SOL_SOCKET } = socket
const text = (words: string) => Buffer.from(words)

// Fault: the copy took over from the original what was not so any more, as if it had
// just been seen to, and let the kernel wait beyond its timeout.
it('a copy does not trust that O_NONBLOCK is set, after another has cleared it', () => {
  const [a, b] = pair(socket)
  a.settimeout(5)
  using other = a.dup()
  other.settimeout(null)
  using copy = a.dup()
  expect([copy.gettimeout(), nonblocking(copy)]).toEqual([5, false])
  copy.send(text('x'))
  expect(nonblocking(copy)).toBe(true)
  expect(b.recv(10)).toEqual(text('x'))
})

describe('SO_RCVTIMEO on a blocking socket', () => {
  for (const listening of [false, true]) {
    it(`is EAGAIN after its time${listening ? ', also while a signal is listened for' : ''}`, async () => {
      if (listening) listenForSignals()
      const [a] = pair(socket)
      using server = socket.create_server(['127.0.0.1', 0])
      for (const s of [a, server]) {
        s.settimeout(null)
        s.setsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, timeval(0.15))
        s.setsockopt(SOL_SOCKET, socket.SO_SNDTIMEO, timeval(0.15))
        expect(nonblocking(s)).toBe(listening)
      }
      const fill = () => {
        for (;;) a.send(Buffer.alloc(100_000))
      }
      for (const call of [() => a.recv(1), () => server.accept(), fill]) {
        const [name, seconds] = await timed(call)
        expect(name).toBe('BlockingIOError EAGAIN')
        expect(seconds).toBeGreaterThan(0.14)
        expect(seconds).toBeLessThan(2)
      }
    })
  }
})

describe('while a signal is listened for', () => {
  it('a socket without a timeout is non-blocking underneath, and blocks all the same', async () => {
    listenForSignals()
    const py = peer(`
import time
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
c, _ = l.accept()
for part in (b'ab', b'cd', b'ef'): time.sleep(0.05); c.sendall(part)
`)
    using s = guarded(new socket.socket())
    s.connect(['127.0.0.1', Number(await py.line())])
    expect([nonblocking(s), s.timeout, s.getblocking()]).toEqual([true, null, true])
    expect(s.recv(10).toString()).toBe('ab')
    // Regression: MSG_WAITALL gave what was there.
    expect(s.recv(3, socket.MSG_WAITALL).toString()).toBe('cde')
    expect(s.recvfrom(3, socket.MSG_WAITALL)).toEqual([text('f'), null])
  })

  it('MSG_DONTWAIT does not wait', async () => {
    // Regression: its EAGAIN looked like that of a descriptor that must wait.
    listenForSignals()
    const [a] = pair(socket)
    a.setsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, timeval(2)) // lest the fault hang
    const [name, seconds] = await timed(() => a.recv(1, socket.MSG_DONTWAIT))
    expect(name).toBe('BlockingIOError EAGAIN')
    expect(seconds).toBeLessThan(1)
  })
})

it('in a worker a socket without a timeout is non-blocking underneath, and blocks all the same', async () => {
  const [a, b] = pair(socket)
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     import(workerData.library).then((socket) => {
       const s = new socket.socket({ fileno: workerData.fileno })
       let name
       try { s.recv(1, socket.MSG_DONTWAIT) } catch (error) { name = error.name }
       parentPort.postMessage(name)
       parentPort.postMessage(s.recv(5, socket.MSG_WAITALL).toString())
     })`,
    {
      eval: true,
      workerData: {
        library: new URL('../dist/lib/index.js', import.meta.url).href,
        fileno: socket.dup(a.fileno()),
      },
    },
  )
  onTestFinished(() => void worker.terminate())
  const message = () => new Promise((resolve) => worker.once('message', resolve))
  expect(await message()).toBe('BlockingIOError')
  const rest = message()
  for (const part of ['ab', 'cd', 'ef']) {
    b.send(text(part))
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  expect(await rest).toBe('abcde')
})

it('may become non-blocking behind our back', async () => {
  const [a] = pair(socket)
  a.setsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, timeval(0.15))
  native.nonblocking(a.fileno(), true)
  watchdog()
  const [name, seconds] = await timed(() => a.recv(1))
  expect(name).toBe('BlockingIOError EAGAIN')
  expect(seconds).toBeGreaterThan(0.14)
})

describe.each(twins)('%s', (_, socket) => {
  describe('an adopted non-blocking descriptor', () => {
    /** A socket of ours, without a timeout, on a descriptor that has O_NONBLOCK. */
    function adopted(family: number, type: number): socket.socket {
      const s = new socket.socket(family, type | socket.SOCK_NONBLOCK)
      const fileno = s.detach()
      const own = new socket.socket({ fileno })
      onTestFinished(() => own.close())
      watchdog()
      expect([nonblocking(own), own.timeout]).toEqual([true, null])
      return own
    }

    it('waits: accept, connect, recv, sendall', async () => {
      const server = adopted(AF_INET, SOCK_STREAM)
      await server.bind(['127.0.0.1', 0])
      server.listen()
      const [, port] = server.getsockname() as [string, number]
      const py = peer(
        `
import time
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
c, _ = l.accept()
time.sleep(0.2); c.sendall(b'hello'); time.sleep(0.1); n = 0
while n < 5_000_000: n += len(c.recv(1000000))
s = socket.create_connection(('127.0.0.1', ${port})); s.sendall(b'last')
`,
      )
      // Regression: EINPROGRESS was raised.
      const s = adopted(AF_INET, SOCK_STREAM)
      await s.connect(['127.0.0.1', Number(await py.line())])
      expect((await s.recv(100)).toString()).toBe('hello')
      await s.sendall(Buffer.alloc(5_000_000))
      using conn = (await server.accept())[0]
      expect((await conn.recv(10, socket.MSG_WAITALL)).toString()).toBe('last')
    })

    it("may be net.Socket's", async () => {
      const py = peer(`
import time
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
c, _ = l.accept(); print(c.recv(10)); time.sleep(0.2); c.sendall(b'hello')
`)
      const nodes = net.connect({ port: Number(await py.line()), host: '127.0.0.1' })
      onTestFinished(() => {
        nodes.destroy()
      })
      await new Promise((resolve) => nodes.once('connect', resolve))
      const { fd } = (nodes as unknown as { _handle: { fd: number } })._handle
      using s = socket.fromfd(fd, AF_INET, SOCK_STREAM)
      s.setsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, timeval(10)) // lest a fault hang
      await s.send(text('to python'))
      expect(await py.line()).toBe("b'to python'")
      nodes.pause()
      expect((await s.recv(10)).toString()).toBe('hello')
      using copy = s.dup()
      expect(nonblocking(copy)).toBe(true) // node needs it so
    })
  })
})
