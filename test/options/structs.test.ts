// Option structs: the bytes are those that Python's struct packs, and the kernel
// takes and gives them.

import * as socket from 'bsd-socket'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, python } from '../peer.js'
import { twins } from '../twins.js'

const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } = socket
const { linger, timeval, ucred } = socket

socket.setdefaulttimeout(10)

/** Python's view of the addresses; the rest of a sockaddr_storage is zeros. */
const helpers = `
import json, struct, socket
def v4(host): return socket.inet_pton(socket.AF_INET, host)
def v6(host): return socket.inet_pton(socket.AF_INET6, host)
def storage(host):
    if ':' in host: head = struct.pack('=HHI', socket.AF_INET6, 0, 0) + v6(host) + bytes(4)
    else: head = struct.pack('=HH', socket.AF_INET, 0) + v4(host)
    return head.ljust(128, b'\\0')
`

/** Name, value, and the Python expression that packs the same; 64-bit offsets by '@'. */
const rows: [socket.Struct<unknown, never>, unknown, string][] = [
  [linger, { onoff: true, linger: 5 }, "struct.pack('@ii', 1, 5)"],
  [linger, { onoff: false, linger: -1 }, "struct.pack('@ii', 0, -1)"],
  [timeval, 1.25, "struct.pack('@ll', 1, 250000)"],
  [timeval, 0, "struct.pack('@ll', 0, 0)"],
  [timeval, -0.5, "struct.pack('@ll', -1, 500000)"],
  [timeval, 1_700_000_000.999999, "struct.pack('@ll', 1700000000, 999999)"],
  [ucred, { pid: 42, uid: 4294967295, gid: 1000 }, "struct.pack('@iII', 42, 2**32 - 1, 1000)"],
  [ucred, { pid: -1, uid: 0, gid: 0 }, "struct.pack('@iII', -1, 0, 0)"],
  [
    socket.ip_mreq,
    { multiaddr: '239.1.2.3', interface: '127.0.0.1' },
    "v4('239.1.2.3') + v4('127.0.0.1')",
  ],
  [
    socket.ip_mreqn,
    { multiaddr: '239.1.2.3', address: '10.0.0.255', ifindex: 7 },
    "v4('239.1.2.3') + v4('10.0.0.255') + struct.pack('@i', 7)",
  ],
  [
    socket.ip_mreq_source,
    { multiaddr: '232.1.2.3', interface: '127.0.0.1', sourceaddr: '192.0.2.9' },
    "v4('232.1.2.3') + v4('127.0.0.1') + v4('192.0.2.9')",
  ],
  [
    socket.ipv6_mreq,
    { multiaddr: 'ff02::1:2', interface: 4294967295 },
    "v6('ff02::1:2') + struct.pack('@I', 2**32 - 1)",
  ],
  [
    socket.group_req,
    { interface: 3, group: '239.1.2.3' },
    "struct.pack('@I0q', 3) + storage('239.1.2.3')",
  ],
  [
    socket.group_req,
    { interface: 3, group: 'ff05::5' },
    "struct.pack('@I0q', 3) + storage('ff05::5')",
  ],
  [
    socket.group_source_req,
    { interface: 1, group: 'ff35::8000:1', source: '2001:db8::9' },
    "struct.pack('@I0q', 1) + storage('ff35::8000:1') + storage('2001:db8::9')",
  ],
  [
    socket.group_source_req,
    { interface: 1, group: '232.0.0.5', source: '192.0.2.9' },
    "struct.pack('@I0q', 1) + storage('232.0.0.5') + storage('192.0.2.9')",
  ],
  [
    socket.packet_mreq,
    { ifindex: 2, type: socket.PACKET_MR_MULTICAST, address: Buffer.from('01005e010203', 'hex') },
    "struct.pack('@iHH8s', 2, 0, 6, bytes.fromhex('01005e010203'))",
  ],
  [
    socket.packet_mreq,
    { ifindex: 2, type: socket.PACKET_MR_PROMISC, address: Buffer.alloc(0) },
    "struct.pack('@iHH8s', 2, 1, 0, b'')",
  ],
  [socket.tpacket_stats, { packets: 4294967295, drops: 3 }, "struct.pack('@II', 2**32 - 1, 3)"],
  [socket.sock_txtime, { clockid: 11, flags: 3 }, "struct.pack('@iI', 11, 3)"],
  [
    socket.icmp6_filter,
    new Set([0, 31, 32, 129, 255]),
    "struct.pack('@8I', *[~sum(1 << t % 32 for t in (0, 31, 32, 129, 255) if t // 32 == w) & 0xffffffff for w in range(8)])",
  ],
  [socket.icmp6_filter, new Set(), "b'\\xff' * 32"],
]

test("encode gives the bytes of Python's struct, and decode the value again", () => {
  const packed = ask<string[]>(
    `${helpers}print(json.dumps([b.hex() for b in [${rows.map(([, , expression]) => expression).join(',\n')}]]))`,
  )
  for (const [index, [codec, value]] of rows.entries()) {
    const what = `${codec.name} ${index}`
    expect(codec.encode(value as never).toString('hex'), what).toBe(packed[index])
    expect(codec.decode(Buffer.from(packed[index], 'hex')), what).toEqual(value)
    expect(packed[index].length / 2, what).toBe(codec.size)
  }
})

