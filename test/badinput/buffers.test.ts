// Memory that JavaScript can take away, shrink or share.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { native } from '#lib/native'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)

/** @types/node 20 lacks resizable buffers, which Node 20 has. */
interface Resizable extends ArrayBuffer {
  resize(size: number): void
}
const resizable = (size: number, most: number): Resizable =>
  new (ArrayBuffer as unknown as new (size: number, options: object) => Resizable)(size, {
    maxByteLength: most,
  })

function detached(): ArrayBuffer {
  const memory = new ArrayBuffer(8)
  structuredClone(memory, { transfer: [memory] })
  return memory
}

function detachedView<View>(make: (memory: ArrayBuffer) => View): View {
  const memory = new ArrayBuffer(8)
  const view = make(memory)
  structuredClone(memory, { transfer: [memory] })
  return view
}

const gone: [name: string, make: () => socket.BytesLike][] = [
  ['ArrayBuffer', detached],
  ['Uint8Array', () => detachedView((memory) => new Uint8Array(memory))],
  ['Float64Array', () => detachedView((memory) => new Float64Array(memory))],
  ['DataView', () => detachedView((memory) => new DataView(memory))],
  ['Buffer', () => detachedView((memory) => Buffer.from(memory, 2, 4))],
]

describe.each(twins)('%s', (_, socket) => {
  for (const [name, make] of gone) {
    it(`a detached ${name} is a ValueError, and nothing is sent or taken`, async () => {
      const [a, b] = socket.socketpair()
      using _a = a
      using _b = b
      await a.send(Buffer.from('kept'))
      for (const call of [
        () => a.send(make()),
        () => a.sendall(make()),
        () => a.sendto(make(), ''),
        () => b.recv_into(make()),
        () => b.recvfrom_into(make()),
        () => a.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, make()),
      ]) {
        await expect(async () => call()).rejects.toThrow(socket.ValueError)
      }
      expect((await b.recv(100)).toString()).toBe('kept')
    })
  }

  it('a view that hangs over the end of a shrunk buffer is a ValueError', async () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    const memory = resizable(16, 16)
    const view = new Uint8Array(memory, 8, 8)
    const data = new DataView(memory, 8, 8)
    memory.resize(10)
    await expect(async () => a.send(view)).rejects.toThrow(socket.ValueError)
    await expect(async () => a.send(data)).rejects.toThrow(socket.ValueError)
    await a.send(Buffer.from('kept'))
    await expect(async () => b.recv_into(view)).rejects.toThrow(socket.ValueError)
    expect((await b.recv(100)).toString()).toBe('kept')
  })

  it('a view that follows its buffer has the length of the moment', async () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    const memory = resizable(4, 16)
    const view = new Uint8Array(memory)
    memory.resize(8)
    expect(await a.send(view)).toBe(8)
    memory.resize(2)
    expect(await a.send(view)).toBe(2)
    expect(await b.recv_into(memory)).toBe(2)
  })

  it('empty memory sends nothing and receives nothing', async () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    for (const empty of [
      Buffer.alloc(0),
      new ArrayBuffer(0),
      new DataView(new ArrayBuffer(4), 4),
    ]) {
      expect(await a.send(empty)).toBe(0)
      expect(await a.sendall(empty)).toBe(null)
      expect(await b.recv_into(empty)).toBe(0)
    }
    b.setblocking(false)
    await expect(async () => b.recv(1)).rejects.toThrow(socket.BlockingIOError)
  })

  it('a part of a buffer is a part: no byte beside it is sent or written', async () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    const memory = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])
    await a.sendall(new DataView(memory.buffer, 2, 3))
    await a.sendall(new Uint16Array(memory.buffer, 6, 1))
    expect([...(await b.recv(100))]).toEqual([3, 4, 5, 7, 8])
    await a.sendall(Buffer.alloc(8, 0xff))
    expect(await b.recv_into(memory.subarray(2, 4))).toBe(2)
    expect([...memory]).toEqual([1, 2, 0xff, 0xff, 5, 6, 7, 8])
  })

  it('shared memory is memory', async () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    const shared = new SharedArrayBuffer(4)
    await a.sendall(Buffer.from('abcd'))
    expect(await b.recv_into(shared)).toBe(4)
    await a.sendall(shared)
    expect((await b.recv(4)).toString()).toBe('abcd')
  })

  // The second lock: C++ checks again what TypeScript has checked.
  it('native code touches no memory outside the buffer it was given', async () => {
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    const view = detachedView((memory) => new Uint8Array(memory))
    for (const [memory, offset, length] of [
      [view, 0, 8],
      [new Uint8Array(8), 1, 8],
      [new Uint8Array(8), -1, 8],
      [new Uint8Array(8), 9, 0],
      [new Uint8Array(8), 0, -1],
      [new Uint8Array(8), 2 ** 53, 2 ** 53],
    ] as const) {
      expect(() => native.send(a.fileno(), memory, offset, length, 0)).toThrow(RangeError)
      expect(() => native.recv(b.fileno(), memory, offset, length, 0)).toThrow(RangeError)
    }
    expect(() => native.send(a.fileno(), 'text' as unknown as Uint8Array, 0, 4, 0)).toThrow(
      TypeError,
    )
    expect(() => native.bind(a.fileno(), 2 ** 20)).toThrow(RangeError)
    b.setblocking(false)
    await expect(async () => b.recv(1)).rejects.toThrow(socket.BlockingIOError)
  })
})
