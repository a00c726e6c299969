// The functions that make sockets, with what python3 makes of the same calls.

import { closeSync } from 'node:fs'
import * as socket from 'bsd-socket'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, descriptors, python } from './peer.js'
import { raised, twins } from './twins.js'

const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET } = socket

socket.setdefaulttimeout(10)
afterEach(() => socket.setdefaulttimeout(10))

type Stream = socket.socket<socket.Family<'AF_INET'>>

describe.each(twins)('%s', (_, socket) => {
  /** What the table of a test compares: the socket's own account of itself. */
  const account = (s: socket.socket) => [
    s.family,
    s.type,
    s.proto,
    s.gettimeout(),
    s.getblocking(),
    s.get_inheritable(),
  ]

  const accountInPython = `
import json, socket
def account(s):
    return [s.family, s.type, s.proto, s.gettimeout(), s.getblocking(), s.get_inheritable()]
`

  /** A server in python that answers each of `count` clients with the client's address. */
  const whoami = (family: string, count = 1) =>
    python(`
import json
s = socket.create_server(('', 0), family=socket.${family}, dualstack_ipv6=${family === 'AF_INET6' ? 'True' : 'False'})
print(s.getsockname()[1])
for _ in range(${count}):
    c, address = s.accept()
    c.sendall(json.dumps(address).encode())
    c.close()
`)

  const answer = async (s: socket.socket): Promise<unknown> =>
    JSON.parse((await s.recv(200)).toString())

  /** A port where nobody listens, in IPv4 and IPv6. */
  async function deadPort(): Promise<number> {
    using s = await socket.create_server(['', 0], { family: AF_INET6, dualstack_ipv6: true })
    return s.getsockname()[1]
  }

  const portOf = (s: { getsockname(): unknown }): number => (s.getsockname() as [string, number])[1]

  describe('create_connection', () => {
    it('binds to source_address first', async () => {
      const peer = whoami('AF_INET', 2)
      const port = Number(await peer.line())
      using free = await socket.create_server(['127.0.0.2', 0])
      const source = free.getsockname()
      free.close()
      using s = await socket.create_connection(['127.0.0.1', port], 5, source)
      expect(await answer(s)).toEqual(source)
      using byName = await socket.create_connection(['127.0.0.1', port], {
        source_address: ['127.0.0.3', 0],
      })
      expect(await answer(byName)).toEqual(['127.0.0.3', portOf(byName)])
      await peer.end()
    })

    it('has the timeout that is given, null for none, the default where it is left out', async () => {
      const peer = whoami('AF_INET', 6)
      const port = Number(await peer.line())
      socket.setdefaulttimeout(7)
      for (const [seconds, ...rest] of [
        [7],
        [7, undefined, null],
        [null, null],
        [3, 3],
        [2.5, { timeout: 2.5 }],
        [null, { timeout: null }],
      ] as [number | null, ...[]][]) {
        using s = await socket.create_connection(['127.0.0.1', port], ...rest)
        expect(s.gettimeout()).toBe(seconds)
      }
      await peer.end()
    })

    it('tries every address of the host: no IPv6 listener, but one of IPv4', async () => {
      const peer = whoami('AF_INET')
      const port = Number(await peer.line())
      // Without a host, both loopback addresses come, and IPv6 is the first.
      using s = await socket.create_connection([null, port])
      expect([s.family, s.getpeername()]).toEqual([AF_INET, ['127.0.0.1', port]])
      await peer.end()
    })

    it('raises what the last attempt failed with, or all of them', async () => {
      const port = await deadPort()
      const [last, all] = ask<[string[], string[]]>(`
import json, socket
def name(e):
    return [type(e).__name__, str(e)]
try:
    socket.create_connection((None, ${port}))
except OSError as e:
    last = name(e)
try:
    socket.create_connection((None, ${port}), all_errors=True)
except ExceptionGroup as group:
    print(json.dumps([last, [group.message] + [name(e) for e in group.exceptions]]))
`)
      const before = descriptors().length
      const name = (e: Error) => [e.name, e.message]
      expect(name(await raised(() => socket.create_connection([null, port])))).toEqual(last)
      for (const group of [
        await raised(() => socket.create_connection([null, port], { all_errors: true })),
        await raised(() => socket.create_connection([null, port], 5, null, { all_errors: true })),
      ]) {
        expect(group).toBeInstanceOf(AggregateError)
        const { errors } = group as unknown as AggregateError
        expect([group.message, ...errors.map(name)]).toEqual(all)
      }
      expect(descriptors().length).toBe(before)
    })

    it('takes a service for a port, and bytes for a host', async () => {
      const gone = await deadPort()
      await expect(async () =>
        socket.create_connection(['127.0.0.1', String(gone)]),
      ).rejects.toThrow('refused')
      await expect(async () => socket.create_connection(['127.0.0.1', 'nosuch'])).rejects.toThrow(
        socket.gaierror,
      )
    })
  })

  describe('create_server', () => {
    /** Options of the listener, and the backlog, which tcp_info tells of a listening socket. */
    const state = (s: socket.socket) => [
      s.getsockopt(SOL_SOCKET, socket.SO_REUSEADDR),
      s.getsockopt(SOL_SOCKET, socket.SO_REUSEPORT),
      s.getsockopt(SOL_SOCKET, socket.SO_ACCEPTCONN),
      s.family === AF_INET6 ? s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) : null,
      new Uint32Array(
        Uint8Array.from(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)).buffer,
      )[7],
      ...account(s),
    ]

    it('sets what Python sets', async () => {
      const theirs = ask<unknown[]>(`${accountInPython}
import struct
socket.setdefaulttimeout(10)
def state(s):
    return [s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR),
            s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT),
            s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN),
            s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) if s.family == socket.AF_INET6 else None,
            struct.unpack('8I', s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32))[7]] + account(s)
print(json.dumps([state(socket.create_server(*args, **options)) for args, options in [
    [[('127.0.0.1', 0)], {}],
    [[('', 0)], dict(backlog=5)],
    [[('127.0.0.1', 0)], dict(backlog=0, reuse_port=True)],
    [[('127.0.0.1', 0)], dict(backlog=-1)],
    [[('', 0)], dict(family=socket.AF_INET6)],
    [[('::', 0)], dict(family=socket.AF_INET6, dualstack_ipv6=True, backlog=1000)]]]))
`)
      const ours = [
        await socket.create_server(['127.0.0.1', 0]),
        await socket.create_server(['', 0], { backlog: 5 }),
        await socket.create_server(['127.0.0.1', 0], { backlog: 0, reuse_port: true }),
        await socket.create_server(['127.0.0.1', 0], { backlog: -1 }),
        await socket.create_server(['', 0], { family: AF_INET6 }),
        await socket.create_server(['::', 0], {
          family: AF_INET6,
          dualstack_ipv6: true,
          backlog: 1000,
        }),
      ].map((s) => {
        using closed = s as socket.socket
        return state(closed)
      })
      expect(ours).toEqual(theirs)
    })

    it('shares a port only with reuse_port', async () => {
      using first = await socket.create_server(['127.0.0.1', 0], { reuse_port: true })
      const address = first.getsockname()
      using second = await socket.create_server(address, { reuse_port: true })
      expect(second.getsockname()).toEqual(address)
      const before = descriptors().length
      const words = `[Errno 98] Address already in use (while attempting to bind on address ('127.0.0.1', ${address[1]}))`
      await expect(async () => socket.create_server(address)).rejects.toThrow(words)
      expect(descriptors().length).toBe(before)
    })

    it('can be bound again while connections of the last one linger', async () => {
      const first = await socket.create_server(['127.0.0.1', 0])
      const address = first.getsockname()
      using client = await socket.create_connection(address)
      const [conn] = await first.accept()
      conn.close() // this end goes to TIME_WAIT
      expect((await client.recv(1)).length).toBe(0)
      client.close()
      first.close()
      using again = await socket.create_server(address)
      expect(again.getsockname()).toEqual(address)
    })

    it('takes IPv4 clients on IPv6 only with dualstack_ipv6', async () => {
      using dual = await socket.create_server(['', 0], { family: AF_INET6, dualstack_ipv6: true })
      using plain = await socket.create_server(['', 0], { family: AF_INET6 })
      const peer = python(
        `
c = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
try:
    socket.create_connection(('127.0.0.1', int(sys.argv[2])))
except ConnectionRefusedError:
    print('refused')
`,
        String(portOf(dual)),
        String(portOf(plain)),
      )
      const [conn, [host]] = await dual.accept()
      using _conn = conn
      expect(host).toBe('::ffff:127.0.0.1')
      expect(await peer.line()).toBe('refused')
      await peer.end()
    })
  })

  it('has_ipv6 and has_dualstack_ipv6 are Python’s', () => {
    const theirs = ask(
      'import json, socket; print(json.dumps([socket.has_ipv6, socket.has_dualstack_ipv6()]))',
    )
    const before = descriptors().length
    expect([socket.has_ipv6, socket.has_dualstack_ipv6()]).toEqual(theirs)
    expect(descriptors().length).toBe(before)
  })

  describe('socketpair', () => {
    it('is Python’s in family, type, protocol and timeout', () => {
      const theirs = ask(`${accountInPython}
socket.setdefaulttimeout(10)
print(json.dumps([[account(s) for s in socket.socketpair(*args)] for args in [
    [], [socket.AF_UNIX], [socket.AF_UNIX, socket.SOCK_DGRAM], [socket.AF_UNIX, socket.SOCK_SEQPACKET, 0], [None, 1]]]))
`)
      const pairs = [
        socket.socketpair(),
        socket.socketpair(AF_UNIX),
        socket.socketpair(AF_UNIX, SOCK_DGRAM),
        socket.socketpair(AF_UNIX, SOCK_SEQPACKET, 0),
        socket.socketpair(null, 1),
      ]
      expect(pairs.map((pair) => pair.map(account))).toEqual(theirs)
      for (const s of pairs.flat()) s.close()
    })

    it('is connected both ways', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      await a.sendall(Buffer.from('ping'))
      expect((await b.recv(10)).toString()).toBe('ping')
      await b.sendall(Buffer.from('pong'))
      expect((await a.recv(10)).toString()).toBe('pong')
      expect([a.getsockname(), a.getpeername()]).toEqual(['', ''])
    })
  })

  describe('descriptors', () => {
    it('fromfd makes a socket on a duplicate, the descriptor stays the caller’s', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      const copy = socket.fromfd(a.fileno(), AF_UNIX, SOCK_STREAM)
      expect(copy.fileno()).not.toBe(a.fileno())
      expect(account(copy)).toEqual(account(a))
      await copy.sendall(Buffer.from('x'))
      copy.close()
      expect((await b.recv(1)).toString()).toBe('x')
      await a.sendall(Buffer.from('y'))
      expect((await b.recv(1)).toString()).toBe('y')
    })

    it('fromfd believes what it is told, as Python does', () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      using copy = socket.fromfd(a.fileno(), AF_INET, SOCK_DGRAM, 17) as socket.socket
      expect([copy.family, copy.type, copy.proto]).toEqual([AF_INET, SOCK_DGRAM, 17])
    })

    it('dup gives a second descriptor, close-on-exec; close closes one of them', async () => {
      using s = await socket.create_server(['127.0.0.1', 0])
      const fd = socket.dup(s.fileno())
      expect(fd).not.toBe(s.fileno())
      using twin = new socket.socket({ fileno: fd })
      expect(twin.getsockname()).toEqual(s.getsockname())
      expect(twin.get_inheritable()).toBe(false)
      socket.close(twin.detach())
      expect(() => socket.close(fd)).toThrow('[Errno 9] Bad file descriptor')
      expect(portOf(s)).toBeGreaterThan(0)
    })

    it('detach leaves the descriptor open, for others to close', async () => {
      using s = await socket.create_server(['127.0.0.1', 0])
      const port = portOf(s)
      const fd = s.detach()
      using still = await socket.create_connection(['127.0.0.1', port])
      expect(still.getpeername()).toEqual(['127.0.0.1', port])
      closeSync(fd)
      await expect(async () => socket.create_connection(['127.0.0.1', port])).rejects.toThrow(
        socket.ConnectionRefusedError,
      )
    })
  })

  describe('the default timeout', () => {
    it('is that of every socket made from then on, as in Python', async () => {
      const values = [null, 0, 0.5, 3, 9223372036, true, 2.25]
      const theirs = ask(
        `${accountInPython}
import sys
def made():
    a, b = socket.socketpair()
    l = socket.create_server(('127.0.0.1', 0))
    l.settimeout(5)
    c = socket.socket()
    c.settimeout(5)
    c.connect(l.getsockname())
    conn, _ = l.accept()
    d = a.dup()
    return [s.gettimeout() for s in (a, b, conn, d, socket.socket())]
rows = []
for value in json.load(sys.stdin):
    socket.setdefaulttimeout(value)
    rows.append([socket.getdefaulttimeout()] + made())
print(json.dumps(rows))
`,
        JSON.stringify(values),
      )
      const made = async () => {
        const [a, b] = socket.socketpair()
        using l = await socket.create_server(['127.0.0.1', 0])
        l.settimeout(5)
        using c: Stream = new socket.socket()
        c.settimeout(5)
        await c.connect(l.getsockname())
        const all = [a, b, (await l.accept())[0], a.dup(), new socket.socket()]
        for (const s of all) s.close()
        return all.map((s) => s.gettimeout())
      }
      const rows: unknown[][] = []
      for (const value of values) {
        socket.setdefaulttimeout(value as number)
        rows.push([socket.getdefaulttimeout(), ...(await made())])
      }
      expect(rows).toEqual(theirs)
    })
  })
})
