// How calls wait: the mode, timeouts, connect_ex.

import * as socket from 'bsd-socket'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from './peer.js'
import { abstractName, peer, written } from './places.js'
import { guarded, listenForSignals, nonblocking, pair, raised } from './waiting.js'

const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } = socket
const text = (words: string) => Buffer.from(words)

describe('the mode', () => {
  const sets: [string, (s: socket.socket) => void, number | null][] = [
    ['settimeout(null)', (s) => s.settimeout(null), null],
    ['settimeout(0)', (s) => s.settimeout(0), 0],
    ['settimeout(1.5)', (s) => s.settimeout(1.5), 1.5],
    ['setblocking(true)', (s) => s.setblocking(true), null],
    ['setblocking(false)', (s) => s.setblocking(false), 0],
    ['setblocking(1)', (s) => s.setblocking(1), null],
  ]

  it.each(sets)('%s sets O_NONBLOCK as needed', (_, set, timeout) => {
    for (const before of [null, 0, 2]) {
      using s = new socket.socket()
      s.settimeout(before)
      set(s)
      expect(nonblocking(s)).toBe(timeout !== null)
      expect([s.timeout, s.gettimeout(), s.getblocking()]).toEqual([
        timeout,
        timeout,
        timeout !== 0,
      ])
    }
  })

  it.each([null, 0, 3])('setdefaulttimeout(%s) holds for new sockets', (seconds) => {
    socket.setdefaulttimeout(seconds)
    onTestFinished(() => socket.setdefaulttimeout(null))
    expect(socket.getdefaulttimeout()).toBe(seconds)
    const [a, b] = socket.socketpair()
    using server = new socket.socket(AF_INET)
    server.settimeout(5)
    server.bind(['127.0.0.1', 0])
    server.listen()
    using client = socket.create_connection(server.getsockname(), 5)
    const [conn] = server.accept()
    const copy = socket.fromfd(a.fileno(), AF_UNIX, SOCK_STREAM)
    using plain = new socket.socket()
    for (const s of [a, b, conn, copy, plain]) {
      expect([s.timeout, nonblocking(s)]).toEqual([seconds, seconds !== null])
      s.close()
    }
    expect([client.timeout, nonblocking(client)]).toEqual([5, true])
  })

  it('SOCK_NONBLOCK in the type is a timeout of 0', () => {
    const kind = SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    using s = new socket.socket(AF_INET, kind)
    const [a, b] = socket.socketpair(AF_UNIX, kind)
    using copy = socket.fromfd(s.fileno(), AF_INET, kind)
    for (const made of [s, a, b, copy]) {
      expect([made.type, made.timeout, nonblocking(made as socket.socket)]).toEqual([
        SOCK_STREAM,
        0,
        true,
      ])
    }
    a.close()
    b.close()
  })

  it('setdefaulttimeout refuses what settimeout refuses', () => {
    using s = new socket.socket()
    for (const set of [socket.setdefaulttimeout, s.settimeout.bind(s)]) {
      expect(() => set(-1)).toThrow(socket.ValueError)
      expect(() => set(Number.NaN)).toThrow(socket.ValueError)
      expect(() => set(Number.POSITIVE_INFINITY)).toThrow(socket.OverflowError)
      expect(() => Reflect.apply(set, null, ['1'])).toThrow(TypeError)
    }
    expect([socket.getdefaulttimeout(), s.timeout]).toEqual([null, null])
  })
})

describe('a timeout of 0', () => {
  it('raises BlockingIOError', () => {
    const [a] = pair()
    a.setblocking(false)
    using server = socket.create_server(['127.0.0.1', 0])
    server.settimeout(0)
    const fill = () => {
      for (;;) a.send(Buffer.alloc(65_536))
    }
    for (const call of [() => a.recv(1), () => a.recvfrom(1), () => server.accept(), fill]) {
      expect(raised(call)[0]).toBe('BlockingIOError EAGAIN')
    }
    expect(raised(() => a.sendall(Buffer.alloc(65_536)))[0]).toBe('BlockingIOError EAGAIN')
  })

  it('begins to connect, as python does', async () => {
    using server = socket.create_server(['127.0.0.1', 0])
    using s = new socket.socket()
    s.setblocking(false)
    expect(raised(() => s.connect(server.getsockname()))[0]).toBe('BlockingIOError EINPROGRESS')
    server.accept()[0].close()
    expect(s.connect_ex(server.getsockname())).toBe(0) // done meanwhile
    expect(s.connect_ex(server.getsockname())).toBe(106) // EISCONN
  })
})

