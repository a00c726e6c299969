// Socket options, and descriptors that a child process inherits.

import { spawnSync } from 'node:child_process'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { ask } from './peer.js'
import { twins } from './twins.js'
import { timeval } from './waiting.js'

const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } = socket
const { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET } = socket

type Row = [family: number, type: number, level: number, name: number, value: number | string]

const linger = Buffer.from(new Int32Array([1, 7]).buffer).toString('hex')
const text = (words: string) => Buffer.from(words).toString('hex')

/** By name: an int to set, or the bytes of a struct, in hex. */
const rows: Record<string, Row> = {
  SO_REUSEADDR: [AF_INET, SOCK_STREAM, SOL_SOCKET, socket.SO_REUSEADDR, 1],
  SO_REUSEPORT: [AF_INET, SOCK_STREAM, SOL_SOCKET, socket.SO_REUSEPORT, 1],
  SO_KEEPALIVE: [AF_INET, SOCK_STREAM, SOL_SOCKET, socket.SO_KEEPALIVE, 1],
  SO_OOBINLINE: [AF_INET, SOCK_STREAM, SOL_SOCKET, socket.SO_OOBINLINE, 1],
  SO_BROADCAST: [AF_INET, SOCK_DGRAM, SOL_SOCKET, socket.SO_BROADCAST, 1],
  SO_DONTROUTE: [AF_INET, SOCK_DGRAM, SOL_SOCKET, socket.SO_DONTROUTE, 1],
  SO_PRIORITY: [AF_INET, SOCK_DGRAM, SOL_SOCKET, socket.SO_PRIORITY, 5],
  SO_RCVBUF: [AF_INET, SOCK_DGRAM, SOL_SOCKET, socket.SO_RCVBUF, 10_000],
  SO_SNDBUF: [AF_UNIX, SOCK_DGRAM, SOL_SOCKET, socket.SO_SNDBUF, 20_000],
  SO_RCVLOWAT: [AF_INET, SOCK_STREAM, SOL_SOCKET, socket.SO_RCVLOWAT, 33],
  SO_PASSCRED: [AF_UNIX, SOCK_DGRAM, SOL_SOCKET, socket.SO_PASSCRED, 1],
  SO_LINGER: [AF_INET, SOCK_STREAM, SOL_SOCKET, socket.SO_LINGER, linger],
  SO_RCVTIMEO: [
    AF_INET,
    SOCK_STREAM,
    SOL_SOCKET,
    socket.SO_RCVTIMEO,
    Buffer.from(timeval(1.5)).toString('hex'),
  ],
  SO_BINDTODEVICE: [AF_INET, SOCK_DGRAM, SOL_SOCKET, socket.SO_BINDTODEVICE, text('lo\0')],
  TCP_NODELAY: [AF_INET, SOCK_STREAM, IPPROTO_TCP, socket.TCP_NODELAY, 1],
  TCP_KEEPIDLE: [AF_INET6, SOCK_STREAM, IPPROTO_TCP, socket.TCP_KEEPIDLE, 77],
  TCP_SYNCNT: [AF_INET, SOCK_STREAM, IPPROTO_TCP, socket.TCP_SYNCNT, 3],
  TCP_USER_TIMEOUT: [AF_INET, SOCK_STREAM, IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000],
  TCP_CONGESTION: [AF_INET, SOCK_STREAM, IPPROTO_TCP, socket.TCP_CONGESTION, text('reno')],
  IP_TTL: [AF_INET, SOCK_DGRAM, IPPROTO_IP, socket.IP_TTL, 9],
  IP_TOS: [AF_INET, SOCK_STREAM, IPPROTO_IP, socket.IP_TOS, 0x10],
  IP_MULTICAST_TTL: [AF_INET, SOCK_DGRAM, IPPROTO_IP, socket.IP_MULTICAST_TTL, 4],
  IP_MULTICAST_LOOP: [AF_INET, SOCK_DGRAM, IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0],
  IPV6_V6ONLY: [AF_INET6, SOCK_STREAM, IPPROTO_IPV6, socket.IPV6_V6ONLY, 1],
  IPV6_UNICAST_HOPS: [AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 8],
  IPV6_TCLASS: [AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, socket.IPV6_TCLASS, 32],
}

/** What each option was before it was set, and after, in python3. */
const inPython = ask<Record<string, [unknown, unknown]>>(
  `
import json, socket, sys
out = {}
for row, (family, type, level, name, value) in json.load(sys.stdin).items():
    s = socket.socket(family, type)
    def get(): return s.getsockopt(level, name) if isinstance(value, int) else s.getsockopt(level, name, 64).hex()
    before = get()
    s.setsockopt(level, name, value if isinstance(value, int) else bytes.fromhex(value))
    out[row] = [before, get()]
print(json.dumps(out))`,
  JSON.stringify(rows),
)

