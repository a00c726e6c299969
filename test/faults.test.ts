// Failures that a kernel cannot be made to give: one native function is replaced.
// The class must be right, and nothing may be left open.

import * as socket from 'bsd-socket'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Native, native } from '#lib/native'
import { descriptors } from './peer.js'

const { AF_INET, AF_UNIX, SOCK_STREAM } = socket
const errno = { EINTR: 4, EIO: 5, ENOMEM: 12, ENFILE: 23, EMFILE: 24, ENOBUFS: 105 }
const ECONNABORTED = 103
const ECONNRESET = 104
const ENETDOWN = 100

const real: Native = { ...native }
let open: string[]

beforeEach(() => {
  socket.setdefaulttimeout(10)
  open = descriptors()
})

afterEach(() => {
  Object.assign(native, real)
  expect(descriptors()).toEqual(open)
})

/** Makes a native function give `results` one after the other, then work again. */
function fail(name: keyof Native, ...results: unknown[]): void {
  const works = native[name] as (...args: unknown[]) => unknown
  const broken = (...args: unknown[]) => (results.length > 0 ? results.shift() : works(...args))
  Object.assign(native, { [name]: broken })
}

const code = (name: string) => expect.objectContaining({ code: name })

describe('no more descriptors', () => {
  it.each([
    ['EMFILE', errno.EMFILE],
    ['ENFILE', errno.ENFILE],
    ['ENOMEM', errno.ENOMEM],
  ])('%s out of every call that makes one', (name, number) => {
    using server = socket.create_server(['127.0.0.1', 0])
    using client = new socket.socket()
    client.connect(server.getsockname())
    const calls: [keyof Native, () => unknown][] = [
      ['socket', () => new socket.socket()],
      ['socket', () => socket.create_connection(['127.0.0.1', 1])],
      ['socket', () => socket.create_server(['127.0.0.1', 0])],
      ['socketpair', () => socket.socketpair()],
      ['accept', () => server.accept()],
      ['dup', () => server.dup()],
      ['dup', () => socket.dup(server.fileno())],
      ['dup', () => socket.fromfd(server.fileno(), AF_INET, SOCK_STREAM)],
    ]
    for (const [syscall, call] of calls) {
      const before = descriptors()
      fail(syscall, -number)
      expect(call, syscall).toThrow(socket.OSError)
      fail(syscall, -number)
      expect(call, syscall).toThrow(code(name))
      expect(descriptors()).toEqual(before)
    }
    server.accept()[0].close() // the connection is still there
  })

  it('accept: the listener stays as it is', () => {
    using server = socket.create_server(['127.0.0.1', 0])
    using client = new socket.socket()
    client.connect(server.getsockname())
    fail('accept', -errno.EMFILE, -ECONNABORTED)
    expect(() => server.accept()).toThrow(code('EMFILE'))
    expect(() => server.accept()).toThrow(socket.ConnectionAbortedError)
    using conn = server.accept()[0]
    client.send(Buffer.from('x'))
    expect(conn.recv(1).toString()).toBe('x')
  })
})

describe('half-made sockets are closed', () => {
  it('socketpair, whichever of the two fails', () => {
    // With a default timeout each has to be made non-blocking.
    fail('nonblocking', -errno.EIO)
    expect(() => socket.socketpair()).toThrow(code('EIO'))
    fail('nonblocking', 0, -errno.EIO)
    expect(() => socket.socketpair()).toThrow(code('EIO'))
  })

  it('fromfd', () => {
    using s = new socket.socket()
    const before = descriptors()
    fail('nonblocking', -errno.EIO)
    expect(() => socket.fromfd(s.fileno(), AF_INET, SOCK_STREAM)).toThrow(code('EIO'))
    expect(descriptors()).toEqual(before)
    fail('nonblocking', -errno.EIO)
    expect(() => new socket.socket({ fileno: s.fileno() })).toThrow(code('EIO'))
    expect(descriptors()).toEqual(before) // this one was not its own
  })

  it('create_connection, at every step', () => {
    using server = socket.create_server(['127.0.0.1', 0])
    const before = descriptors()
    const connect = (options?: socket.CreateConnectionOptions) =>
      socket.create_connection(server.getsockname(), options ?? {})
    const source: socket.CreateConnectionOptions = { source_address: ['127.0.0.1', 0], timeout: 5 }
    for (const [name, options] of [
      ['connect', undefined],
      ['bind', source],
      ['nonblocking', source],
    ] as const) {
      fail(name, -ENETDOWN)
      expect(() => connect(options), name).toThrow(code('ENETDOWN'))
      expect(descriptors()).toEqual(before)
    }
    fail('connect', -ENETDOWN)
    const all = () => connect({ all_errors: true })
    expect(all).toThrow(AggregateError)
    expect(descriptors()).toEqual(before)
    fail('getaddrinfo', socket.EAI_MEMORY)
    expect(() => connect()).toThrow(expect.objectContaining({ code: 'EAI_MEMORY' }))
  })

  it('create_server, at every step', () => {
    for (const name of ['setsockopt', 'bind', 'listen'] as const) {
      fail(name, -ENETDOWN)
      expect(() => socket.create_server(['127.0.0.1', 0]), name).toThrow(code('ENETDOWN'))
      expect(descriptors()).toEqual(open)
    }
  })
})

