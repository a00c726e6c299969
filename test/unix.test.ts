// AF_UNIX's own: paths, abstract names, no names, SOCK_SEQPACKET.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { folder } from './peer.js'
import { abstract, abstractName, path, peer, read, written } from './places.js'
import { twins } from './twins.js'
import { ways } from './waiting.js'

socket.setdefaulttimeout(10)

const { AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket
const text = (words: string) => Buffer.from(words)

describe.each(twins)('%s', (_, socket) => {
  describe('abstract names', () => {
    const id = abstractName()
    const names: [string, Buffer][] = [
      ['short', abstractName()],
      ['with a NUL in the middle', Buffer.concat([id, text('\0middle')])],
      ['with NULs at the end', Buffer.concat([id, text('\0\0')])],
      ['not UTF-8', Buffer.concat([id, Buffer.from([0xff, 0xfe, 0x80, 10])])],
      ['of 108 bytes', Buffer.concat([id, Buffer.alloc(108 - id.length, 'x')])],
    ]

    it.each(names)('%s: python sees exactly these bytes', async (_, name) => {
      using server = new socket.socket(AF_UNIX, SOCK_STREAM)
      await server.bind(name)
      server.listen()
      expect(server.getsockname()).toEqual(name)
      const py = peer(
        `
name = given(sys.argv[1])
for other in (name[:-1], name + b'\\0'):
    s = socket.socket(socket.AF_UNIX)
    try: s.connect(other); print('connected to', other)
    except OSError: print('no', len(other) - len(name))
s = socket.socket(socket.AF_UNIX); s.connect(name); show(s.getpeername())
`,
        written(name),
      )
      using conn = (await server.accept())[0]
      expect([await py.line(), await py.line()]).toEqual(['no -1', 'no 1'])
      expect(read(await py.line())).toEqual(name)
      expect((await conn.recv(1)).length).toBe(0)
      await py.end()
    })

    it.each(names)('%s: these bytes find python', async (_, name) => {
      const py = peer(
        `
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(given(sys.argv[1]))
print('bound'); data, address = s.recvfrom(10); show(address)
`,
        written(name),
      )
      await py.line()
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      const from = Buffer.from(abstractName())
      await s.bind(from)
      await s.connect(name)
      expect(s.getpeername()).toEqual(name)
      await s.send(text('hi'))
      expect(read(await py.line())).toEqual(from)
      await py.end()
    })

    it('may be given as a string', async () => {
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      const name = abstractName('ü').toString()
      await s.bind(name)
      expect(s.getsockname()).toEqual(text(name))
    })

    it('may have 108 bytes and no more', async () => {
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      await expect(async () => s.bind(Buffer.alloc(109))).rejects.toThrow('AF_UNIX path too long')
    })
  })

  it("binds to a name of the kernel's choice", async () => {
    using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
    await s.bind('')
    const name = s.getsockname() as Buffer
    expect(name.toString('latin1')).toMatch(/^\0[0-9a-f]{5}$/)
    const py = peer(
      `
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b''); show(s.getsockname())
s.sendto(b'hi', given(sys.argv[1]))
`,
      written(name),
    )
    const from = read(await py.line())
    expect(await s.recvfrom(10)).toEqual([text('hi'), from])
    await py.end()
  })

  describe('paths', () => {
    it.each([
      ['text', text('größe 你好 ')],
      ['not UTF-8', Buffer.from([0x66, 0xff, 0x80, 0x27])],
      ['of 107 bytes', Buffer.alloc(107, 'x')],
    ])('%s', async (_, tail) => {
      const base = text(`${folder()}/`)
      const name = Buffer.concat([base, tail]).subarray(0, 107)
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      await s.bind(name)
      expect(existsSync(name)).toBe(true)
      const py = peer(
        `
import os
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(given(sys.argv[2])); show(os.fsencode(s.getsockname()))
s.connect(given(sys.argv[1])); show(os.fsencode(s.getpeername()))
s.send(b'hi')
`,
        written(name),
        written(Buffer.concat([text(folder()), text('/'), tail]).subarray(0, 107)),
      )
      const from = Buffer.from(JSON.parse(await py.line()), 'latin1')
      expect(Buffer.from(JSON.parse(await py.line()), 'latin1')).toEqual(name)
      const [data, address] = await s.recvfrom(10)
      expect(data.toString()).toBe('hi')
      // As text where it is text, else as bytes; either leads back.
      expect(Buffer.from(address as string)).toEqual(from)
      expect(typeof address === 'string').toBe(tail[1] !== 0xff)
      await py.end()
    })

    it('may have 107 bytes and no more', async () => {
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      const base = `${folder()}/`
      const tooLong = base.padEnd(108, 'x')
      await expect(async () => s.bind(tooLong)).rejects.toThrow('AF_UNIX path too long')
      expect(await s.connect_ex(base.padEnd(107, 'x'))).toBe(2) // ENOENT
      await expect(async () => s.connect_ex(tooLong)).rejects.toThrow('AF_UNIX path too long')
    })

    it('is not cut off at a NUL', async () => {
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      await expect(async () => s.bind(`${folder()}/a\0b`)).rejects.toThrow(socket.ValueError)
    })

    it('is taken while its file is there', async () => {
      const name = join(folder(), 's')
      using s = new socket.socket(AF_UNIX)
      await expect(async () => s.connect(name)).rejects.toThrow(socket.FileNotFoundError)
      await s.bind(name)
      s.close()
      using again = new socket.socket(AF_UNIX)
      await expect(async () => again.bind(name)).rejects.toThrow(
        expect.objectContaining({ code: 'EADDRINUSE' }),
      )
      await expect(async () => again.connect(name)).rejects.toThrow(socket.ConnectionRefusedError)
    })
  })

  it('tells senders without a name as python does', async () => {
    const py = peer(`
l = socket.socket(socket.AF_UNIX); l.bind(b''); l.listen(); show(l.getsockname())
c, address = l.accept(); show(address)
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); b.send(b'x'); show(a.recvfrom(1)[1])
show(a.getsockname()); show(a.getpeername())
`)
    using server = new socket.socket(AF_UNIX)
    await server.bind('')
    server.listen()
    using s = new socket.socket(AF_UNIX)
    await s.connect(server.getsockname())
    using conn = (await server.accept())[0]
    using theirs = new socket.socket(AF_UNIX)
    await theirs.connect(read(await py.line()) as socket.Unix)
    expect(conn.getpeername()).toBe(read(await py.line()))
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
    using _a = a
    using _b = b
    await b.send(text('x'))
    expect((await a.recvfrom(1))[1]).toBe(read(await py.line()))
    expect([a.getsockname(), a.getpeername()]).toEqual([
      read(await py.line()),
      read(await py.line()),
    ])
    await py.end()
  })

  describe.each([path, abstract])('SOCK_SEQPACKET over $name', (place) => {
    it.each(ways(socket))('keeps the bounds of messages, with %s', async (_, prepare) => {
      using server = new socket.socket(AF_UNIX, SOCK_SEQPACKET)
      await server.bind(place.address() as socket.Unix)
      server.listen()
      prepare(server)
      const py = peer(
        `
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(given(sys.argv[1]))
for data in (b'one', b'', b'three', b'cut off', b'last'): s.send(data)
s.shutdown(socket.SHUT_WR)
while True:
    data = s.recv(100); print(data)
    if data == b'end': break
s.close()
`,
        written(server.getsockname()),
      )
      using conn = (await server.accept())[0]
      prepare(conn)
      const received: string[] = []
      for (const size of [100, 100, 100, 3, 100, 100]) {
        received.push((await conn.recv(size)).toString())
      }
      expect(received).toEqual(['one', '', 'three', 'cut', 'last', ''])
      for (const words of ['a', 'bc', '', 'end']) await conn.send(text(words))
      const lines = [await py.line(), await py.line(), await py.line(), await py.line()]
      expect(lines).toEqual(["b'a'", "b'bc'", "b''", "b'end'"])
      await py.end()
    })

    it('connects to python', async () => {
      const py = peer(
        `
l = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
l.bind(given(sys.argv[1])); l.listen(); show(l.getsockname())
c, address = l.accept(); show(address)
print(c.recv(100)); print(c.recv(100)); c.sendall(b'bye')
`,
        written(place.address()),
      )
      const address = read(await py.line()) as socket.Unix
      using s = new socket.socket(AF_UNIX, SOCK_SEQPACKET)
      await s.connect(address)
      expect(s.getpeername()).toEqual(address)
      expect(s.getsockname()).toEqual(read(await py.line()))
      await s.sendall(text('1'))
      await s.sendall(Buffer.alloc(200, '2'))
      expect([await py.line(), await py.line()]).toEqual(["b'1'", `b'${'2'.repeat(100)}'`])
      expect((await s.recv(100)).toString()).toBe('bye')
      expect((await s.recv(100)).length).toBe(0)
      await py.end()
    })
  })
})
