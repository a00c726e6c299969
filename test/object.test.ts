// The socket object: how it is made, what it says of itself, how it ends.

import { closeSync, fstatSync, openSync } from 'node:fs'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import * as socket from 'bsd-socket'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, descriptors } from './peer.js'
import { ipv4, ipv6, type Place, path } from './places.js'
import { twins } from './twins.js'

socket.setdefaulttimeout(10)

const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket

describe.each(twins)('%s', (_, socket) => {
  const kind = (s: socket.socket) => [s.family, s.type, s.proto]

  describe('the constructor', () => {
    const forms: [string, () => socket.socket, number[]][] = [
      ['new socket()', () => new socket.socket() as socket.socket, [AF_INET, SOCK_STREAM, 0]],
      ['socket()', () => socket.socket() as socket.socket, [AF_INET, SOCK_STREAM, 0]],
      ['new socket(family)', () => new socket.socket<number>(AF_UNIX), [AF_UNIX, SOCK_STREAM, 0]],
      [
        'socket(family, type)',
        () => socket.socket<number>(AF_INET6, SOCK_DGRAM),
        [AF_INET6, SOCK_DGRAM, 0],
      ],
      [
        'new socket(family, type, proto)',
        () => new socket.socket<number>(AF_INET, SOCK_DGRAM, socket.IPPROTO_UDP),
        [AF_INET, SOCK_DGRAM, 17],
      ],
      ['python’s -1', () => new socket.socket<number>(-1, -1, -1), [AF_INET, SOCK_STREAM, 0]],
      ['new socket({})', () => new socket.socket({}), [AF_INET, SOCK_STREAM, 0]],
      [
        'new socket({type})',
        () => new socket.socket({ type: SOCK_DGRAM }),
        [AF_INET, SOCK_DGRAM, 0],
      ],
      [
        'socket({family, type, proto, fileno: null})',
        () =>
          socket.socket({
            family: AF_INET,
            type: SOCK_STREAM,
            proto: socket.IPPROTO_TCP,
            fileno: null,
          }),
        [AF_INET, SOCK_STREAM, 6],
      ],
    ]
    it.each(forms)('%s', (_, make, expected) => {
      using s = make()
      expect(kind(s)).toEqual(expected)
      expect(s).toBeInstanceOf(socket.socket)
      expect(s).toBeInstanceOf(socket.SocketType)
      expect(s.constructor).toBe(socket.socket)
      expect(s.fileno()).toBeGreaterThan(2)
      // The kernel agrees.
      expect(s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN)).toBe(s.family)
      expect(s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)).toBe(s.type)
    })

    it.each([
      [AF_INET, SOCK_STREAM, 6],
      [AF_INET, SOCK_DGRAM, 17],
      [AF_INET6, SOCK_STREAM, 6],
      [AF_INET6, SOCK_DGRAM, 17],
      [AF_UNIX, SOCK_STREAM, 0],
      [AF_UNIX, SOCK_DGRAM, 0],
      [AF_UNIX, SOCK_SEQPACKET, 0],
    ])('finds out what a descriptor is: %i %i %i', (family, type, proto) => {
      using s = new socket.socket<number>(family, type)
      using byName = new socket.socket({ fileno: socket.dup(s.fileno()) })
      using byPlace = new socket.socket<number>(-1, -1, -1, socket.dup(s.fileno()))
      // What is said is believed, as in python.
      using said = new socket.socket({ fileno: socket.dup(s.fileno()), type: 9, proto: 0 })
      expect(kind(byName)).toEqual([family, type, proto])
      expect(kind(byPlace)).toEqual([family, type, proto])
      expect(kind(said)).toEqual([family, 9, 0])
    })

    it('refuses a descriptor that is no socket', () => {
      expect(() => new socket.socket({ fileno: -1 })).toThrow('negative file descriptor')
      expect(() => new socket.socket({ fileno: 99_999 })).toThrow(
        expect.objectContaining({ code: 'EBADF' }),
      )
      const file = openSync('/dev/null', 'r')
      onTestFinished(() => closeSync(file))
      for (const options of [{ fileno: file }, { fileno: file, family: AF_INET }]) {
        expect(() => new socket.socket(options)).toThrow(
          expect.objectContaining({ code: 'ENOTSOCK' }),
        )
      }
      expect(() => fstatSync(file)).not.toThrow() // it is still the caller's
    })

    it('takes over the descriptor', () => {
      const before = descriptors().length
      const s = new socket.socket()
      const again = new socket.socket({ fileno: s.detach() })
      expect(descriptors().length).toBe(before + 1)
      again.close()
      expect(descriptors().length).toBe(before)
    })

    // Fault: each had a hidden class of its own, so that all code that met it was slow.
    it('makes objects that are alike for the compiler', async () => {
      setFlagsFromString('--allow-natives-syntax')
      const alike = new Function('a', 'b', 'return %HaveSameMap(a, b)')
      using first = socket.socket<number>(AF_INET)
      using second = new socket.socket<number>(AF_UNIX)
      using server = await socket.create_server(['127.0.0.1', 0])
      await first.connect(server.getsockname())
      using accepted = (await server.accept())[0]
      for (const other of [second, accepted, server]) {
        expect([alike(first, other), alike(first._h, other._h)]).toEqual([true, true])
      }
    })
  })

  describe('a subclass', () => {
    class Counted extends socket.socket<number> {
      sent = 0
      override sendall(data: socket.BytesLike): null {
        this.sent += data.byteLength
        return super.sendall(data)
      }
    }

    it('is a socket with more', async () => {
      using server = await socket.create_server(['127.0.0.1', 0])
      using s = new Counted(AF_INET, SOCK_STREAM)
      expect(s).toBeInstanceOf(Counted)
      expect(s).toBeInstanceOf(socket.socket)
      await s.connect(server.getsockname())
      await s.sendall(Buffer.from('hello'))
      using conn = (await server.accept())[0]
      expect((await conn.recv(10)).toString()).toBe('hello')
      expect(s.sent).toBe(5)
      expect(conn).not.toBeInstanceOf(Counted)
    })

    it('of no particular family is an AF_INET socket', () => {
      class Plain extends socket.socket {}
      using s = new Plain()
      expect(kind(s as socket.socket)).toEqual([AF_INET, SOCK_STREAM, 0])
    })

    it('stays one through dup, as in python', () => {
      using s = new Counted(AF_INET, SOCK_DGRAM)
      using copy: Counted = s.dup()
      expect(copy).toBeInstanceOf(Counted)
      expect([kind(copy), copy.sent]).toEqual([kind(s), 0])
    })
  })

  describe('repr', () => {
    /** What python prints of the same sockets, descriptors left out. */
    const program = `
import json, os, socket, sys, tempfile
folder, out = tempfile.mkdtemp(), []
def note(s): out.append(repr(s).replace('fd=%d' % s.fileno(), 'fd=N'))
def ports(text, s): return text.replace(str(s.getsockname()[1]), 'PORT')
for family, kind in ((socket.AF_INET, 1), (socket.AF_INET, 2), (socket.AF_INET6, 1), (socket.AF_UNIX, 1), (socket.AF_UNIX, 5)):
    s = socket.socket(family, kind); note(s); s.close(); note(s)
for name in (b'\\0plain', b'\\0\\'quoted\\'', b'\\0"\\'', b'\\0\\t\\n\\r\\\\', b'\\0\\x7f\\xff\\x01', b'\\0 '):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(name + b'${process.pid}'); note(s)
    s.connect(s.getsockname()); note(s); s.close()
a, b = socket.socketpair(); note(a); a.detach(); note(a)
print(json.dumps(out))`

    it('is that of python', async () => {
      const out: string[] = []
      const note = (s: socket.socket) => out.push(String(s).replace(`fd=${s.fileno()}`, 'fd=N'))
      for (const [family, type] of [
        [AF_INET, 1],
        [AF_INET, 2],
        [AF_INET6, 1],
        [AF_UNIX, 1],
        [AF_UNIX, 5],
      ]) {
        const s = new socket.socket<number>(family, type)
        note(s)
        s.close()
        note(s)
      }
      const seen = ask<string[]>(program)
      for (const name of ['plain', "'quoted'", `"'`, '\t\n\r\\', '\x7f\xff\x01', ' ']) {
        using s = new socket.socket<number>(AF_UNIX, SOCK_DGRAM)
        await s.bind(Buffer.from(`\0${name}${process.pid}`, 'latin1'))
        note(s)
        await s.connect(s.getsockname() as Buffer)
        note(s)
      }
      const [a, b] = socket.socketpair()
      note(a as socket.socket)
      socket.close(a.detach())
      note(a as socket.socket)
      b.close()
      expect(out).toEqual(seen)
    })

    it.each<[Place, (address: unknown) => string]>([
      [ipv4, (a) => `('127.0.0.1', ${(a as number[])[1]})`],
      [ipv6, (a) => `('::1', ${(a as number[])[1]}, 0, 0)`],
      [path, (a) => a as string],
    ])('has both addresses: $name', async (place, shown) => {
      using server = new socket.socket(place.family)
      await server.bind(place.address())
      server.listen()
      using s = new socket.socket(place.family)
      await s.connect(server.getsockname() as socket.Address)
      const local = s.getsockname()
      const laddr = local === '' ? '' : `, laddr=${shown(local)}`
      const parts = `fd=${s.fileno()}, family=${place.family}, type=1, proto=0`
      const expected = `<socket.socket ${parts}${laddr}, raddr=${shown(server.getsockname())}>`
      expect(String(s)).toBe(expected)
      expect(inspect(s)).toBe(expected)
      expect(inspect([s], { breakLength: Number.POSITIVE_INFINITY })).toBe(`[ ${expected} ]`)
      expect(`${s}`).toBe(expected)
    })
  })

  describe('the end', () => {
    it('close: once is enough, and the descriptor is -1', () => {
      const s = new socket.socket()
      const before = descriptors().length
      s.close()
      s.close()
      expect([s.fileno(), descriptors().length]).toEqual([-1, before - 1])
      expect(String(s)).toMatch(/^<socket.socket \[closed\] fd=-1, /)
      expect([...kind(s as socket.socket), s.timeout]).toEqual([AF_INET, SOCK_STREAM, 0, 10])
    })

    it('every other method then raises EBADF, and touches nobody else’s descriptor', async () => {
      const [s, other] = socket.socketpair()
      s.close()
      using stranger = new socket.socket() // has the number that s had
      const calls: [string, () => unknown][] = [
        ['bind', () => s.bind('x')],
        ['listen', () => s.listen()],
        ['accept', () => s.accept()],
        ['connect', () => s.connect('x')],
        ['send', () => s.send(Buffer.alloc(1))],
        ['sendall', () => s.sendall(Buffer.alloc(1))],
        ['sendto', () => s.sendto(Buffer.alloc(1), 'x')],
        ['recv', () => s.recv(1)],
        ['recvfrom', () => s.recvfrom(1)],
        ['recv_into', () => s.recv_into(Buffer.alloc(1))],
        ['recvfrom_into', () => s.recvfrom_into(Buffer.alloc(1))],
        ['shutdown', () => s.shutdown(socket.SHUT_RD)],
        ['dup', () => s.dup()],
        ['getsockname', () => s.getsockname()],
        ['getpeername', () => s.getpeername()],
        ['getsockopt', () => s.getsockopt(1, 1)],
        ['getsockopt', () => s.getsockopt(1, 1, 4)],
        ['setsockopt', () => s.setsockopt(1, 1, 1)],
        ['settimeout', () => s.settimeout(1)],
        ['setblocking', () => s.setblocking(false)],
        ['get_inheritable', () => s.get_inheritable()],
        ['set_inheritable', () => s.set_inheritable(true)],
      ]
      for (const [name, call] of calls) {
        await expect(async () => call(), name).rejects.toThrow(
          expect.objectContaining({ code: 'EBADF' }),
        )
      }
      expect([await s.connect_ex('x'), s.detach()]).toEqual([socket.EBADF, -1])
      expect(stranger.get_inheritable()).toBe(false)
      other.close()
    })

    it('using closes, also after an error', () => {
      let kept: socket.socket | undefined
      const block = () => {
        using s = new socket.socket()
        kept = s as socket.socket
        expect(s.fileno()).toBeGreaterThan(2)
        throw new Error('out')
      }
      expect(block).toThrow('out')
      expect(kept?.fileno()).toBe(-1)
    })

    it('detach gives the descriptor away, open', async () => {
      const [a, b] = socket.socketpair()
      onTestFinished(() => b.close())
      const fd = a.detach()
      expect([a.fileno(), a.detach()]).toEqual([-1, -1])
      a.close() // not the descriptor: that is no longer its own
      using again = new socket.socket({ fileno: fd })
      await b.send(Buffer.from('x'))
      expect((await again.recv(1)).toString()).toBe('x')
    })

    it('dup and fromfd leave the original alone', async () => {
      const [a, b] = socket.socketpair()
      using _b = b
      const copies = [a.dup(), socket.fromfd(a.fileno(), AF_UNIX, SOCK_STREAM)]
      a.settimeout(3)
      copies.push(a.dup())
      expect(copies.map((s) => s.timeout)).toEqual([10, 10, 3])
      expect(new Set([a, ...copies].map((s) => s.fileno())).size).toBe(4)
      a.close()
      for (const copy of copies) {
        await b.send(Buffer.from('x'))
        expect((await copy.recv(1)).toString()).toBe('x')
        copy.close()
      }
      await expect(async () => b.send(Buffer.from('x'))).rejects.toThrow(socket.BrokenPipeError)
    })
  })
})
