// How calls wait: the mode, timeouts, connect_ex.

import * as socket from 'bsd-socket'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from './peer.js'
import { abstractName, peer, written } from './places.js'
import { twins, waitsAside } from './twins.js'
import { guarded, listenForSignals, nonblocking, pair, timed } from './waiting.js'

const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } = socket
const text = (words: string) => Buffer.from(words)

describe.each(twins)('%s', (_, socket) => {
  const aside = waitsAside(socket)

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
        expect(nonblocking(s)).toBe(aside || timeout !== null)
        expect([s.timeout, s.gettimeout(), s.getblocking()]).toEqual([
          timeout,
          timeout,
          timeout !== 0,
        ])
      }
    })

    it.each([null, 0, 3])('setdefaulttimeout(%s) holds for new sockets', async (seconds) => {
      socket.setdefaulttimeout(seconds)
      onTestFinished(() => socket.setdefaulttimeout(null))
      expect(socket.getdefaulttimeout()).toBe(seconds)
      const [a, b] = socket.socketpair()
      using server = new socket.socket(AF_INET)
      server.settimeout(5)
      await server.bind(['127.0.0.1', 0])
      server.listen()
      using client = await socket.create_connection(server.getsockname(), 5)
      const [conn] = await server.accept()
      const copy = socket.fromfd(a.fileno(), AF_UNIX, SOCK_STREAM)
      using plain = new socket.socket()
      for (const s of [a, b, conn, copy, plain]) {
        expect([s.timeout, nonblocking(s)]).toEqual([seconds, aside || seconds !== null])
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
    it('raises BlockingIOError', async () => {
      const [a] = pair(socket)
      a.setblocking(false)
      using server = await socket.create_server(['127.0.0.1', 0])
      server.settimeout(0)
      const fill = async () => {
        for (;;) await a.send(Buffer.alloc(65_536))
      }
      for (const call of [() => a.recv(1), () => a.recvfrom(1), () => server.accept(), fill]) {
        expect((await timed(call))[0]).toBe('BlockingIOError EAGAIN')
      }
      expect((await timed(() => a.sendall(Buffer.alloc(65_536))))[0]).toBe('BlockingIOError EAGAIN')
    })

    it('begins to connect, as python does', async () => {
      using server = await socket.create_server(['127.0.0.1', 0])
      using s = new socket.socket()
      s.setblocking(false)
      const begun = await timed(() => s.connect(server.getsockname()))
      expect(begun[0]).toBe('BlockingIOError EINPROGRESS')
      const [conn] = await server.accept()
      conn.close()
      expect(await s.connect_ex(server.getsockname())).toBe(0) // done meanwhile
      expect(await s.connect_ex(server.getsockname())).toBe(106) // EISCONN
    })
  })

  describe('a deadline', () => {
    it('ends every call that waits, with TimeoutError', async () => {
      const [a] = pair(socket)
      const [datagrams] = pair(socket, SOCK_DGRAM)
      using server = await socket.create_server(['127.0.0.1', 0])
      for (const s of [a, datagrams, server]) s.settimeout(0.1)
      const into = Buffer.alloc(10)
      const fill = (s: socket.socket) => async () => {
        for (;;) await s.send(Buffer.alloc(1000))
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
        const [name, seconds] = await timed(call)
        expect(name).toBe('TimeoutError')
        expect(seconds).toBeGreaterThan(0.09)
        expect(seconds).toBeLessThan(2)
      }
      await expect(async () => a.recv(1)).rejects.toThrow(new socket.TimeoutError('timed out'))
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
      using s = await socket.create_connection(['127.0.0.1', Number(await py.line())])
      s.settimeout(0.3)
      // Every piece goes out in time; all of them together do not.
      const [name, seconds] = await timed(() => s.sendall(Buffer.alloc(30_000_000)))
      expect(name).toBe('TimeoutError')
      expect(seconds).toBeGreaterThan(0.29)
      expect(seconds).toBeLessThan(2)
    })

    it('ends a connect that nobody answers; connect_ex gives EAGAIN, as in python', async () => {
      using server = await socket.create_server(['127.0.0.1', 0], { backlog: 0 })
      const address = server.getsockname()
      const attempt = () => {
        const s = new socket.socket()
        onTestFinished(() => s.close())
        s.settimeout(0.2)
        return s
      }
      await attempt().connect(address) // fills the backlog: from now on SYNs are dropped
      const [name, seconds] = await timed(() => attempt().connect(address))
      expect(name).toBe('TimeoutError')
      expect(seconds).toBeGreaterThan(0.19)
      expect(await attempt().connect_ex(address)).toBe(socket.EAGAIN)
      const python = ask(`
import json, socket
s = socket.socket(); s.settimeout(0.2)
print(json.dumps(s.connect_ex(('127.0.0.1', ${address[1]}))))`)
      expect(python).toBe(socket.EAGAIN)
    })

    it('is waited for asleep, also where poll says at once that a socket is ready', async () => {
      // An unconnected Unix datagram socket is writable, whatever room its receiver has.
      using receiver = new socket.socket(AF_UNIX, SOCK_DGRAM)
      await receiver.bind('')
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      s.settimeout(0.5)
      const before = process.cpuUsage()
      const [name] = await timed(async () => {
        for (;;) await s.sendto(text('x'), receiver.getsockname())
      })
      const { user, system } = process.cpuUsage(before)
      expect(name).toBe('TimeoutError')
      expect((user + system) / 1e6).toBeLessThan(0.25)
    })

    it('may be longer than the wait', async () => {
      const [a, b] = pair(socket)
      a.settimeout(1e9)
      await b.send(text('x'))
      expect((await a.recv(1)).toString()).toBe('x')
    })
  })

  describe('connect_ex', () => {
    it('gives 0 or the errno', async () => {
      using server = await socket.create_server(['127.0.0.1', 0])
      using closed = new socket.socket()
      await closed.bind(['127.0.0.1', 0])
      for (const timeout of [null, 5]) {
        using s = new socket.socket()
        using t = new socket.socket()
        s.settimeout(timeout)
        t.settimeout(timeout)
        expect(await s.connect_ex(server.getsockname())).toBe(0)
        expect(await t.connect_ex(closed.getsockname())).toBe(111) // ECONNREFUSED
      }
      using s = new socket.socket()
      await expect(async () => s.connect_ex(['127.0.0.1', 65_536])).rejects.toThrow(
        socket.OverflowError,
      )
      await expect(async () => s.connect_ex(['::1', 1])).rejects.toThrow(socket.gaierror) // no IPv4 address
      s.close()
      expect(await s.connect_ex(server.getsockname())).toBe(socket.EBADF)
    })

    it('gives EAGAIN for a full backlog of a Unix socket, with any timeout, as in python', async () => {
      using server = new socket.socket(AF_UNIX)
      const name = abstractName()
      await server.bind(name)
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
      const [accepted] = await server.accept()
      accepted.close()
      const sockets = [null, 5, 0].map((timeout) => {
        const s = new socket.socket(AF_UNIX)
        onTestFinished(() => s.close())
        s.settimeout(timeout)
        return s
      })
      const given = await Promise.all(sockets.map((s) => s.connect_ex(name)))
      expect(given).toEqual(seen)
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
      expect([await first.connect_ex(name), await second.connect_ex(name)]).toEqual([0, 0])
      await py.end()
    })
  })
})
