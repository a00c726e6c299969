// The native functions under tables that no batch would make: they touch no
// memory that they were not given.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import { EINVAL } from 'bsd-socket/errno'
import { describe, expect, it, onTestFinished } from 'vitest'
import { native } from '#lib/native'

const [STORAGE, ROW] = [128, 7]
const { MSG_DONTWAIT } = socket

function pair(): [from: number, to: number] {
  const [a, b] = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
  for (const s of [a, b]) {
    s.settimeout(0)
    onTestFinished(() => void s.close())
  }
  return [a.fileno(), b.fileno()]
}

const bytes = (rows: readonly number[]) => new Uint8Array(Int32Array.from(rows).buffer)
const MAX = 2 ** 31 - 1
const MIN = -(2 ** 31)

describe('a row that leads outside: EINVAL', () => {
  const rows: Record<string, number[]> = {
    'an offset beyond the memory': [17, 0, 0, 0, 0, 0, 0],
    'a negative offset': [-1, 1, 1, 0, 0, 0, 0],
    'room beyond the memory': [8, 9, 9, 0, 0, 0, 0],
    'an offset and room that overflow': [MAX, MAX, 1, 0, 0, 0, 0],
    'negative room': [0, -1, 0, 0, 0, 0, 0],
    'the least number': [MIN, MIN, 0, 0, 0, 0, 0],
  }
  it.each(Object.entries(rows))('%s', (_, row) => {
    const [from, to] = pair()
    const args = [new Uint8Array(16), new Uint8Array(STORAGE), null, 0] as const
    expect(native.sendmmsg(from, ...args, bytes(row), 0, 1, 0)).toBe(-EINVAL)
    expect(native.recvmmsg(to, ...args, bytes(row), 0, 1, 0)).toBe(-EINVAL)
    const two = bytes([0, 1, 1, 0, 0, 0, 0, ...row])
    const rooms = [new Uint8Array(16), new Uint8Array(2 * STORAGE), null, 0] as const
    expect(native.sendmmsg(from, ...rooms, two, 0, 2, 0)).toBe(-EINVAL)
    expect(native.recvmmsg(to, ...rooms, two, 0, 2, MSG_DONTWAIT)).toBe(-EINVAL)
    expect(native.sendmmsg(from, ...rooms, two, 0, 1, 0)).toBe(1)
  })

  const sent: Record<string, number[]> = {
    'a negative length': [0, 8, -1, 0, 0, 0, 0],
    'a long address': [0, 8, 8, STORAGE + 1, 0, 0, 0],
    'a negative address': [0, 8, 8, -1, 0, 0, 0],
    'long control messages': [0, 8, 8, 0, 25, 0, 0],
    'negative control messages': [0, 8, 8, 0, MIN, 0, 0],
  }
  it.each(Object.entries(sent))('sending %s', (_, row) => {
    const [from] = pair()
    const args = [new Uint8Array(16), new Uint8Array(STORAGE), new Uint8Array(24), 24] as const
    expect(native.sendmmsg(from, ...args, bytes(row), 0, 1, 0)).toBe(-EINVAL)
  })
})

describe('numbers that lie outside the memory: RangeError', () => {
  const good = {
    memory: new Uint8Array(16),
    addresses: new Uint8Array(2 * STORAGE),
    control: new Uint8Array(32) as Uint8Array | null,
    room: 16,
    table: bytes([0, 8, 8, 0, 0, 0, 0, 8, 8, 8, 0, 0, 0, 0]),
    first: 0,
    count: 2,
  }
  const odd = new Uint8Array(new ArrayBuffer(64), 1, 60)
  const rows: Record<string, Partial<typeof good>> = {
    'a negative first': { first: -1 },
    'a first beyond the table': { first: 2, count: 1 },
    'a negative count': { count: -1 },
    'a count beyond the table': { count: 3 },
    'a first and a count that overflow': { first: MAX, count: MAX },
    'few addresses': { addresses: new Uint8Array(2 * STORAGE - 1) },
    'little control': { control: new Uint8Array(31) },
    'no control': { control: null },
    'negative room': { room: -1 },
    'much room': { room: MAX },
    'a short table': { table: bytes([0, 8, 8, 0, 0, 0, 0, 8, 8, 8, 0, 0, 0]) },
    'a table on an odd address': { table: odd },
  }
  it.each(Object.entries(rows))('%s', (_, change) => {
    const [from, to] = pair()
    const { memory, addresses, control, room, table, first, count } = { ...good, ...change }
    const args = [memory, addresses, control, room, table, first, count, 0] as const
    expect(() => native.sendmmsg(from, ...args)).toThrow(RangeError)
    expect(() => native.recvmmsg(to, ...args)).toThrow(RangeError)
  })

  it('which the rows themselves are not', () => {
    const [from, to] = pair()
    const { memory, addresses, control, room, table } = good
    expect(native.sendmmsg(from, memory, addresses, control, room, table, 0, 2, 0)).toBe(2)
    expect(native.recvmmsg(to, memory, addresses, control, room, table, 1, 1, 0)).toBe(1)
  })
})

it('the kernel’s limit is ours', () => {
  const [from, to] = pair()
  const count = 2000
  const args = [new Uint8Array(1), new Uint8Array(count * STORAGE), null, 0] as const
  const table = bytes(Array(count * ROW).fill(0))
  const sent = native.sendmmsg(from, ...args, table, 0, count, 0)
  expect(sent).toBeGreaterThan(0)
  expect(native.recvmmsg(to, ...args, table, 0, count, 0)).toBe(sent)
})

it('a table that another thread changes all the time', async () => {
  const [from, to] = pair()
  const shared = new SharedArrayBuffer(4 * ROW * 4)
  const table = new Uint8Array(shared)
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
     const cells = new Int32Array(workerData)
     const values = [0, 8, 0, 16, 0, 32, -1, 0, 64, 0, 2 ** 31 - 1, 0, 4096]
     for (let i = 0; ; i++) cells[i % cells.length] = values[i % values.length]`,
    { eval: true, workerData: shared },
  )
  onTestFinished(() => void worker.terminate())
  const all = new Uint8Array(3 * 64).fill(0xaa)
  const memory = all.subarray(64, 128)
  const addresses = new Uint8Array(4 * STORAGE)
  const control = new Uint8Array(4 * 32)
  const results = new Set<number>()
  const message = new Uint8Array(64).fill(1)
  await once(worker, 'online')
  const end = performance.now() + 300
  for (let i = 0; performance.now() < end; i++) {
    const count = 1 + (i % 4)
    native.send(from, message, 0, 64, MSG_DONTWAIT)
    results.add(
      native.sendmmsg(from, memory, addresses, control, 32, table, 0, count, MSG_DONTWAIT),
    )
    results.add(native.recvmmsg(to, memory, addresses, control, 32, table, 0, count, MSG_DONTWAIT))
  }
  expect([...results]).toContain(-EINVAL)
  expect(Math.max(...results)).toBeGreaterThan(0)
  const outside = [...all.subarray(0, 64), ...all.subarray(128)]
  expect(outside.every((byte) => byte === 0xaa)).toBe(true)
})