describe('decode', () => {
  const codecs = [...new Map(rows.map(([codec]) => [codec.name, codec])).values()]

  test.each(codecs)('$name: too few bytes are a ValueError, more do not matter', (codec) => {
    for (let size = 0; size < codec.size; size += 3) {
      expect(() => codec.decode(Buffer.alloc(size))).toThrow(socket.ValueError)
    }
    const bytes = Buffer.alloc(codec.size + 5)
    expect(codec.decode(bytes)).toEqual(codec.decode(bytes.subarray(0, codec.size)))
  })

  test.each(codecs)('$name: any bytes are some value or an error', (codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: codec.size + 8 }), (bytes) => {
        try {
          codec.decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(socket.ValueError)
          expect(bytes.length).toBeLessThan(codec.size)
        }
      }),
    )
  })

  test.each(codecs)('$name: text is a TypeError', (codec) => {
    expect(() => codec.decode('x' as unknown as Buffer)).toThrow(TypeError)
  })
})

describe('encode', () => {
  const { ip_mreqn, ipv6_mreq, group_req, packet_mreq, icmp6_filter } = socket

  test('fields left out are 0, as in C', () => {
    expect(ip_mreqn.decode(ip_mreqn.encode({ multiaddr: '239.1.1.1' }))).toEqual({
      multiaddr: '239.1.1.1',
      address: '0.0.0.0',
      ifindex: 0,
    })
    expect(linger.encode({})).toEqual(Buffer.alloc(linger.size))
  })

  test.each<[string, () => unknown, new (...args: never[]) => Error, string]>([
    [
      'a misspelt field',
      () => linger.encode({ onof: true } as object),
      TypeError,
      "linger has no field 'onof'",
    ],
    [
      'no object',
      () => linger.encode(null as never),
      TypeError,
      'linger must be an object, not null',
    ],
    ['a fraction', () => linger.encode({ linger: 0.5 }), TypeError, 'number 0.5'],
    ['text for a number', () => ucred.encode({ pid: '1' as never }), TypeError, 'string'],
    ['pid', () => ucred.encode({ pid: 2 ** 31 }), socket.OverflowError, 'ucred.pid does not fit'],
    ['uid', () => ucred.encode({ uid: -1 }), socket.OverflowError, 'ucred.uid does not fit'],
    ['gid', () => ucred.encode({ gid: 2 ** 32 }), socket.OverflowError, 'ucred.gid does not fit'],
    ['type', () => packet_mreq.encode({ type: 65536 }), socket.OverflowError, 'packet_mreq.type'],
    [
      '9 bytes',
      () => packet_mreq.encode({ address: Buffer.alloc(9) }),
      socket.ValueError,
      'at most 8',
    ],
    [
      'a name',
      () => ip_mreqn.encode({ multiaddr: 'localhost' }),
      socket.ValueError,
      "'localhost' is no numeric IPv4",
    ],
    ['IPv6 for IPv4', () => ip_mreqn.encode({ multiaddr: '::1' }), socket.ValueError, 'IPv4'],
    [
      'IPv4 for IPv6',
      () => ipv6_mreq.encode({ multiaddr: '127.0.0.1' }),
      socket.ValueError,
      'IPv6',
    ],
    [
      'a number for a host',
      () => ip_mreqn.encode({ address: 5 as never }),
      TypeError,
      'must be string',
    ],
    [
      'a name for either',
      () => group_req.encode({ group: 'all' }),
      socket.ValueError,
      "'all' is no numeric",
    ],
    [
      'nothing for either',
      () => group_req.encode({ group: '' }),
      socket.ValueError,
      "'' is no numeric",
    ],
    ['NaN seconds', () => timeval.encode(Number.NaN), socket.ValueError, 'NaN'],
    [
      'endless seconds',
      () => timeval.encode(Number.POSITIVE_INFINITY),
      socket.ValueError,
      'Infinity',
    ],
    ['seconds beyond any', () => timeval.encode(1e300), socket.OverflowError, 'timeval.sec'],
    ['text for seconds', () => timeval.encode('1' as never), TypeError, 'number of seconds'],
    ['type 256', () => icmp6_filter.encode([256]), socket.OverflowError, '0-255'],
    ['type -1', () => icmp6_filter.encode([-1]), socket.OverflowError, '0-255'],
    ['no types', () => icmp6_filter.encode(5 as never), TypeError, 'iterable'],
  ])('%s', (_, call, type, words) => {
    expect(call).toThrow(type)
    expect(call).toThrow(words)
  })

  test('timeval: seconds to a microsecond, and no positive time is 0', () => {
    const microseconds = fc.integer({ min: -1e12, max: 1e12 })
    fc.assert(
      fc.property(microseconds, (us) => {
        expect(Math.round(timeval.decode(timeval.encode(us / 1e6)) * 1e6)).toBe(us)
      }),
    )
    expect(timeval.decode(timeval.encode(1e-9))).toBe(1e-6)
    expect(timeval.decode(timeval.encode(1.9999999))).toBe(2)
  })
})

