// Each errno for real, with the class that it raises: from this kernel, on this
// machine. Where a kernel cannot be brought to it, the test says so.

import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import * as socket from 'bsd-socket'
import * as errno from 'bsd-socket/errno'
import { describe, expect, it } from 'vitest'
import { native } from '#lib/native'
import { ask, folder, python } from './peer.js'
import { type Raised, raised, twins } from './twins.js'

const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } = socket

socket.setdefaulttimeout(10)

const classes: Readonly<Record<string, unknown>> = { ...socket }
const errnos: Readonly<Record<string, unknown>> = { ...errno }
const x = Buffer.from('x')

/** Checks all of what an error says about itself. */
function check(error: Raised, code: string, cls: string, syscall: string): void {
  const number = errnos[code] as number
  expect({ ...error, name: error.name }).toEqual({ name: cls, errno: number, code, syscall })
  expect(error).toBeInstanceOf(classes[cls])
  expect(error.message).toBe(`[Errno ${number}] ${native.strerror(number)}`)
  expect(error.args).toEqual([number, native.strerror(number)])
}

function ofNull(call: (fd: number) => unknown): unknown {
  const fd = openSync('/dev/null', 'r')
  try {
    return call(fd)
  } finally {
    closeSync(fd)
  }
}

/** struct in6_flowlabel_req: a label of the caller's own, that must be new. */
function flowLabel(): Buffer {
  const request = Buffer.alloc(32)
  request[15] = 1 // flr_dst ::1
  request.writeUInt32BE(0x12345, 16) // flr_label
  request[21] = 255 // flr_share: any
  new Uint16Array(request.buffer, request.byteOffset + 22, 1)[0] = 1 | 2 // create, exclusively
  return request
}
const IPV6_FLOWLABEL_MGR = 32

