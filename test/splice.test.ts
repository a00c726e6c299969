// pipe(), splice() and relay(), both twins: bytes that never come into this process.

import { closeSync, constants, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errnos, native } from '#lib/native'
import { descriptors, folder, python } from './peer.js'

socket.setdefaulttimeout(10)

/** A pipe that is closed with the test. */
function pipe(flags?: number): [r: number, w: number] {
  const ends = socket.pipe(flags)
  onTestFinished(() => ends.forEach(closeSync))
  return ends
}

function closeAll(sockets: readonly { close(): void }[]): void {
  for (const s of sockets) s.close()
}

/** Two sockets that are closed with the test. */
function pair(timeout: number | null = 10) {
  const sockets = socket.socketpair()
  for (const s of sockets) s.settimeout(timeout)
  onTestFinished(() => closeAll(sockets))
  return sockets
}

function promisePair() {
  const sockets = promises.socketpair()
  onTestFinished(() => closeAll(sockets))
  return sockets
}

const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3))

const reversed = Buffer.from(data).reverse()

/** What a socket still has, up to its end. */
function drain(s: socket.socket): Buffer {
  const parts: Buffer[] = []
  for (let part = s.recv(65536); part.length > 0; part = s.recv(65536)) parts.push(part)
  return Buffer.concat(parts)
}

async function drained(s: promises.socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of s) parts.push(part)
  return Buffer.concat(parts)
}

describe('pipe', () => {
  it('has a reading and a writing end, both close-on-exec', () => {
    const [r, w] = pipe()
    expect([native.cloexec(r, null), native.cloexec(w, null)]).toEqual([1, 1])
    expect([native.nonblocking(r, null), native.nonblocking(w, null)]).toEqual([0, 0])
    writeSync(w, 'through')
    const memory = Buffer.alloc(100)
    expect(memory.toString('utf8', 0, readSync(r, memory))).toBe('through')
  })

  it('takes O_NONBLOCK, and refuses what pipe2(2) refuses', () => {
    const [r] = pipe(constants.O_NONBLOCK)
    expect(() => readSync(r, Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'EAGAIN' }))
    expect(() => socket.pipe(-1)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(() => socket.pipe('x' as unknown as number)).toThrow(TypeError)
  })
})

describe('splice', () => {
  it('moves from a socket into a pipe, and from a pipe into a socket', () => {
    const [a, b] = pair()
    const [r, w] = pipe()
    a.sendall(Buffer.from('forty-two bytes, more or less'))
    expect(socket.splice(b, w, 5)).toBe(5)
    expect(socket.splice(b, w, 100)).toBe(24)
    expect(socket.splice(r, b, 100)).toBe(29)
    expect(a.recv(100).toString()).toBe('forty-two bytes, more or less')
    a.close()
    expect(socket.splice(b, w, 1)).toBe(0)
  })

  it('takes FileHandles, and offsets on either side', async () => {
    const path = join(folder(), 'file')
    writeFileSync(path, '0123456789')
    await using file = await open(path, 'r+')
    const [r, w] = pipe()
    expect(socket.splice(file, w, 3, { offset_src: 5 })).toBe(3)
    expect(socket.splice(r, file, 3, { offset_dst: 0, flags: socket.SPLICE_F_MORE })).toBe(3)
    expect(readFileSync(path, 'utf8')).toBe('5673456789')
    expect(await promises.splice(file, w, 2, { offset_src: null })).toBe(2)
    expect(await promises.splice(r, file, 2)).toBe(2) // the position moved with the reading
    expect(readFileSync(path, 'utf8')).toBe('5656456789')
  })

  it('waits under the timeout of the socket, for the socket and for the pipe', () => {
    const [a, b] = pair(0.05)
    const [r, w] = pipe()
    expect(() => socket.splice(a, w, 1)).toThrow(socket.TimeoutError)
    expect(() => socket.splice(r, a, 1)).toThrow(socket.TimeoutError)
    expect(native.nonblocking(r, null)).toBe(0) // the pipe is as it was
    b.settimeout(0)
    expect(() => socket.splice(b, w, 1)).toThrow(socket.BlockingIOError)
    expect(() => socket.splice(r, b, 1)).toThrow(socket.BlockingIOError)
    writeSync(w, Buffer.alloc(65536))
    a.sendall(Buffer.from('x'))
    expect(() => socket.splice(b, w, 1)).toThrow(socket.BlockingIOError) // the pipe is full
  })

  it.each([
    ['without a pipe', () => socket.splice(...pair(), 1), 'EINVAL'],
    ['a descriptor that is closed', () => socket.splice(99_999, pair()[0], 1), 'EBADF'],
  ])('%s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code, syscall: 'splice' }))
  })

  it('refuses what cannot be', () => {
    const [r] = pipe()
    const [a] = pair()
    const [p] = promisePair()
    expect(() => socket.splice('x' as unknown as number, a, 1)).toThrow(TypeError)
    expect(() => socket.splice(r, a, 1.5)).toThrow(TypeError)
    expect(() => socket.splice(r, a, -1)).toThrow('count cannot be negative')
    expect(() => socket.splice(r, a, 1, { offset_src: -1 })).toThrow(socket.ValueError)
    expect(() => socket.splice(r, p, 1)).toThrow('a socket of the other twin')
  })

  it('the promise twin waits for either side without blocking', async () => {
    const [a, b] = promisePair()
    const [r, w] = pipe() // a blocking pipe
    const order: string[] = []
    const moving = promises.splice(b, w, 10).then((n) => order.push(`in ${n}`))
    const out = promises.splice(r, b, 10).then((n) => order.push(`out ${n}`))
    await new Promise(setImmediate)
    order.push('the loop runs')
    await a.sendall(Buffer.from('later'))
    await Promise.all([moving, out])
    expect(order).toEqual(['the loop runs', 'in 5', 'out 5'])
    expect((await a.recv(10)).toString()).toBe('later')
  })

  it('the promise twin: aborted, timed out, closed; no descriptor is left', async () => {
    const [a, b] = promisePair()
    const [r, w] = pipe()
    await a.sendall(Buffer.from('x'))
    await b.recv(1)
    const before = descriptors()
    const controller = new AbortController()
    const { signal } = controller
    const aborted = [promises.splice(b, w, 1, { signal }), promises.splice(r, b, 1, { signal })]
    setImmediate(() => controller.abort(new Error('enough')))
    for (const call of aborted) await expect(call).rejects.toThrow('enough')
    b.settimeout(0.02)
    await expect(promises.splice(b, w, 1)).rejects.toThrow('timed out')
    await expect(promises.splice(r, b, 1)).rejects.toThrow('timed out')
    b.settimeout(null)
    const closed = [promises.splice(b, w, 1), promises.splice(r, b, 1)]
    setImmediate(() => b.close())
    for (const call of closed) await expect(call).rejects.toMatchObject({ code: 'EBADF' })
    expect(descriptors().filter((fd) => !before.includes(fd))).toEqual([])
  })
})