// What must not compile.
void (() => {
  // @ts-expect-error no such field
  linger.encode({ on: true })
  // @ts-expect-error a string is no number
  ucred.encode({ pid: '1' })
  // @ts-expect-error tcp_info cannot be set
  socket.tcp_info.encode({})
  const cred: { pid: number } = ucred.decode(Buffer.alloc(12))
  return [cred, AF_INET6]
})

describe.each(twins)('%s', (_, socket) => {
  describe('with the kernel', () => {
    test('SO_LINGER: what was set comes back, and 0 seconds make close a reset', async () => {
      const peer = python(`
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
try: print(c.recv(10))
except ConnectionResetError: print('reset')
`)
      const s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
      const asked = { onoff: true, linger: 0 }
      expect(linger.decode(s.getsockopt(SOL_SOCKET, socket.SO_LINGER, linger.size))).not.toEqual(
        asked,
      )
      s.setsockopt(SOL_SOCKET, socket.SO_LINGER, linger.encode(asked))
      expect(linger.decode(s.getsockopt(SOL_SOCKET, socket.SO_LINGER, linger.size))).toEqual(asked)
      s.close()
      expect(await peer.line()).toBe('reset')
    })

    test.each([socket.SO_RCVTIMEO, socket.SO_SNDTIMEO])(
      'timeval for option %i, rounded up to ticks',
      (option) => {
        using s = socket.socket()
        const get = () => timeval.decode(s.getsockopt(SOL_SOCKET, option, timeval.size))
        expect(get()).toBe(0)
        s.setsockopt(SOL_SOCKET, option, timeval.encode(1.25))
        expect(get()).toBeGreaterThanOrEqual(1.25)
        expect(get()).toBeLessThan(1.28)
        s.setsockopt(SOL_SOCKET, option, timeval.encode(1e-9))
        expect(get()).toBeGreaterThan(0)
      },
    )

    test.each([
      ['SO_LINGER', socket.SO_LINGER, [1, 4, 7]],
      ['SO_RCVTIMEO', socket.SO_RCVTIMEO, [1, 8, 15]],
    ])('%s with too few bytes: EINVAL; read into too few: ValueError', (_, option, sizes) => {
      using s = socket.socket()
      const codec = option === socket.SO_LINGER ? linger : timeval
      for (const size of sizes) {
        expect(() => s.setsockopt(SOL_SOCKET, option, Buffer.alloc(size))).toThrow(
          expect.objectContaining({ code: 'EINVAL' }),
        )
        const short = s.getsockopt(SOL_SOCKET, option, size)
        expect(short.length).toBeLessThanOrEqual(size)
        expect(() => codec.decode(short)).toThrow(socket.ValueError)
      }
    })

    test('SO_PEERCRED of a python3 process', async () => {
      const peer = python(
        `
import os
s = socket.socket(socket.AF_UNIX)
s.bind('\\0' + sys.argv[1])
s.listen()
print(os.getpid(), os.getuid(), os.getgid())
c, _ = s.accept()
c.recv(1)
`,
        `bsd-socket-peercred-${process.pid}`,
      )
      const [pid, uid, gid] = (await peer.line()).split(' ').map(Number)
      using s = socket.socket(AF_UNIX, SOCK_STREAM)
      await s.connect(Buffer.from(`\0bsd-socket-peercred-${process.pid}`))
      expect(socket.peer_credentials(s)).toEqual({ pid, uid, gid })
      expect(ucred.decode(s.getsockopt(SOL_SOCKET, socket.SO_PEERCRED, ucred.size))).toEqual({
        pid,
        uid,
        gid,
      })
    })

    test('SO_PEERCRED of a pair is this process; of no peer it is nobody; of a closed socket EBADF', () => {
      const [a, b] = socket.socketpair()
      const { pid } = process
      expect(socket.peer_credentials(a)).toEqual({
        pid,
        uid: process.getuid?.(),
        gid: process.getgid?.(),
      })
      a.close()
      b.close()
      expect(() => socket.peer_credentials(a)).toThrow(expect.objectContaining({ code: 'EBADF' }))
      using alone = socket.socket(AF_UNIX)
      expect(socket.peer_credentials(alone)).toEqual({ pid: 0, uid: 2 ** 32 - 1, gid: 2 ** 32 - 1 })
    })

    test('SO_TXTIME comes back', () => {
      using s = socket.socket(AF_INET, SOCK_DGRAM)
      const asked = { clockid: 1, flags: socket.SOF_TXTIME_REPORT_ERRORS }
      try {
        s.setsockopt(SOL_SOCKET, socket.SO_TXTIME, socket.sock_txtime.encode(asked))
      } catch (error) {
        expect(error).toBeInstanceOf(socket.PermissionError) // CLOCK_MONOTONIC is for the privileged
        return
      }
      const { size } = socket.sock_txtime
      expect(socket.sock_txtime.decode(s.getsockopt(SOL_SOCKET, socket.SO_TXTIME, size))).toEqual(
        asked,
      )
    })
  })
})
