// A batch by itself: what goes in comes out, and what does not fit is refused.

import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it } from 'vitest'

const { Batch, ValueError } = socket
const x = Buffer.from('x')

/** Without its types, because what is passed here would not compile. */
type Call = (...args: unknown[]) => unknown
const make = (options: unknown) => new Batch(options as socket.BatchOptions)
const untyped = (batch: socket.Batch) => batch as unknown as Record<string, Call>

it('is the same class in both modules', () => {
  expect(promises.Batch).toBe(Batch)
})

it('keeps messages and gives them back', () => {
  const batch = new Batch({ messages: 3, size: 8, ancbufsize: 20 })
  expect(batch).toMatchObject({ messages: 3, size: 8, ancbufsize: 24, length: 0 })
  expect(batch.memory).toHaveLength(24)
  expect(batch.add(Buffer.from('one'))).toBe(0)
  expect(batch.add(Buffer.from('two'), ['127.0.0.1', 5], [[1, 2, x]])).toBe(1)
  expect(batch.add(new Uint16Array([0x6161, 0x6262]).buffer, '/path')).toBe(2)
  expect(batch).toHaveLength(3)
  expect([0, 1, 2].map((i) => batch.data(i).toString())).toEqual(['one', 'two', 'aabb'])
  expect([0, 1, 2].map((i) => batch.nbytes(i))).toEqual([3, 3, 4])
  expect([0, 1, 2].map((i) => batch.offset(i))).toEqual([0, 8, 16])
  expect([0, 1, 2].map((i) => batch.address(i))).toEqual([null, ['127.0.0.1', 5], '/path'])
  expect([0, 1, 2].map((i) => batch.ancdata(i))).toEqual([[], [[1, 2, x]], []])
  expect([0, 1, 2].map((i) => batch.flags(i))).toEqual([0, 0, 0])
  batch.set(0, Buffer.from('uno'))
  batch.set(1, 2)
  batch.set(2, x, null)
  expect([0, 1, 2].map((i) => batch.data(i).toString())).toEqual(['uno', 'tw', 'x'])
  expect([0, 1, 2].map((i) => batch.address(i))).toEqual([null, ['127.0.0.1', 5], null])
  expect(batch.ancdata(1)).toEqual([])
  batch.clear()
  expect(batch).toHaveLength(0)
  batch.set(0, 0n)
  expect(batch).toHaveLength(1)
})

it('uses the memory of the caller, also shared memory', () => {
  for (const buffer of [new ArrayBuffer(40), new SharedArrayBuffer(40)]) {
    const memory = new Uint8Array(buffer, 4, 32)
    const batch = new Batch({ messages: 4, size: 8, memory })
    batch.add(Buffer.from('abc'))
    batch.slot(1).write('defg')
    batch.add(4)
    expect(Buffer.from(memory).toString('latin1', 0, 12)).toBe('abc\0\0\0\0\0defg')
    memory[8] = 0x44
    expect(batch.data(1).toString()).toBe('Defg')
    expect(batch.slot(3)).toHaveLength(8)
  }
})

it('makes a new view only for a new length', () => {
  const batch = new Batch({ messages: 1, size: 8 })
  batch.add(x)
  const first = batch.data(0)
  batch.set(0, Buffer.from('y'))
  expect(batch.data(0)).toBe(first)
  expect(first.toString()).toBe('y')
  batch.set(0, 2)
  expect(batch.data(0)).toHaveLength(2)
})

