// The recv family: flags, memory of every kind, sizes.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { ask } from './peer.js'
import { peer } from './places.js'
import { timeval } from './waiting.js'

socket.setdefaulttimeout(10)

const { AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket
const { MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL } = socket

const text = (words: string) => Buffer.from(words)

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
    expect(s.recv(2, MSG_PEEK).toString()).toBe('he')
    expect(s.recv(10, MSG_PEEK).toString()).toBe('hello')
    expect(s.recvfrom(10, MSG_PEEK)).toEqual([text('hello'), null])
    expect(s.recv(10).toString()).toBe('hello')
    expect(s.recv(10, MSG_PEEK)).toEqual(Buffer.alloc(0))
  })

  it('MSG_WAITALL waits for every byte, or the end', async () => {
    using s = await sender('ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'mn')
    s.settimeout(null)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval(10))
    expect(s.recv(5, MSG_WAITALL).toString()).toBe('abcde')
    expect(s.recvfrom(4, MSG_WAITALL)).toEqual([text('fghi'), null])
    const into = Buffer.alloc(8, '.')
    expect(s.recv_into(into, 3, MSG_WAITALL)).toBe(3)
    expect(into.toString()).toBe('jkl.....')
    expect(s.recvfrom_into(into, 8, MSG_WAITALL)).toEqual([2, null])
    expect(into.toString()).toBe('mnl.....')
  })

  it('MSG_DONTWAIT raises at once on a blocking socket', () => {
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
      expect(call).toThrow(socket.BlockingIOError)
    }
    b.send(text('x'))
    expect(a.recv(10, MSG_DONTWAIT).toString()).toBe('x')
  })

  it('MSG_DONTWAIT sends what there is room for', () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    a.settimeout(null)
    let sent = 0
    const fill = () => {
      for (;;) sent += a.send(Buffer.alloc(10_000), MSG_DONTWAIT)
    }
    expect(fill).toThrow(expect.objectContaining({ code: 'EAGAIN' }))
    expect(sent).toBeGreaterThan(0)
    expect(() => a.sendall(Buffer.alloc(1e6), MSG_DONTWAIT)).toThrow(socket.BlockingIOError)
  })

  it('MSG_TRUNC tells the true size of a datagram', () => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
    using _a = a
    using _b = b
    const into = Buffer.alloc(4)
    for (let i = 0; i < 3; i++) b.send(text('0123456789'))
    expect(a.recv_into(into, 0, MSG_TRUNC)).toBe(10)
    expect(into.toString()).toBe('0123')
    expect(a.recv(4, MSG_TRUNC).toString()).toBe('0123') // cannot show more than it asked for
    expect(a.recvfrom(4, MSG_TRUNC)[0].toString()).toBe('0123')
  })

  it('MSG_TRUNC on TCP drops the data and shows no old memory', async () => {
    const secret = text('secret'.repeat(200))
    using s = await sender(secret.toString(), secret.toString(), 'after')
    const seen = s.recv(1200, MSG_WAITALL)
    expect(seen).toEqual(secret)
    // The kernel counts the bytes and stores none.
    const dropped = s.recv(1200, MSG_TRUNC)
    expect(dropped.length).toBeGreaterThan(0)
    expect(dropped.every((byte) => byte === 0)).toBe(true)
    const [more] = s.recvfrom(1200, MSG_TRUNC)
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

  it.each(kinds)('%s is filled and sent', (_, make) => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_SEQPACKET)
    using _a = a
    using _b = b
    const memory = make(16)
    b.send(text('0123456789abcdef'))
    expect(a.recv_into(memory)).toBe(16)
    expect(shown(memory)).toBe('0123456789abcdef')
    expect(a.send(memory)).toBe(16)
    expect(b.recv(100).toString()).toBe('0123456789abcdef')
    b.send(text('ABC'))
    expect(a.recvfrom_into(memory, 2)).toEqual([2, null])
    expect(shown(memory)).toBe('AB23456789abcdef')
    a.sendall(memory)
    expect(b.recv(100).toString()).toBe('AB23456789abcdef')
  })

  it('a part of a buffer is a subarray', () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    const memory = Buffer.alloc(10, '.')
    b.sendall(text('12345'))
    expect(a.recv_into(memory.subarray(2, 5))).toBe(3)
    expect(a.recv_into(new Uint16Array(memory.buffer, memory.byteOffset + 6, 1))).toBe(2)
    expect(memory.toString()).toBe('..123.45..')
    b.send(memory.subarray(2, 8))
    expect(a.recv(10).toString()).toBe('123.45')
  })

  it.each([1, 64, 32_767, 32_768, 65_536, 65_537, 1_000_000])('recv(%i)', (size) => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_SEQPACKET)
    using _a = a
    using _b = b
    const sent = [
      text('first'),
      Buffer.alloc(60_000, 'x'),
      text('third'),
      Buffer.alloc(40_000, 'y'),
    ]
    for (const packet of sent) b.send(packet)
    // What was received stays as it was when more arrives.
    const received = sent.map(() => a.recv(size))
    const same = received.map((packet, i) => packet.equals(sent[i].subarray(0, size)))
    expect(same).toEqual([true, true, true, true])
  })

  it('a string is no buffer', () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    for (const call of [a.send, a.sendall, a.recv_into, a.recvfrom_into]) {
      expect(() => Reflect.apply(call, a, ['text'])).toThrow(TypeError)
    }
  })
})

it('asks for no bytes as python does', () => {
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
  for (const word of ['one', 'two']) b.send(text(word))
  const out: unknown[] = [a.recv(0).length, a.recv_into(Buffer.alloc(0))]
  out.push(a.recvfrom(0)[0].length, a.recv(9).toString())
  a.close()
  expect([...out, a.recv(0).length]).toEqual(seen)
})

it('refuses sizes as python does', () => {
  const [a, b] = socket.socketpair(AF_UNIX, SOCK_STREAM)
  using _a = a
  using _b = b
  expect(() => a.recv(-1)).toThrow(socket.ValueError)
  expect(() => a.recv_into(Buffer.alloc(2), 3)).toThrow(socket.ValueError)
  expect(() => a.recv_into(Buffer.alloc(2), -1)).toThrow(socket.ValueError)
  expect(() => a.recvfrom_into(Buffer.alloc(2), 3)).toThrow(socket.ValueError)
})
