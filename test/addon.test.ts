// The native functions, called as no JavaScript of ours would: none of them may
// touch memory that it was not given.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as socket from 'bsd-socket'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { native } from '#lib/native'
import { descriptors } from './peer.js'
import { run } from './program.js'

type Call = (...args: unknown[]) => unknown

const path = fileURLToPath(new URL('../build/Release/bsd_socket.node', import.meta.url))
const addon = createRequire(import.meta.url)(path) as Record<string, Call>

// What one argument has to be; a size is an int within bounds.
type Kind = 'int' | 'size' | 'number' | 'bool' | 'string' | 'bytes' | 'view' | 'array'
const span: Kind[] = ['bytes', 'size', 'size']
const signatures: Record<string, Kind[]> = {
  sendfile: ['int', 'int', 'number', 'number'],
  read: ['int', 'number', 'bool'],
  seek: ['int', 'number'],
  misalignment: ['bytes', 'int'],
  pipe: ['int'],
  splice: ['int', 'number', 'int', 'number', 'number', 'int'],
  // Quick ones, whose numbers are in the scratch memory.
  sendmsg: ['array', 'bytes'],
  recvmsg: ['array', 'bytes'],
  recv: ['view'],
  recvfrom: ['view'],
  send: ['view'],
  sendto: ['view'],
  sendmmsg: ['int', 'bytes', 'bytes', 'bytes', 'size', 'bytes', 'int', 'int', 'int'],
  recvmmsg: ['int', 'bytes', 'bytes', 'bytes', 'size', 'bytes', 'int', 'int', 'int'],
  cmsgSize: ['number', 'bool'],
  cmsgWalk: ['bytes', 'size'],
  setsockoptProgram: ['int', 'int', 'int', 'bytes'],
  reactorAdd: ['int', 'int'],
  reactorRemove: ['int'],
  reactorRef: ['bool'],
  socketpair: ['int', 'int', 'int'],
  bind: ['int', 'size'],
  listen: ['int', 'int'],
  accept: ['int', 'bool', 'bool'],
  shutdown: ['int', 'int'],
  dup: ['int'],
  nonblocking: ['int', 'bool'],
  cloexec: ['int', 'bool'],
  getsockname: ['int'],
  getpeername: ['int'],
  getsockoptBytes: ['int', 'int', 'int', ...span],
  setsockopt: ['int', 'int', 'int', 'int'],
  setsockoptBytes: ['int', 'int', 'int', ...span],
  poll: ['int', 'int', 'number'],
  watchSignal: ['int'],
  pollMany: ['bytes', 'number'],
  select: ['bytes', 'number'],
  epollCtl: ['int', 'int', 'int', 'int'],
  epollWait: ['int', 'bytes', 'number'],
  own: ['int', 'int'],
  getaddrinfo: ['string', 'string', 'int', 'int', 'int', 'int', 'bool'],
  getnameinfo: ['size', 'int', 'bool'],
  gethostbyname: ['string', 'bool'],
  gethostbyaddr: ['bytes', 'int', 'bool'],
  getservbyname: ['string', 'string'],
  getservbyport: ['int', 'string'],
  getprotobyname: ['string'],
  sethostname: ['bytes'],
  ifNametoindex: ['string'],
  ifIndextoname: ['number'],
  inetAton: ['string', 'bytes'],
  inetPton: ['int', 'string', 'bytes'],
  inetNtop: ['int', 'bytes'],
  strerror: ['int'],
  gaiStrerror: ['int'],
  hstrerror: ['int'],
}

// A closed descriptor, so that a call which should have been refused does no harm.
const valid: Record<Kind, unknown> = {
  int: -1,
  size: 0,
  number: 0,
  bool: false,
  string: '',
  bytes: new Uint8Array(8),
  view: new Uint8Array(8),
  array: [],
}

