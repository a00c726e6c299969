// Failures that a kernel cannot be made to give: one native function is replaced.
// The class must be right, and nothing may be left open.

import * as socket from 'bsd-socket'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Native, native } from '#lib/native'
import { openSetFirst } from './counting.js'
import { descriptors } from './peer.js'
import { raised, twins } from './twins.js'

const { AF_INET, AF_UNIX, SOCK_STREAM } = socket
const errno = { EINTR: 4, EIO: 5, ENOMEM: 12, ENFILE: 23, EMFILE: 24, ENOBUFS: 105 }
const ECONNABORTED = 103
const ECONNRESET = 104
const ENETDOWN = 100

const real: Native = { ...native }
let open: string[]

openSetFirst()

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

describe.each(twins)('%s', (name, socket) => {
  const blocking = name === 'bsd-socket'

  describe('no more descriptors', () => {
    it.each([
      ['EMFILE', errno.EMFILE],
      ['ENFILE', errno.ENFILE],
      ['ENOMEM', errno.ENOMEM],
    ])('%s out of every call that makes one', async (name, number) => {
      using server = await socket.create_server(['127.0.0.1', 0])
      using client = new socket.socket()
      await client.connect(server.getsockname())
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
        await expect(async () => call(), syscall).rejects.toThrow(socket.OSError)
        fail(syscall, -number)
        await expect(async () => call(), syscall).rejects.toThrow(code(name))
        expect(descriptors()).toEqual(before)
      }
      const [conn] = await server.accept() // the connection is still there
      conn.close()
    })

    it('accept: the listener stays as it is', async () => {
      using server = await socket.create_server(['127.0.0.1', 0])
      using client = new socket.socket()
      await client.connect(server.getsockname())
      fail('accept', -errno.EMFILE, -ECONNABORTED)
      await expect(async () => server.accept()).rejects.toThrow(code('EMFILE'))
      await expect(async () => server.accept()).rejects.toThrow(socket.ConnectionAbortedError)
      using conn = (await server.accept())[0]
      await client.send(Buffer.from('x'))
      expect((await conn.recv(1)).toString()).toBe('x')
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

    it('create_connection, at every step', async () => {
      using server = await socket.create_server(['127.0.0.1', 0])
      const before = descriptors()
      const connect = async (options?: socket.CreateConnectionOptions) =>
        socket.create_connection(server.getsockname(), options ?? {})
      const source: socket.CreateConnectionOptions = {
        source_address: ['127.0.0.1', 0],
        timeout: 5,
      }
      for (const [name, options] of [
        ['connect', undefined],
        ['bind', source],
        ['nonblocking', source],
      ] as const) {
        fail(name, -ENETDOWN)
        await expect(async () => connect(options), name).rejects.toThrow(code('ENETDOWN'))
        expect(descriptors()).toEqual(before)
      }
      fail('connect', -ENETDOWN)
      const all = async () => connect({ all_errors: true })
      await expect(all).rejects.toThrow(AggregateError)
      expect(descriptors()).toEqual(before)
      fail('getaddrinfo', socket.EAI_MEMORY)
      await expect(async () => connect()).rejects.toThrow(
        expect.objectContaining({ code: 'EAI_MEMORY' }),
      )
    })

    it('create_server, at every step', async () => {
      for (const name of ['setsockopt', 'bind', 'listen'] as const) {
        fail(name, -ENETDOWN)
        await expect(async () => socket.create_server(['127.0.0.1', 0]), name).rejects.toThrow(
          code('ENETDOWN'),
        )
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

    it('is tried again after EINTR', async () => {
      const [a, b] = pair()
      using _a = a
      using _b = b
      fail('send', -errno.EINTR, -errno.EINTR)
      expect(await a.send(Buffer.from('hello'))).toBe(5)
      fail('recv', -errno.EINTR, -errno.EINTR, -errno.EINTR)
      expect((await b.recv(10)).toString()).toBe('hello')
      using server = await socket.create_server(['127.0.0.1', 0])
      using client = new socket.socket()
      fail('connect', -errno.EINTR)
      await client.connect(server.getsockname())
      fail('accept', -errno.EINTR)
      const [conn] = await server.accept()
      conn.close()
    })

    it('goes on after a readiness that was none', async () => {
      const [a, b] = pair()
      using _a = a
      using _b = b
      await a.send(Buffer.from('x'))
      // The kernel tells an edge once, and the promise twin believes an EAGAIN after it.
      const times = blocking ? 10 : 1
      fail('recv', ...Array.from({ length: times }, () => -socket.EAGAIN))
      expect((await b.recv(1)).toString()).toBe('x')
    })

    it('sendall goes on where it was', async () => {
      const [a, b] = pair()
      using _a = a
      using _b = b
      const pieces = [3, 1, 2]
      Object.assign(native, {
        send: (fd: number, data: Uint8Array, offset: number, length: number, flags: number) =>
          real.send(fd, data, offset, Math.min(length, pieces.shift() ?? length), flags),
      })
      expect(await a.sendall(Buffer.from('0123456789'))).toBe(null)
      expect([pieces.length, (await b.recv(20)).toString()]).toEqual([0, '0123456789'])
    })

    it('raises what its waiting failed with, and waits the next time', async () => {
      const [a, b] = pair()
      using _a = a
      using _b = b
      fail(blocking ? 'poll' : 'reactorAdd', -errno.ENOMEM)
      await expect(async () => a.recv(1)).rejects.toThrow(code('ENOMEM'))
      expect(a.timeout).toBe(10)
      await b.send(Buffer.from('x'))
      expect((await a.recv(1)).toString()).toBe('x')
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
    ])('errno %i raises its class', async (number, type) => {
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
        const error = await raised(call)
        expect(error).toBeInstanceOf(type)
        expect(error).toMatchObject({ errno: number, syscall: name })
        expect(error.constructor).toBe(type)
      }
    })

    it('a deadline’s TimeoutError is not ETIMEDOUT’s', async () => {
      const [a, b] = pair()
      using _a = a
      using _b = b
      a.settimeout(0.01)
      await expect(async () => a.recv(1)).rejects.toThrow(
        expect.objectContaining({ errno: null, message: 'timed out' }),
      )
      fail('recv', -110)
      await expect(async () => a.recv(1)).rejects.toThrow('[Errno 110] Connection timed out')
    })
  })
})
