// The recv family: flags, memory of every kind, sizes.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { ask } from './peer.js'
import { peer } from './places.js'
import { twins } from './twins.js'
import { timeval } from './waiting.js'

socket.setdefaulttimeout(10)

const { AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket
const { MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL } = socket

const text = (words: string) => Buffer.from(words)

describe.each(twins)('%s', (_, socket) => {
  /** A python server that sends `parts` one by one, 50 ms apart, then ends. */
  async function sender(...parts: string[]): Promise<socket.socket> {
    const py = peer(
      `
import time
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
c, _ = l.accept()
for part in sys.argv[1:]: c.sendall(part.encode()); time.sleep(0.05)
`,
      ...parts,
    )
    return socket.create_connection(['127.0.0.1', Number(await py.line())])
  }

  describe('flags', () => {
    it('MSG_PEEK leaves the data where it is', async () => {
      using s = await sender('hello')
      expect((await s.recv(2, MSG_PEEK)).toString()).toBe('he')
      expect((await s.recv(10, MSG_PEEK)).toString()).toBe('hello')
      expect(await s.recvfrom(10, MSG_PEEK)).toEqual([text('hello'), null])
      expect((await s.recv(10)).toString()).toBe('hello')
      expect(await s.recv(10, MSG_PEEK)).toEqual(Buffer.alloc(0))
    })

    it('MSG_WAITALL waits for every byte, or the end', async () => {
      using s = await sender('ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'mn')
      s.settimeout(null)
      s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval(10))
      expect((await s.recv(5, MSG_WAITALL)).toString()).toBe('abcde')
      expect(await s.recvfrom(4, MSG_WAITALL)).toEqual([text('fghi'), null])
      const into = Buffer.alloc(8, '.')
      expect(await s.recv_into(into, 3, MSG_WAITALL)).toBe(3)
      expect(into.toString()).toBe('jkl.....')
      expect(await s.recvfrom_into(into, 8, MSG_WAITALL)).toEqual([2, null])
      expect(into.toString()).toBe('mnl.....')
    })

    it('MSG_WAITALL gathers megabytes', async () => {
      const py = peer(`
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
c, _ = l.accept(); c.sendall(bytes(range(250)) * 12000 + b'end')
`)
      using s = await socket.create_connection(['127.0.0.1', Number(await py.line())], null)
      s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval(10))
      const data = await s.recv(3_000_000, MSG_WAITALL)
      const sent = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 250)
      expect(data.equals(sent)).toBe(true)
      expect((await s.recv(10, MSG_WAITALL)).toString()).toBe('end')
    })

    it('MSG_WAITALL leaves an error after the first bytes to the next call', async () => {
      const py = peer(`
import struct, time
l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])
c, _ = l.accept(); c.sendall(b'ab'); time.sleep(0.1)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
c.close()
`)
      using s = await socket.create_connection(['127.0.0.1', Number(await py.line())], null)
      s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval(10))
      expect((await s.recv(10, MSG_WAITALL)).toString()).toBe('ab')
      await expect(async () => s.recv(10)).rejects.toThrow(socket.ConnectionResetError)
    })

    it('MSG_WAITALL has no force with a timeout, as in python', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      await b.sendall(text('ab'))
      expect((await a.recv(10, MSG_WAITALL)).toString()).toBe('ab')
    })

    it('MSG_DONTWAIT raises at once on a blocking socket', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      a.settimeout(null)
      for (const call of [
        () => a.recv(1, MSG_DONTWAIT),
        () => a.recvfrom(1, MSG_DONTWAIT),
        () => a.recv_into(Buffer.alloc(1), 1, MSG_DONTWAIT),
        () => a.recvfrom_into(Buffer.alloc(1), 1, MSG_DONTWAIT),
      ]) {
        await expect(async () => call()).rejects.toThrow(socket.BlockingIOError)
      }
      await b.send(text('x'))
      expect((await a.recv(10, MSG_DONTWAIT)).toString()).toBe('x')
    })

    it('MSG_DONTWAIT sends what there is room for', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      a.settimeout(null)
      let sent = 0
      const fill = async () => {
        for (;;) sent += await a.send(Buffer.alloc(10_000), MSG_DONTWAIT)
      }
      await expect(fill).rejects.toThrow(expect.objectContaining({ code: 'EAGAIN' }))
      expect(sent).toBeGreaterThan(0)
      await expect(async () => a.sendall(Buffer.alloc(1e6), MSG_DONTWAIT)).rejects.toThrow(
        socket.BlockingIOError,
      )
    })

    it('MSG_TRUNC tells the true size of a datagram', async () => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
      using _a = a
      using _b = b
      const into = Buffer.alloc(4)
      for (let i = 0; i < 3; i++) await b.send(text('0123456789'))
      expect(await a.recv_into(into, 0, MSG_TRUNC)).toBe(10)
      expect(into.toString()).toBe('0123')
      expect((await a.recv(4, MSG_TRUNC)).toString()).toBe('0123') // cannot show more than it asked for
      expect((await a.recvfrom(4, MSG_TRUNC))[0].toString()).toBe('0123')
    })

    it('MSG_TRUNC on TCP drops the data and shows no old memory', async () => {
      const secret = text('secret'.repeat(200))
      using s = await sender(secret.toString(), secret.toString(), 'after')
      const seen = await s.recv(1200, MSG_WAITALL)
      expect(seen).toEqual(secret)
      // The kernel counts the bytes and stores none.
      const dropped = await s.recv(1200, MSG_TRUNC)
      expect(dropped.length).toBeGreaterThan(0)
      expect(dropped.every((byte) => byte === 0)).toBe(true)
      const [more] = await s.recvfrom(1200, MSG_TRUNC)
      expect(more.every((byte) => byte === 0)).toBe(true)
    })
  })

  describe('memory', () => {
    const kinds: [name: string, make: (size: number) => socket.BytesLike][] = [
      ['Buffer', (n) => Buffer.alloc(n)],
      ['Uint8Array', (n) => new Uint8Array(n)],
      ['Int8Array', (n) => new Int8Array(n)],
      ['Uint16Array', (n) => new Uint16Array(n / 2)],
      ['Float64Array', (n) => new Float64Array(n / 8)],
      ['BigInt64Array', (n) => new BigInt64Array(n / 8)],
      ['DataView', (n) => new DataView(new ArrayBuffer(n))],
      ['ArrayBuffer', (n) => new ArrayBuffer(n)],
      ['SharedArrayBuffer', (n) => new SharedArrayBuffer(n)],
      ['a view of a SharedArrayBuffer', (n) => new Uint8Array(new SharedArrayBuffer(n))],
    ]
    const shown = (memory: socket.BytesLike) =>
      ArrayBuffer.isView(memory)
        ? Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength).toString('latin1')
        : Buffer.from(memory).toString('latin1')

    it.each(kinds)('%s is filled and sent', async (_, make) => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_SEQPACKET)
      using _a = a
      using _b = b
      const memory = make(16)
      await b.send(text('0123456789abcdef'))
      expect(await a.recv_into(memory)).toBe(16)
      expect(shown(memory)).toBe('0123456789abcdef')
      expect(await a.send(memory)).toBe(16)
      expect((await b.recv(100)).toString()).toBe('0123456789abcdef')
      await b.send(text('ABC'))
      expect(await a.recvfrom_into(memory, 2)).toEqual([2, null])
      expect(shown(memory)).toBe('AB23456789abcdef')
      await a.sendall(memory)
      expect((await b.recv(100)).toString()).toBe('AB23456789abcdef')
    })

    // It is shared with what was received before and after: that receive failed, and all to come.
    it('may be transferred away from something received', async () => {
      using s = await sender('one', 'two')
      const one = await s.recv(3)
      structuredClone(one.buffer, { transfer: [one.buffer as ArrayBuffer] })
      expect((await s.recv(3)).toString()).toBe('two')
    })

    it('a part of a buffer is a subarray', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      const memory = Buffer.alloc(10, '.')
      await b.sendall(text('12345'))
      expect(await a.recv_into(memory.subarray(2, 5))).toBe(3)
      expect(await a.recv_into(new Uint16Array(memory.buffer, memory.byteOffset + 6, 1))).toBe(2)
      expect(memory.toString()).toBe('..123.45..')
      await b.send(memory.subarray(2, 8))
      expect((await a.recv(10)).toString()).toBe('123.45')
    })

    it.each([1, 64, 32_767, 32_768, 65_536, 65_537, 1_000_000])('recv(%i)', async (size) => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_SEQPACKET)
      using _a = a
      using _b = b
      const sent = [
        text('first'),
        Buffer.alloc(60_000, 'x'),
        text('third'),
        Buffer.alloc(40_000, 'y'),
      ]
      for (const packet of sent) await b.send(packet)
      // What was received stays as it was when more arrives.
      const received = await Promise.all(sent.map(() => a.recv(size)))
      const same = received.map((packet, i) => packet.equals(sent[i].subarray(0, size)))
      expect(same).toEqual([true, true, true, true])
    })

    it('a string is no buffer', async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      for (const call of [a.send, a.sendall, a.recv_into, a.recvfrom_into]) {
        await expect(async () => Reflect.apply(call, a, ['text'])).rejects.toThrow(TypeError)
      }
    })
  })

  it('asks for no bytes as python does', async () => {
    // recv of nothing is no call, so a datagram stays; recvfrom of nothing takes it.
    const seen = ask(`
import json, socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.settimeout(0.01); b.send(b'one'); b.send(b'two')
out = [len(a.recv(0)), a.recv_into(bytearray()), len(a.recvfrom(0)[0]), a.recv(9).decode()]
a.close()
print(json.dumps(out + [len(a.recv(0))]))`)
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
    using _b = b
    for (const word of ['one', 'two']) await b.send(text(word))
    const out: unknown[] = [(await a.recv(0)).length, await a.recv_into(Buffer.alloc(0))]
    out.push((await a.recvfrom(0))[0].length, (await a.recv(9)).toString())
    a.close()
    expect([...out, (await a.recv(0)).length]).toEqual(seen)
  })

  it('refuses sizes as python does', async () => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_STREAM)
    using _a = a
    using _b = b
    await expect(async () => a.recv(-1)).rejects.toThrow(socket.ValueError)
    await expect(async () => a.recv_into(Buffer.alloc(2), 3)).rejects.toThrow(socket.ValueError)
    await expect(async () => a.recv_into(Buffer.alloc(2), -1)).rejects.toThrow(socket.ValueError)
    await expect(async () => a.recvfrom_into(Buffer.alloc(2), 3)).rejects.toThrow(socket.ValueError)
  })
})