const symbol = Symbol('symbol')
const strangers: unknown[] = [undefined, 'text', 1n, symbol, {}, [], () => 1, new Uint16Array(8)]
strangers.push(new DataView(new ArrayBuffer(8)), new ArrayBuffer(8), new Int8Array(8), true, 7)
const fits: Record<Kind, (value: unknown) => boolean> = {
  int: (value) => typeof value === 'number',
  size: (value) => typeof value === 'number',
  number: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  bytes: () => false,
  view: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  array: Array.isArray,
}

describe('arguments', () => {
  it.each(Object.entries(signatures))('%s refuses wrong types', (name, kinds) => {
    const usual = kinds.map((kind) => valid[kind])
    for (const [at, kind] of kinds.entries()) {
      for (const stranger of strangers.filter((value) => !fits[kind](value))) {
        const args = usual.with(at, stranger)
        expect(() => addon[name](...args), `${at}: ${String(stranger)}`).toThrow(TypeError)
      }
    }
    expect(() => addon[name]()).toThrow(TypeError)
  })

  it('the table above has every function', () => {
    const functions = Object.keys(addon).filter((name) => typeof addon[name] === 'function')
    const without = [
      'close',
      'connect',
      'epollCreate',
      'takeSignals',
      'signalPipe',
      'gethostname',
      'getsockopt',
      'ifNameindex',
      'reactorNext',
      'reactorOpen',
      'socket',
    ] // no arguments, or a function; of some the numbers are in the scratch memory
    expect(functions.sort()).toEqual([...Object.keys(signatures), ...without].sort())
  })
})

describe('offset and length', () => {
  const outside: [offset: number, length: number][] = [
    [-1, 1],
    [0, -1],
    [0, 9],
    [9, 0],
    [8, 1],
    [4, 5],
    [-8, 8],
    [2 ** 53, 0],
    [0, 2 ** 53],
    [2 ** 53, -(2 ** 53)],
    [4, 2 ** 63],
    [2 ** 63, 2 ** 63],
    [1, 2 ** 64 - 1],
    [1e300, 1],
    [1, 1e300],
    [-1e300, 1],
    [2 ** 32, 1],
    [0, 2 ** 32 + 1],
  ]
  const calls: Record<string, (bytes: Uint8Array, offset: number, length: number) => unknown> = {
    recv: (bytes, offset, length) => native.recv(-1, bytes, offset, length, 0),
    recvfrom: (bytes, offset, length) => native.recvfrom(-1, bytes, offset, length, 0),
    send: (bytes, offset, length) => native.send(-1, bytes, offset, length, 0),
    sendto: (bytes, offset, length) => native.sendto(-1, bytes, offset, length, 0, 16),
    getsockopt: (bytes, offset, length) => native.getsockoptBytes(-1, 1, 1, bytes, offset, length),
    setsockopt: (bytes, offset, length) => native.setsockoptBytes(-1, 1, 1, bytes, offset, length),
  }

  it.each(Object.entries(calls))('%s stays inside the buffer', (_, call) => {
    for (const [offset, length] of outside) {
      expect(() => call(new Uint8Array(8), offset, length), `${offset} ${length}`).toThrow(
        RangeError,
      )
    }
    for (const [offset, length] of [
      [0, 8],
      [8, 0],
      [3, 5],
      [0.9, 8.9],
    ]) {
      expect(call(new Uint8Array(8), offset, length)).toBe(-socket.EBADF)
    }
  })

  it.each(['recv', 'recvfrom', 'send', 'sendto'])('%s counts wider elements as bytes', (name) => {
    const wide = new Float64Array(8) as unknown as Uint8Array
    expect(calls[name](wide, 0, 8)).toBe(-socket.EBADF)
    expect(() => calls[name](wide, 0, 9)).toThrow(RangeError)
  })

  it.each(Object.entries(calls))('%s knows when the memory is gone', (_, call) => {
    const detached = new Uint8Array(64)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    const buffer = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 128 }])
    const views = [
      new Uint8Array(buffer, 32, 16),
      new Uint8Array(buffer, 32),
      new Uint8Array(buffer),
    ]
    for (const view of views) expect(call(view, 0, 16)).toBe(-socket.EBADF)
    Reflect.get(buffer, 'resize').call(buffer, 8)
    for (const view of [detached, ...views]) expect(() => call(view, 0, 16)).toThrow(RangeError)
    expect(call(views[2], 0, 8)).toBe(-socket.EBADF)
  })

  it.each([-1, 129, 2 ** 31 - 1])('an address of %i bytes is refused', (length) => {
    expect(() => native.bind(-1, length)).toThrow(RangeError)
    expect(() => native.connect(-1, length)).toThrow(RangeError)
    expect(() => native.sendto(-1, new Uint8Array(1), 0, 1, 0, length)).toThrow(RangeError)
    expect(() => native.getnameinfo(length, 0, false)).toThrow(RangeError)
  })

  it('only the bytes between them are written', () => {
    const [a, b] = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    onTestFinished(() => [a, b].forEach((s) => void s.close()))
    const [from, to] = [a.fileno(), b.fileno()]
    const places = fc.tuple(fc.nat(20), fc.nat(80), fc.nat(70), fc.boolean(), fc.boolean())
    void fc.assert(
      fc.property(places, ([start, offset, length, shared, options]) => {
        const memory = shared ? new SharedArrayBuffer(128) : new ArrayBuffer(128)
        const all = new Uint8Array(memory).fill(0xaa)
        const view = new Uint8Array(memory, start, 64)
        native.send(from, new Uint8Array(100).fill(1), 0, 100, 0)
        try {
          if (options) native.getsockoptBytes(to, 1, socket.SO_SNDTIMEO, view, offset, length)
          else native.recv(to, view, offset, length, 0)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          expect(offset + length).toBeGreaterThan(64)
        }
        native.recv(to, new Uint8Array(100), 0, 100, socket.MSG_DONTWAIT)
        const touched = [...all.keys()].filter((i) => all[i] !== 0xaa)
        expect(touched.every((i) => i >= start + offset && i < start + offset + length)).toBe(true)
      }),
    )
  })
})