const { splice } = native

/** Lets splice(2) fail as it does on systems that lack it, from the `nth` call on. */
function refuse(nth: number): void {
  let calls = 0
  native.splice = (...args) => (++calls < nth ? splice(...args) : -errnos.EINVAL)
  onTestFinished(() => {
    native.splice = splice
  })
}

/** A python3 that sends 5 MB to whom it accepts first, and compares what the second sends. */
async function ends() {
  const peer = python(`
import threading
servers = [socket.create_server(('127.0.0.1', 0)) for _ in range(2)]
print(*[s.getsockname()[1] for s in servers])
src, dst = [s.accept()[0] for s in servers]
data = bytes(i * 7919 >> 3 & 255 for i in range(500_000)) * 10
def send():
    src.sendall(data)
    src.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
got = bytearray()
while part := dst.recv(100_000): got += part
print(got == data, len(got))
dst.sendall(b'done')
`)
  const [source, sink] = (await peer.line()).split(' ').map((port) => ['127.0.0.1', Number(port)])
  return { peer, source: source as [string, number], sink: sink as [string, number] }
}

describe('relay', () => {
  it.each([
    ['by splice', Number.POSITIVE_INFINITY, null],
    ['by splice, with deadlines', Number.POSITIVE_INFINITY, 5],
    ['by recv and send, where the kernel has no splice', 1, null],
    ['by recv and send, where it refuses with bytes in the pipe', 20, 5],
  ])('%s: everything arrives, and the end is left to the caller', async (_, refused, timeout) => {
    const { peer, source, sink } = await ends()
    refuse(refused)
    using src = socket.create_connection(source, timeout)
    using dst = socket.create_connection(sink, timeout)
    expect(socket.relay(src, dst)).toBe(5_000_000)
    dst.shutdown(socket.SHUT_WR)
    expect(dst.recv(10).toString()).toBe('done')
    expect(await peer.line()).toBe('True 5000000')
  })

  it.each([
    ['by splice', Number.POSITIVE_INFINITY],
    ['by recv and send', 20],
  ])('promises, %s: everything arrives while the loop runs', async (_, refused) => {
    const { peer, source, sink } = await ends()
    refuse(refused)
    using src = await promises.create_connection(source)
    using dst = await promises.create_connection(sink)
    let turns = 0
    const clock = setInterval(() => turns++, 1)
    expect(await promises.relay(src, dst)).toBe(5_000_000)
    clearInterval(clock)
    dst.shutdown(socket.SHUT_WR)
    expect((await dst.recv(10)).toString()).toBe('done')
    expect(await peer.line()).toBe('True 5000000')
    expect(turns).toBeGreaterThan(0)
  })

  it('moves so many bytes, and not one more', () => {
    const [a, b] = pair()
    const [c, d] = pair()
    a.sendall(data.subarray(0, 1000))
    expect(socket.relay(b, c, { count: 300 })).toBe(300)
    expect(socket.relay(b, c, { count: 1 })).toBe(1)
    expect(d.recv(1000).equals(data.subarray(0, 301))).toBe(true)
    expect(b.recv(1000).equals(data.subarray(301, 1000))).toBe(true)
  })

  it('two directions at once', async () => {
    const [a, b] = promisePair()
    const [c, d] = promisePair()
    const both = [promises.relay(b, c), promises.relay(c, b)]
    await Promise.all([a.sendall(data), d.sendall(reversed)])
    const whole = async (s: promises.socket) => {
      const parts: Buffer[] = []
      for (let n = 0; n < data.length; n += parts[parts.length - 1].length) {
        parts.push(await s.recv(65536))
      }
      return Buffer.concat(parts)
    }
    const [left, right] = await Promise.all([whole(a), whole(d)])
    expect([left.equals(reversed), right.equals(data)]).toEqual([true, true])
    a.close()
    d.close()
    expect(await Promise.all(both)).toEqual([data.length, data.length])
  })

  it.each([
    ['in the pipe', Number.POSITIVE_INFINITY],
    ['in memory', 1],
  ])('what is under way when it fails is given to `unsent`: %s', (_, refused) => {
    refuse(refused)
    const [a, b] = pair()
    const [c, d] = pair(0.05)
    a.sendall(data.subarray(0, 100_000))
    c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    let rest: Buffer = Buffer.alloc(0)
    const unsent = (bytes: Buffer) => {
      rest = bytes
    }
    expect(() => socket.relay(b, c, { unsent })).toThrow(socket.TimeoutError)
    expect(rest.length).toBeGreaterThan(0)
    c.close()
    a.close()
    const all = Buffer.concat([drain(d), rest, drain(b)])
    expect(all.equals(data.subarray(0, 100_000))).toBe(true)
  })

  it('aborted with bytes under way: nothing is lost, and no descriptor left', async () => {
    const [a, b] = promisePair()
    const [c, d] = promisePair()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    const before = descriptors()
    const controller = new AbortController()
    let rest: Buffer = Buffer.alloc(0)
    const unsent = (bytes: Buffer) => {
      rest = bytes
    }
    const sending = a.sendall(data.subarray(0, 100_000))
    const moving = promises.relay(b, c, { signal: controller.signal, unsent })
    await sending
    await new Promise((resolve) => setTimeout(resolve, 20))
    controller.abort(new Error('enough'))
    await expect(moving).rejects.toThrow('enough')
    expect(descriptors().filter((fd) => !before.includes(fd))).toEqual([])
    a.close()
    c.close()
    const parts = [await drained(d), rest, await drained(b)]
    expect(Buffer.concat(parts).equals(data.subarray(0, 100_000))).toBe(true)
  })

  it('closed in between, either end', async () => {
    for (const which of [0, 1]) {
      const [, b] = promisePair()
      const [c] = promisePair()
      const moving = promises.relay(b, c)
      setImmediate(() => [b, c][which].close())
      if (which === 1) setTimeout(() => b.close(), 20) // nothing to send yet: only b is waited for
      await expect(moving).rejects.toMatchObject({ code: 'EBADF' })
    }
  })

  it('a peer that is gone: the error of the one that failed', () => {
    const [a, b] = pair()
    const [c, d] = pair()
    a.sendall(data.subarray(0, 10))
    d.close()
    const lost: Buffer[] = []
    const call = () => socket.relay(b, c, { unsent: (bytes) => lost.push(bytes) })
    expect(call).toThrow(socket.BrokenPipeError)
    expect(lost).toEqual([data.subarray(0, 10)])
  })

  it('refuses what is no waiting stream of its own twin', () => {
    const [a, b] = pair()
    const [u, v] = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    onTestFinished(() => closeAll([u, v]))
    const none = null as unknown as socket.socket
    expect(() => socket.relay(none, a)).toThrow(TypeError)
    expect(() => socket.relay(a, 5 as unknown as socket.socket)).toThrow(TypeError)
    expect(() => socket.relay(u, a)).toThrow('only SOCK_STREAM type sockets are supported')
    expect(() => socket.relay(a, b, { count: 0 })).toThrow(socket.ValueError)
    expect(() => socket.relay(a, b, { unsent: 1 as unknown as () => void })).toThrow(TypeError)
    a.settimeout(0)
    expect(() => socket.relay(a, b)).toThrow('non-blocking sockets are not supported')
  })
})
