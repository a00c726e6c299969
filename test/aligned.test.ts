// Where memory begins: large receives into memory that begins a cache line are faster.

import * as socket from 'bsd-socket'
import { EINVAL } from 'bsd-socket/errno'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { native } from '#lib/native'
import { twins } from './twins.js'

const { AF_UNIX, MSG_WAITALL, SOCK_DGRAM, SOCK_STREAM, aligned_alloc } = socket

describe('aligned_alloc', () => {
  it('gives new memory of that size that begins there', () => {
    const exponents = fc.integer({ min: 0, max: 16 })
    void fc.assert(
      fc.property(exponents, fc.nat(100_000), (exponent, size) => {
        const memory = aligned_alloc(2 ** exponent, size)
        expect(memory).toBeInstanceOf(Buffer)
        expect(memory).toHaveLength(size)
        expect(memory.every((byte) => byte === 0)).toBe(true)
        expect(native.misalignment(memory, 2 ** exponent)).toBe(0)
        memory.fill(1) // what is made next is 0 all the same
      }),
    )
  })

  it.each([0, -1, 3, 96, 2 ** 31, 2 ** 32, 2 ** 32 + 64])('no alignment: %d', (alignment) => {
    expect(() => aligned_alloc(alignment, 1)).toThrow(socket.ValueError)
  })

  it('takes integers alone', () => {
    expect(aligned_alloc(true, 1n)).toEqual(Buffer.alloc(1))
    for (const bad of ['64', 1.5, null, undefined] as unknown as number[]) {
      expect(() => aligned_alloc(bad, 1)).toThrow(TypeError)
      expect(() => aligned_alloc(64, bad)).toThrow(TypeError)
    }
    expect(() => aligned_alloc(64, -1)).toThrow(socket.ValueError)
    expect(() => aligned_alloc(64, 2 ** 50)).toThrow(RangeError)
  })

  it('the native half counts from the address', () => {
    const memory = aligned_alloc(4096, 8192)
    for (const at of [0, 1, 63, 64, 4095, 4096]) {
      expect(native.misalignment(memory.subarray(at), 4096)).toBe(at % 4096)
    }
    expect(native.misalignment(memory, 0)).toBe(-EINVAL)
    expect(native.misalignment(memory, -64)).toBe(-EINVAL)
  })
})

describe.each(twins)('%s', (_, socket) => {
  it.each([
    ['recv that fills the slab', SOCK_DGRAM, 65_536, 40_000, 0],
    ['larger recv', SOCK_DGRAM, 100_000, 60_000, 0],
    ['recv with MSG_WAITALL', SOCK_STREAM, 60_000, 60_000, MSG_WAITALL],
  ])('a %s begins a cache line', async (_, type, size, length, flags) => {
    const [a, b] = socket.socketpair(AF_UNIX, type)
    using _a = a
    using _b = b
    const data = Buffer.alloc(length, 'x')
    for (let i = 0; i < 3; i++) {
      await a.sendall(data)
      const got = await b.recv(size, flags)
      expect(got.equals(data)).toBe(true)
      expect(native.misalignment(got, 64)).toBe(0)
    }
  })

  it('so does the memory of a batch', () => {
    const { memory } = new socket.Batch({ messages: 8, size: 9000 })
    expect(memory).toHaveLength(72_000)
    expect(native.misalignment(memory, 64)).toBe(0)
  })
})