describe('a deadline', () => {
  it('ends every call that waits, with TimeoutError', () => {
    const [a] = pair()
    const [datagrams] = pair(SOCK_DGRAM)
    using server = socket.create_server(['127.0.0.1', 0])
    for (const s of [a, datagrams, server]) s.settimeout(0.1)
    const into = Buffer.alloc(10)
    const fill = (s: socket.socket) => () => {
      for (;;) s.send(Buffer.alloc(1000))
    }
    for (const call of [
      () => a.recv(1),
      () => a.recvfrom(1),
      () => a.recv_into(into),
      () => a.recvfrom_into(into),
      () => server.accept(),
      fill(a),
      () => a.sendall(into),
      fill(datagrams),
    ]) {
      const [name, seconds] = raised(call)
      expect(name).toBe('TimeoutError')
      expect(seconds).toBeGreaterThan(0.09)
      expect(seconds).toBeLessThan(2)
    }
    expect(() => a.recv(1)).toThrow(new socket.TimeoutError('timed out'))
  })

  it('holds for the whole of sendall', async () => {
    const py = peer(
      `
import time
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
l.settimeout(10); c, _ = l.accept()
while c.recv(20000): time.sleep(0.02)
`,
    )
    using s = socket.create_connection(['127.0.0.1', Number(await py.line())])
    s.settimeout(0.3)
    // Every piece goes out in time; all of them together do not.
    const [name, seconds] = raised(() => s.sendall(Buffer.alloc(30_000_000)))
    expect(name).toBe('TimeoutError')
    expect(seconds).toBeGreaterThan(0.29)
    expect(seconds).toBeLessThan(2)
  })

  it('ends a connect that nobody answers; connect_ex gives EAGAIN, as in python', () => {
    using server = socket.create_server(['127.0.0.1', 0], { backlog: 0 })
    const address = server.getsockname()
    const attempt = () => {
      const s = new socket.socket()
      onTestFinished(() => s.close())
      s.settimeout(0.2)
      return s
    }
    attempt().connect(address) // fills the backlog: from now on SYNs are dropped
    const [name, seconds] = raised(() => attempt().connect(address))
    expect(name).toBe('TimeoutError')
    expect(seconds).toBeGreaterThan(0.19)
    expect(attempt().connect_ex(address)).toBe(socket.EAGAIN)
    const python = ask(`
import json, socket
s = socket.socket(); s.settimeout(0.2)
print(json.dumps(s.connect_ex(('127.0.0.1', ${address[1]}))))`)
    expect(python).toBe(socket.EAGAIN)
  })

  it('is waited for asleep, also where poll says at once that a socket is ready', () => {
    // An unconnected Unix datagram socket is writable, whatever room its receiver has.
    using receiver = new socket.socket(AF_UNIX, SOCK_DGRAM)
    receiver.bind('')
    using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
    s.settimeout(0.5)
    const before = process.cpuUsage()
    const [name] = raised(() => {
      for (;;) s.sendto(text('x'), receiver.getsockname())
    })
    const { user, system } = process.cpuUsage(before)
    expect(name).toBe('TimeoutError')
    expect((user + system) / 1e6).toBeLessThan(0.25)
  })

  it('may be longer than the wait', () => {
    const [a, b] = pair()
    a.settimeout(1e9)
    b.send(text('x'))
    expect(a.recv(1).toString()).toBe('x')
  })
})

describe('connect_ex', () => {
  it('gives 0 or the errno', () => {
    using server = socket.create_server(['127.0.0.1', 0])
    using closed = new socket.socket()
    closed.bind(['127.0.0.1', 0])
    for (const timeout of [null, 5]) {
      using s = new socket.socket()
      using t = new socket.socket()
      s.settimeout(timeout)
      t.settimeout(timeout)
      expect(s.connect_ex(server.getsockname())).toBe(0)
      expect(t.connect_ex(closed.getsockname())).toBe(111) // ECONNREFUSED
    }
    using s = new socket.socket()
    expect(() => s.connect_ex(['127.0.0.1', 65_536])).toThrow(socket.OverflowError)
    expect(() => s.connect_ex(['::1', 1])).toThrow(socket.gaierror) // no IPv4 address
    s.close()
    expect(s.connect_ex(server.getsockname())).toBe(socket.EBADF)
  })

  it('gives EAGAIN for a full backlog of a Unix socket, with any timeout, as in python', () => {
    using server = new socket.socket(AF_UNIX)
    const name = abstractName()
    server.bind(name)
    server.listen(0)
    const seen = ask(
      `
import json, socket, sys
sockets = [socket.socket(socket.AF_UNIX) for i in range(3)]
for s, timeout in zip(sockets, (None, 5, 0)): s.settimeout(timeout)
name = sys.stdin.read()
print(json.dumps([s.connect_ex(name) for s in sockets]))`,
      name.toString(),
    )
    server.accept()[0].close()
    const sockets = [null, 5, 0].map((timeout) => {
      const s = new socket.socket(AF_UNIX)
      onTestFinished(() => s.close())
      s.settimeout(timeout)
      return s
    })
    expect(sockets.map((s) => s.connect_ex(name))).toEqual(seen)
    expect(seen).toEqual([0, socket.EAGAIN, socket.EAGAIN])
  })

  it.each([false, true])('waits there without a timeout (listening: %s)', async (listening) => {
    if (listening) listenForSignals()
    const name = abstractName()
    const py = peer(
      `
import time
l = socket.socket(socket.AF_UNIX); l.bind(given(sys.argv[1])); l.listen(0); print('listening')
time.sleep(0.5)
for i in range(2): l.accept()
`,
      written(name),
    )
    await py.line()
    using first = guarded(new socket.socket(AF_UNIX))
    using second = guarded(new socket.socket(AF_UNIX))
    expect([first.connect_ex(name), second.connect_ex(name)]).toEqual([0, 0])
    await py.end()
  })
})