const level = 0x7fff
/** The errnos of options that cannot be, in the order of the calls below. */
const refusals = ask(`
import json, socket
s = socket.socket(); out = []
for f in (lambda: s.getsockopt(${level}, 1), lambda: s.setsockopt(${level}, 1, 1),
          lambda: s.getsockopt(socket.SOL_SOCKET, 9999), lambda: s.setsockopt(socket.SOL_SOCKET, 9999, 1),
          lambda: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, None, 4),
          lambda: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, None, 0),
          lambda: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'abc'),
          lambda: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'nosuch0')):
    try: f(); out.append(0)
    except OSError as e: out.append(e.errno)
print(json.dumps(out))`)

// The length 0 is the value here: no device. Without CAP_NET_RAW it is refused.
const unbound = ask(`
import json, socket
S, BIND = socket.SOL_SOCKET, socket.SO_BINDTODEVICE
s = socket.socket(); s.setsockopt(S, BIND, b'lo')
try: s.setsockopt(S, BIND, None, 0)
except PermissionError: pass
print(json.dumps(s.getsockopt(S, BIND, 16).hex()))`)

describe.each(twins)('%s', (_, socket) => {
  it('sets and gets options as python does', () => {
    for (const [row, [family, type, level, name, value]] of Object.entries(rows)) {
      using s = new socket.socket(family, type)
      const get = () =>
        typeof value === 'number'
          ? s.getsockopt(level, name)
          : s.getsockopt(level, name, 64).toString('hex')
      const before = get()
      s.setsockopt(level, name, typeof value === 'number' ? value : Buffer.from(value, 'hex'))
      expect([row, before, get()]).toEqual([row, ...inPython[row]])
      expect([row, get()]).not.toEqual([row, before])
    }
  })

  describe('a child process', () => {
    /** Runs python with our descriptor as its number 3. */
    function inherited(s: socket.socket, program: string): unknown {
      const { stdout, stderr } = spawnSync(
        'python3',
        ['-c', `import json, socket; s = socket.socket(fileno=3)\n${program}`],
        { stdio: ['ignore', 'pipe', 'pipe', s.fileno()], encoding: 'utf8' },
      )
      if (stdout === '') throw new Error(stderr)
      return JSON.parse(stdout)
    }

    it('reads on the same socket what we set', async () => {
      using s = new socket.socket(AF_INET6, SOCK_STREAM)
      s.setsockopt(SOL_SOCKET, socket.SO_KEEPALIVE, true)
      s.setsockopt(SOL_SOCKET, socket.SO_SNDBUF, 50_000n)
      s.setsockopt(IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
      s.setsockopt(SOL_SOCKET, socket.SO_LINGER, new Int32Array([1, 9]))
      s.setsockopt(SOL_SOCKET, socket.SO_SNDTIMEO, timeval(2.25))
      await s.bind(['::1', 0])
      const seen = inherited(
        s,
        `
S = socket.SOL_SOCKET
print(json.dumps([s.family, s.type, s.proto, s.getsockname(),
    s.getsockopt(S, socket.SO_KEEPALIVE), s.getsockopt(S, socket.SO_SNDBUF),
    s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    s.getsockopt(S, socket.SO_LINGER, 100).hex(), s.getsockopt(S, socket.SO_SNDTIMEO, 16).hex()]))`,
      )
      expect([
        ...[s.family, s.type, socket.IPPROTO_TCP, s.getsockname()],
        s.getsockopt(SOL_SOCKET, socket.SO_KEEPALIVE),
        s.getsockopt(SOL_SOCKET, socket.SO_SNDBUF),
        s.getsockopt(IPPROTO_TCP, socket.TCP_KEEPCNT),
        s.getsockopt(SOL_SOCKET, socket.SO_LINGER, 100).toString('hex'),
        s.getsockopt(SOL_SOCKET, socket.SO_SNDTIMEO, 16).toString('hex'),
      ]).toEqual(seen)
    })

    it('sets on the same socket what we read', () => {
      using s = new socket.socket(AF_INET, SOCK_STREAM)
      inherited(s, 's.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 12); print(1)')
      expect(s.getsockopt(IPPROTO_IP, socket.IP_TTL)).toBe(12)
    })

    it.each([false, true])(
      'inherits after set_inheritable(true) only (%s)',
      async (inheritable) => {
        const [a, b] = socket.socketpair()
        using server = await socket.create_server(['127.0.0.1', 0])
        using client = new socket.socket()
        await client.connect(server.getsockname())
        const sockets = [a, b, server, client, (await server.accept())[0], a.dup()]
        for (const s of sockets) {
          expect(s.get_inheritable()).toBe(false)
          s.set_inheritable(inheritable)
          expect(s.get_inheritable()).toBe(inheritable)
        }
        const seen = ask(
          `
import json, os, sys
def there(fd):
    try: os.fstat(fd); return True
    except OSError: return False
print(json.dumps([there(fd) for fd in json.load(sys.stdin)]))`,
          JSON.stringify(sockets.map((s) => s.fileno())),
        )
        expect(seen).toEqual(sockets.map(() => inheritable))
        for (const s of sockets) s.close()
      },
    )

    it('is given a descriptor, inheritable or not, by set_inheritable(0)', () => {
      using s = new socket.socket()
      s.set_inheritable(1)
      s.set_inheritable(0)
      expect(s.get_inheritable()).toBe(false)
    })
  })

  describe('getsockopt', () => {
    it('gives as many bytes as the kernel does', () => {
      using s = new socket.socket()
      expect(s.getsockopt(SOL_SOCKET, socket.SO_LINGER, 1024)).toEqual(Buffer.alloc(8))
      expect(s.getsockopt(SOL_SOCKET, socket.SO_LINGER, 3)).toEqual(Buffer.alloc(3))
      expect(s.getsockopt(SOL_SOCKET, socket.SO_TYPE, 0)).toBe(SOCK_STREAM)
    })

    it.each([-1, 1025])('refuses a length of %i', (length) => {
      using s = new socket.socket()
      const get = () => s.getsockopt(SOL_SOCKET, socket.SO_LINGER, length)
      expect(get).toThrow('getsockopt buflen out of range')
      expect(get).toThrow(socket.OSError)
    })

    it('gives an error once', async () => {
      using closed = new socket.socket(AF_INET, SOCK_DGRAM)
      await closed.bind(['127.0.0.1', 0])
      await closed.connect(closed.getsockname())
      using s = new socket.socket(AF_INET, SOCK_DGRAM)
      await s.connect(closed.getsockname())
      await s.send(Buffer.from('x'))
      expect(s.getsockopt(SOL_SOCKET, socket.SO_ERROR)).toBe(111)
      expect(s.getsockopt(SOL_SOCKET, socket.SO_ERROR)).toBe(0)
    })
  })

  it('fails with the errno that python gets', () => {
    using s = new socket.socket()
    const calls = [
      () => s.getsockopt(level, 1),
      () => s.setsockopt(level, 1, 1),
      () => s.getsockopt(SOL_SOCKET, 9999),
      () => s.setsockopt(SOL_SOCKET, 9999, 1),
      () => s.setsockopt(SOL_SOCKET, socket.SO_RCVBUF, null, 4),
      () => s.setsockopt(SOL_SOCKET, socket.SO_RCVBUF, null, 0),
      () => s.setsockopt(SOL_SOCKET, socket.SO_LINGER, Buffer.from('abc')),
      () => s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, Buffer.from('nosuch0')),
    ]
    const tried = calls.map((call) => {
      try {
        call()
        return 0
      } catch (error) {
        return (error as socket.OSError).errno
      }
    })
    expect(tried).toEqual(refusals)
  })

  it('takes null with a length, and nothing else so', () => {
    using s = new socket.socket()
    s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, Buffer.from('lo'))
    try {
      s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, null, 0)
    } catch (error) {
      expect(error).toBeInstanceOf(socket.PermissionError)
    }
    expect(s.getsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, 16).toString('hex')).toBe(unbound)
    const set = s.setsockopt as (...args: unknown[]) => void
    for (const rest of [[null], ['1'], [1, 4], [Buffer.alloc(4), 4], [1.5], [undefined]]) {
      const call = () => set.call(s, SOL_SOCKET, socket.SO_KEEPALIVE, ...rest)
      expect(call).toThrow(TypeError)
    }
  })

  it('knows what kind of socket it is', () => {
    const kinds = [
      [AF_INET, SOCK_STREAM, 0, socket.IPPROTO_TCP],
      [AF_INET6, SOCK_DGRAM, 0, socket.IPPROTO_UDP],
      [AF_UNIX, socket.SOCK_SEQPACKET, 0, 0],
    ]
    for (const [family, type, proto, real] of kinds) {
      using s = new socket.socket(family, type, proto)
      const ask = (option: number) => s.getsockopt(SOL_SOCKET, option)
      expect(ask(socket.SO_DOMAIN)).toBe(family)
      expect(ask(socket.SO_TYPE)).toBe(type)
      expect(ask(socket.SO_PROTOCOL)).toBe(real)
    }
  })
})