describe('in a process of its own', () => {
  it('every function survives whatever arguments there are', () => {
    const seed = Math.trunc(Math.random() * 2 ** 31)
    const { made, threw } = run<{ made: number; threw: number }>('fuzz', String(seed), '30000')
    // Most are called, and most of those get as far as the kernel.
    expect(made).toBeGreaterThan(15_000)
    expect(threw).toBeLessThan(made / 2)
  })

  it.each(['clone', 'keep', 'worker', 'transfer', 'detach'])(
    'the shared memory may go away (%s)',
    (way) => {
      const { detached } = run<{ detached: boolean }>('scratch', way)
      if (way === 'detach') expect(detached).toBe(true)
    },
  )
})

describe('a new descriptor is close-on-exec', () => {
  const closes = (fd: number) => expect(native.cloexec(fd, null)).toBe(1)

  it.each([null, 5])('with a default timeout of %s', (seconds) => {
    const before = descriptors()
    socket.setdefaulttimeout(seconds)
    onTestFinished(() => socket.setdefaulttimeout(null))
    const server = socket.create_server(['127.0.0.1', 0])
    const made: { close(): void; fileno(): number }[] = [
      server,
      new socket.socket(),
      socket.socket(),
    ]
    made.push(...socket.socketpair(), socket.create_connection(server.getsockname()))
    made.push(server.accept()[0], server.dup())
    made.push(socket.fromfd(server.fileno(), socket.AF_INET, socket.SOCK_STREAM))
    made.push(new socket.socket({ fileno: socket.dup(server.fileno()) }))
    for (const s of made) closes(s.fileno())
    const fds = descriptors().filter((fd) => !before.includes(fd))
    expect(fds.length).toBeGreaterThanOrEqual(made.length)
    for (const s of made) s.close()
  })

  it('module dup, whatever the original is', () => {
    native.cloexec(1, false)
    const fd = socket.dup(1)
    closes(fd)
    socket.close(fd)
  })
})