describe.each(twins)('%s', (_, socket) => {
  /** A port where nobody listens. */
  async function deadPort(): Promise<number> {
    using s = await socket.create_server(['127.0.0.1', 0])
    return s.getsockname()[1]
  }

  /** A listener whose queue is full: what connects to it gets no answer. */
  async function full(): Promise<[listener: socket.socket, filler: socket.socket]> {
    const listener = new socket.socket(AF_INET, SOCK_STREAM)
    await listener.bind(['127.0.0.1', 0])
    listener.listen(0)
    return [listener, await socket.create_connection(listener.getsockname() as [string, number])]
  }

  /** Runs with sockets of every kind, which are closed afterwards. */
  async function kit(call: (made: Kit) => unknown): Promise<unknown> {
    const made = await make()
    try {
      return await call(made)
    } finally {
      for (const s of Object.values(made)) s.close()
    }
  }

  type Kit = Awaited<ReturnType<typeof make>>

  async function make() {
    const [p, q] = socket.socketpair()
    const l = await socket.create_server(['127.0.0.1', 0])
    return {
      s: new socket.socket(AF_INET, SOCK_STREAM),
      s6: new socket.socket(AF_INET6, SOCK_STREAM),
      d: new socket.socket(AF_INET, SOCK_DGRAM),
      u: new socket.socket(AF_UNIX, SOCK_STREAM),
      ud: new socket.socket(AF_UNIX, SOCK_DGRAM),
      p,
      q,
      l,
      c: (await socket.create_connection(l.getsockname())) as socket.socket<
        socket.Family<'AF_INET'>
      >,
    }
  }

  type Rows = [code: string, cls: string, syscall: string, call: (made: Kit) => unknown][]

  const rows: Rows = [
    ['EADDRINUSE', 'OSError', 'bind', ({ s, l }) => s.bind(l.getsockname())],
    ['EADDRNOTAVAIL', 'OSError', 'bind', ({ s }) => s.bind(['192.0.2.1', 0])],
    ['EAFNOSUPPORT', 'OSError', 'socket', () => new socket.socket(45)],
    ['EAGAIN', 'BlockingIOError', 'recv', async ({ p }) => [p.setblocking(false), await p.recv(1)]],
    ['EBADF', 'OSError', 'recv', async ({ p }) => [p.close(), await p.recv(1)]],
    ['EBADF', 'OSError', 'dup', () => socket.dup(9999)],
    [
      'ECONNREFUSED',
      'ConnectionRefusedError',
      'connect',
      async ({ s }) => s.connect(['127.0.0.1', await deadPort()]),
    ],
    ['EDESTADDRREQ', 'OSError', 'send', ({ d }) => d.send(x)],
    [
      'EEXIST',
      'FileExistsError',
      'setsockopt',
      ({ s6 }) =>
        [1, 2].map(() => s6.setsockopt(socket.IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, flowLabel())),
    ],
    [
      'EFAULT',
      'OSError',
      'setsockopt',
      ({ s }) => s.setsockopt(SOL_SOCKET, socket.SO_REUSEADDR, null, 4),
    ],
    ['EINVAL', 'OSError', 'accept', ({ s }) => s.accept()],
    // Linux says yes once more to who has waited for the connection by poll(2).
    [
      'EISCONN',
      'OSError',
      'connect',
      async ({ c, l }) => {
        await c.connect(l.getsockname())
        await c.connect(l.getsockname())
      },
    ],
    ['EMSGSIZE', 'OSError', 'sendto', ({ d }) => d.sendto(Buffer.alloc(65508), ['127.0.0.1', 9])],
    ['ENODEV', 'OSError', 'if_nametoindex', () => socket.if_nametoindex('nosuch')],
    ['ENOENT', 'FileNotFoundError', 'connect', ({ u }) => u.connect('/nosuch/path')],
    ['ENOPROTOOPT', 'OSError', 'getsockopt', ({ s }) => s.getsockopt(SOL_SOCKET, 9999)],
    ['ENOTCONN', 'NotConnectedError', 'getpeername', ({ s }) => s.getpeername()],
    ['ENOTCONN', 'NotConnectedError', 'recv', ({ s }) => s.recv(1)],
    ['ENOTCONN', 'NotConnectedError', 'shutdown', ({ s }) => s.shutdown(socket.SHUT_RDWR)],
    ['ENOTDIR', 'NotADirectoryError', 'connect', ({ u }) => u.connect('/dev/null/path')],
    ['ENOTSOCK', 'OSError', 'getsockname', () => ofNull((fileno) => new socket.socket({ fileno }))],
    ['ENXIO', 'OSError', 'if_indextoname', () => socket.if_indextoname(0x7fffffff)],
    // 95 is ENOTSUP and EOPNOTSUPP; Python has the first name for it.
    ['ENOTSUP', 'OSError', 'listen', ({ d }) => d.listen()],
    ['EPIPE', 'BrokenPipeError', 'send', async ({ p, q }) => [q.close(), await p.send(x)]],
    [
      'EPIPE',
      'BrokenPipeError',
      'sendall',
      async ({ c }) => [c.shutdown(socket.SHUT_WR), await c.sendall(x)],
    ],
    ['EPROTONOSUPPORT', 'OSError', 'socket', () => new socket.socket(AF_INET, SOCK_STREAM, 17)],
    ['EPROTOTYPE', 'OSError', 'connect', ({ u, ud }) => bound(ud, (path) => u.connect(path))],
    ['ESOCKTNOSUPPORT', 'OSError', 'socket', () => new socket.socket(AF_INET, 5)],
  ]

  async function bound(
    s: socket.socket<socket.Family<'AF_UNIX'>>,
    call: (path: string) => unknown,
  ): Promise<unknown> {
    const path = `${folder()}/s`
    await s.bind(path)
    return await call(path)
  }

  for (const [code, cls, syscall, call] of rows) {
    it(`${code} out of ${syscall} is ${cls}`, async () => {
      check(await raised(() => kit(call)), code, cls, syscall)
    })
  }

  it('ECONNRESET out of recv is ConnectionResetError: the peer closed with a reset', async () => {
    const peer = python(`
import struct
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
c.recv(1)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
c.close()
print('gone')
`)
    using s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
    await s.send(x)
    await peer.line()
    check(await raised(() => s.recv(1)), 'ECONNRESET', 'ConnectionResetError', 'recv')
    await peer.end()
  })

  it('ECONNABORTED out of recv is ConnectionAbortedError: an administrator killed the connection', async ({
    skip,
  }) => {
    using listener = await socket.create_server(['127.0.0.1', 0])
    using s = await socket.create_connection(listener.getsockname())
    const port = (s.getsockname() as [string, number])[1]
    const killed = spawnSync('ss', ['-K', '-tnH', 'sport', '=', String(port)], { encoding: 'utf8' })
    if (!killed.stdout?.includes('127.0.0.1')) {
      console.warn('not tested: ECONNABORTED needs ss, CAP_NET_ADMIN and INET_DIAG_DESTROY')
      skip()
    }
    check(await raised(() => s.recv(1)), 'ECONNABORTED', 'ConnectionAbortedError', 'recv')
  })

  it('EINPROGRESS, then EALREADY, out of connect are BlockingIOError', async () => {
    const [listener, filler] = await full()
    using _listener = listener
    using _filler = filler
    using s = new socket.socket(AF_INET, SOCK_STREAM)
    s.setblocking(false)
    const connect = async () => s.connect(listener.getsockname() as [string, number])
    check(await raised(connect), 'EINPROGRESS', 'BlockingIOError', 'connect')
    check(await raised(connect), 'EALREADY', 'BlockingIOError', 'connect')
  })

  it('ETIMEDOUT out of connect is TimeoutError, with an errno: the kernel gave up', async () => {
    const [listener, filler] = await full()
    using _listener = listener
    using _filler = filler
    using s = new socket.socket(AF_INET, SOCK_STREAM)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100) // ms; seen at the first retry
    check(
      await raised(() => s.connect(listener.getsockname() as [string, number])),
      'ETIMEDOUT',
      'TimeoutError',
      'connect',
    )
  })

  it('a deadline that passes is TimeoutError without an errno, as in Python', async () => {
    const theirs = ask<unknown[]>(`
import json, socket
a, b = socket.socketpair()
a.settimeout(0.01)
try:
    a.recv(1)
except OSError as e:
    print(json.dumps([type(e).__name__, str(e), e.errno, e.strerror, list(e.args)]))
`)
    const [a, b] = socket.socketpair()
    using _a = a
    using _b = b
    a.settimeout(0.01)
    const e = await raised(() => a.recv(1))
    expect([e.name, e.message, e.errno, e.strerror, e.args]).toEqual(theirs)
    expect(e).toBeInstanceOf(socket.timeout)
    expect(e.code).toBe(undefined)
  })

  // No call on a socket gives these on Linux, so a native function stands in.
  for (const [code, cls] of [
    ['ECHILD', 'ChildProcessError'],
    ['EISDIR', 'IsADirectoryError'],
    ['ESRCH', 'ProcessLookupError'],
    ['ESHUTDOWN', 'BrokenPipeError'],
  ]) {
    it(`${code} would be ${cls}`, async () => {
      using s = new socket.socket()
      const { listen } = native
      native.listen = () => -(errnos[code] as number)
      try {
        check(await raised(() => s.listen()), code, cls, 'listen')
      } finally {
        native.listen = listen
      }
    })
  }

  it('gaierror: a look-up that fails, with an EAI_ number and its name', async () => {
    const e = await raised(() =>
      socket.getaddrinfo('localhost', 80, { flags: socket.AI_NUMERICHOST }),
    )
    expect(e).toBeInstanceOf(socket.gaierror)
    expect([e.errno, e.code, e.syscall]).toEqual([socket.EAI_NONAME, 'EAI_NONAME', 'getaddrinfo'])
    expect(e.message).toBe(`[Errno ${e.errno}] ${native.gaiStrerror(socket.EAI_NONAME)}`)
    expect(e.args).toEqual([e.errno, e.strerror])
  })
})