describe('close', () => {
  /** close(2) of Linux closes, whatever it says. */
  function failing(number: number): socket.socket {
    const s = new socket.socket()
    Object.assign(native, {
      close(fd: number) {
        real.close(fd)
        return -number
      },
    })
    return s as socket.socket
  }

  it('says what the kernel had left to say, once', () => {
    const s = failing(errno.EIO)
    expect(() => s.close()).toThrow(code('EIO'))
    expect(s.fileno()).toBe(-1)
    expect(() => s.close()).not.toThrow()
    expect(() => failing(errno.EINTR).close()).toThrow(socket.InterruptedError)
  })

  it('but never ECONNRESET, as in python', () => {
    expect(() => failing(ECONNRESET).close()).not.toThrow()
    using s = failing(ECONNRESET)
    expect(s.fileno()).toBeGreaterThan(2)
    const fd = failing(ECONNRESET).detach()
    expect(() => socket.close(fd)).not.toThrow()
  })

  it('is not tried twice', () => {
    const s = new socket.socket()
    const closed: number[] = []
    Object.assign(native, {
      close(fd: number) {
        closed.push(fd)
        real.close(fd)
        return -errno.EINTR
      },
    })
    const fd = s.fileno()
    expect(() => s.close()).toThrow(code('EINTR'))
    s.close()
    expect(closed).toEqual([fd])
  })
})

describe('a call in the middle', () => {
  function pair(): [socket.socket, socket.socket] {
    return socket.socketpair(AF_UNIX) as unknown as [socket.socket, socket.socket]
  }

  it('is tried again after EINTR', () => {
    const [a, b] = pair()
    using _a = a
    using _b = b
    fail('send', -errno.EINTR, -errno.EINTR)
    expect(a.send(Buffer.from('hello'))).toBe(5)
    fail('recv', -errno.EINTR, -errno.EINTR, -errno.EINTR)
    expect(b.recv(10).toString()).toBe('hello')
    using server = socket.create_server(['127.0.0.1', 0])
    using client = new socket.socket()
    fail('connect', -errno.EINTR)
    client.connect(server.getsockname())
    fail('accept', -errno.EINTR)
    server.accept()[0].close()
  })

  it('goes on after a readiness that was none', () => {
    const [a, b] = pair()
    using _a = a
    using _b = b
    a.send(Buffer.from('x'))
    fail('recv', ...Array.from({ length: 10 }, () => -socket.EAGAIN))
    expect(b.recv(1).toString()).toBe('x')
  })

  it('sendall goes on where it was', () => {
    const [a, b] = pair()
    using _a = a
    using _b = b
    const pieces = [3, 1, 2]
    Object.assign(native, {
      send: (fd: number, data: Uint8Array, offset: number, length: number, flags: number) =>
        real.send(fd, data, offset, Math.min(length, pieces.shift() ?? length), flags),
    })
    expect(a.sendall(Buffer.from('0123456789'))).toBe(null)
    expect([pieces.length, b.recv(20).toString()]).toEqual([0, '0123456789'])
  })

  it('raises what poll failed with', () => {
    const [a, b] = pair()
    using _a = a
    using _b = b
    fail('poll', -errno.ENOMEM)
    expect(() => a.recv(1)).toThrow(code('ENOMEM'))
    expect(a.timeout).toBe(10)
  })

  it.each<[number, typeof socket.OSError]>([
    [32, socket.BrokenPipeError],
    [103, socket.ConnectionAbortedError],
    [104, socket.ConnectionResetError],
    [105, socket.OSError],
    [107, socket.NotConnectedError],
    [108, socket.BrokenPipeError],
    [110, socket.TimeoutError],
    [111, socket.ConnectionRefusedError],
    [113, socket.OSError],
    [1, socket.PermissionError],
    [13, socket.PermissionError],
  ])('errno %i raises its class', (number, type) => {
    const [a, b] = pair()
    using _a = a
    using _b = b
    for (const [name, call] of [
      ['recv', () => a.recv(1)],
      ['recvfrom', () => a.recvfrom(1)],
      ['send', () => a.send(Buffer.alloc(1))],
      ['sendto', () => a.sendto(Buffer.alloc(1), 'x')],
    ] as const) {
      fail(name, -number)
      try {
        call()
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(type)
        expect(error).toMatchObject({ errno: number, syscall: name })
        expect((error as Error).constructor).toBe(type)
      }
    }
  })

  it('a deadline’s TimeoutError is not ETIMEDOUT’s', () => {
    const [a, b] = pair()
    using _a = a
    using _b = b
    a.settimeout(0.01)
    expect(() => a.recv(1)).toThrow(expect.objectContaining({ errno: null, message: 'timed out' }))
    fail('recv', -110)
    expect(() => a.recv(1)).toThrow('[Errno 110] Connection timed out')
  })
})