describe('refuses', () => {
  const value: [string, () => unknown][] = [
    ['no messages', () => make({ messages: 0, size: 8 })],
    ['more than the kernel takes', () => make({ messages: 1025, size: 8 })],
    ['a negative size', () => make({ messages: 1, size: -1 })],
    ['more than 2 GiB', () => make({ messages: 1024, size: 2 ** 21 })],
    ['negative ancillary room', () => make({ messages: 1, size: 1, ancbufsize: -1 })],
    ['much ancillary room', () => make({ messages: 1, size: 1, ancbufsize: 2 ** 40 })],
    ['small memory', () => make({ messages: 2, size: 4, memory: new Uint8Array(7) })],
  ]
  it.each(value)('%s: ValueError', (_, call) => {
    expect(call).toThrow(ValueError)
  })

  const type: [string, () => unknown][] = [
    ['no options', () => make(undefined)],
    ['no size', () => make({ messages: 1 })],
    ['no number of messages', () => make({ size: 1 })],
    ['half a message', () => make({ messages: 1.5, size: 1 })],
    ['a string for memory', () => make({ messages: 1, size: 1, memory: 'x' })],
    ['an array for memory', () => make({ messages: 1, size: 1, memory: [1] })],
  ]
  it.each(type)('%s: TypeError', (_, call) => {
    expect(call).toThrow(TypeError)
  })

  it('indexes beyond the messages, in every method', () => {
    const batch = new Batch({ messages: 3, size: 8 })
    batch.add(x)
    for (const method of ['data', 'nbytes', 'offset', 'address', 'flags', 'ancdata', 'sent']) {
      for (const i of [-1, 1, 2 ** 31, 2 ** 53]) {
        expect(() => untyped(batch)[method](i), `${method} ${i}`).toThrow(ValueError)
      }
      for (const i of [undefined, null, '0', 0.5, Number.NaN, {}]) {
        expect(() => untyped(batch)[method](i), `${method} ${i}`).toThrow(TypeError)
      }
    }
    for (const i of [-1, 3]) expect(() => batch.slot(i)).toThrow(ValueError)
    for (const i of [-1, 2]) expect(() => batch.set(i, x)).toThrow(ValueError)
    expect(batch).toHaveLength(1)
  })

  it('data that is none or too long, and leaves the batch as it was', () => {
    const batch = new Batch({ messages: 2, size: 4, ancbufsize: socket.CMSG_SPACE(4) })
    batch.add(Buffer.from('abcd'), ['127.0.0.1', 1])
    for (const data of [Buffer.alloc(5), 5, -1]) {
      expect(() => batch.add(data)).toThrow(ValueError)
      expect(() => batch.set(0, data)).toThrow(ValueError)
    }
    for (const data of ['abc', null, undefined, {}, [1], 0.5]) {
      expect(() => untyped(batch).add(data)).toThrow(TypeError)
    }
    expect(() => batch.set(0, x, null, [[1, 1, Buffer.alloc(9)]])).toThrow(ValueError)
    expect(() => untyped(batch).add(x, null, 5)).toThrow(TypeError)
    expect(() => untyped(batch).add(x, null, [[1, 1]])).toThrow(TypeError)
    expect(batch).toHaveLength(1)
    expect(batch.data(0).toString()).toBe('abcd')
    expect(batch.address(0)).toEqual(['127.0.0.1', 1])
    batch.add(x)
    expect(() => batch.add(x)).toThrow('no message 2 in a batch of 2')
  })
})

it('none sent as the first batch of all are none (it was EINVAL)', () => {
  using s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  expect(s.sendmmsg([])).toBe(0)
  expect(s.sendmmsg(new Batch({ messages: 1, size: 1 }))).toBe(0)
})

describe('the arguments of sendmmsg and recvmmsg', () => {
  const m = (s: socket.socket) => s as unknown as Record<string, Call>
  const batch = new Batch({ messages: 1, size: 1 })
  batch.add(x)
  const rows: [string, unknown[], new () => Error][] = [
    ['sendmmsg', [], TypeError],
    ['sendmmsg', [null], TypeError],
    ['sendmmsg', [5], TypeError],
    ['sendmmsg', ['text'], TypeError],
    ['sendmmsg', [x], TypeError],
    ['sendmmsg', [['text']], TypeError],
    ['sendmmsg', [[[]]], TypeError],
    ['sendmmsg', [[[x, null, null, 0]]], TypeError],
    ['sendmmsg', [[[x, null, 5]]], TypeError],
    ['sendmmsg', [[[x, 5]]], TypeError],
    ['sendmmsg', [[[x, ['127.0.0.1', 65536]]]], socket.OverflowError],
    ['sendmmsg', [batch, '0'], TypeError],
    ['sendmmsg', [batch, 2 ** 31], socket.OverflowError],
    ['sendmmsg', [batch, 0, -1], ValueError],
    ['sendmmsg', [batch, 0, 2], ValueError],
    ['sendmmsg', [batch, 0, 0.5], TypeError],
    ['recvmmsg', [], TypeError],
    ['recvmmsg', [5], TypeError],
    ['recvmmsg', [[x]], TypeError],
    ['recvmmsg', [Buffer.alloc(8)], TypeError],
    ['recvmmsg', [batch, '0'], TypeError],
    ['recvmmsg', [batch, 2 ** 31], socket.OverflowError],
  ]
  it.each(rows)('%s(%j)', async (method, args, error) => {
    using s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    using a = new promises.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    expect(() => m(s)[method](...args)).toThrow(error)
    await expect(m(a as unknown as socket.socket)[method](...args)).rejects.toThrow(error)
  })

  it('memory that went away: ValueError', () => {
    const memory = new ArrayBuffer(8)
    const lost = new Batch({ messages: 1, size: 8, memory })
    lost.add(x)
    structuredClone(memory, { transfer: [memory] })
    using s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    expect(() => s.sendmmsg(lost)).toThrow(ValueError)
    expect(() => s.recvmmsg(lost)).toThrow(ValueError)
  })
})
