// Named control messages: level, type and bytes are Python's, both ways.

import * as socket from 'bsd-socket'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rows as table } from '#lib/cmsgrows'
import { native } from '#lib/native'
import { ask } from '../peer.js'

const { decode_ancillary, encode_ancillary } = socket

const v6 = (host: string) => `socket.inet_pton(socket.AF_INET6, '${host}')`
const v4 = (host: string) => `socket.inet_aton('${host}')`
const port = (n: number) => `struct.pack('>H', ${n})`

const icmp = { errno: 111, origin: 2, type: 3, code: 3, info: 1400, data: 7 }
const icmpBytes = "struct.pack('@IBBBxII', 111, 2, 3, 3, 1400, 7)"

/** The message, and Python's (level, type, data). Numbers where Python 3.11 has no name. */
const rows: [socket.AncillaryInput & { name: socket.AncillaryName }, string][] = [
  [
    { name: 'SCM_RIGHTS', value: [0, 1, 2147483647] },
    "S, socket.SCM_RIGHTS, struct.pack('@3i', 0, 1, 2**31 - 1)",
  ],
  [
    { name: 'SCM_CREDENTIALS', value: { pid: 7, uid: 4294967295, gid: 5 } },
    "S, socket.SCM_CREDENTIALS, struct.pack('@iII', 7, 2**32 - 1, 5)",
  ],
  [{ name: 'SCM_PIDFD', value: 12 }, "S, 4, struct.pack('@i', 12)"],
  [{ name: 'SCM_PIDFD', value: -3 }, "S, 4, struct.pack('@i', -3)"],
  [
    { name: 'SCM_TIMESTAMP', value: 1_700_000_000_123_456_000n },
    "S, 29, struct.pack('@ll', 1700000000, 123456)",
  ],
  [
    { name: 'SCM_TIMESTAMPNS', value: 1_700_000_000_123_456_789n },
    "S, 35, struct.pack('@ll', 1700000000, 123456789)",
  ],
  [{ name: 'SCM_TIMESTAMPNS', value: -1n }, "S, 35, struct.pack('@ll', -1, 999999999)"],
  [
    { name: 'SCM_TIMESTAMPING', value: { software: 1_000_000_001n, hardware: null } },
    "S, 37, struct.pack('@6l', 1, 1, 0, 0, 0, 0)",
  ],
  [
    { name: 'SCM_TIMESTAMPING', value: { software: null, hardware: 2_000_000_003n } },
    "S, 37, struct.pack('@6l', 0, 0, 0, 0, 2, 3)",
  ],
  [
    { name: 'SCM_TIMESTAMPING_PKTINFO', value: { ifindex: 3, length: 1514 } },
    "S, 58, struct.pack('@4I', 3, 1514, 0, 0)",
  ],
  [{ name: 'SCM_TXTIME', value: 2n ** 64n - 1n }, "S, 61, struct.pack('@Q', 2**64 - 1)"],
  [{ name: 'SCM_TS_OPT_ID', value: 4294967295 }, "S, 81, struct.pack('@I', 2**32 - 1)"],
  [{ name: 'SCM_INQ', value: 5 }, "S, 84, struct.pack('@i', 5)"],
  [{ name: 'SO_RXQ_OVFL', value: 4294967295 }, "S, 40, struct.pack('@I', 2**32 - 1)"],
  [{ name: 'SO_MARK', value: 4294967295 }, "S, socket.SO_MARK, struct.pack('@I', 2**32 - 1)"],
  [{ name: 'SO_PRIORITY', value: 6 }, "S, socket.SO_PRIORITY, struct.pack('@I', 6)"],
  [
    { name: 'IP_PKTINFO', value: { ifindex: 1, spec_dst: '127.0.0.2', addr: '10.1.2.3' } },
    `I, 8, struct.pack('@i', 1) + ${v4('127.0.0.2')} + ${v4('10.1.2.3')}`,
  ],
  [{ name: 'IP_TTL', value: 64 }, "I, socket.IP_TTL, struct.pack('@i', 64)"],
  [{ name: 'IP_TOS', value: 0xb8 }, "I, socket.IP_TOS, struct.pack('@i', 0xb8)"],
  [
    { name: 'IP_RECVERR', value: { ...icmp, offender: ['192.0.2.1', 0] } },
    `I, 11, ${icmpBytes} + struct.pack('@HH', socket.AF_INET, 0) + ${v4('192.0.2.1')} + bytes(8)`,
  ],
  [{ name: 'IP_RECVERR', value: { ...icmp, offender: null } }, `I, 11, ${icmpBytes}`],
  [
    { name: 'IP_ORIGDSTADDR', value: ['192.0.2.1', 8080] },
    `I, 20, struct.pack('@H', socket.AF_INET) + ${port(8080)} + ${v4('192.0.2.1')} + bytes(8)`,
  ],
  [{ name: 'IP_RECVFRAGSIZE', value: 1400 }, "I, 25, struct.pack('@i', 1400)"],
  [
    { name: 'IPV6_PKTINFO', value: { addr: 'fe80::1', ifindex: 4294967295 } },
    `I6, socket.IPV6_PKTINFO, ${v6('fe80::1')} + struct.pack('@I', 2**32 - 1)`,
  ],
  [{ name: 'IPV6_HOPLIMIT', value: -1 }, "I6, socket.IPV6_HOPLIMIT, struct.pack('@i', -1)"],
  [{ name: 'IPV6_TCLASS', value: 255 }, "I6, socket.IPV6_TCLASS, struct.pack('@i', 255)"],
  [
    { name: 'IPV6_RECVERR', value: { ...icmp, offender: ['2001:db8::1', 0, 5, 6] } },
    `I6, 25, ${icmpBytes} + struct.pack('@HH', socket.AF_INET6, 0) + struct.pack('>I', 5) + ${v6('2001:db8::1')} + struct.pack('@I', 6)`,
  ],
  [
    { name: 'IPV6_ORIGDSTADDR', value: ['::1', 53, 0, 0] },
    `I6, 74, struct.pack('@H', socket.AF_INET6) + ${port(53)} + bytes(4) + ${v6('::1')} + bytes(4)`,
  ],
  [{ name: 'IPV6_RECVFRAGSIZE', value: 1280 }, "I6, 77, struct.pack('@i', 1280)"],
  [{ name: 'UDP_SEGMENT', value: 65535 }, "17, 103, struct.pack('@H', 65535)"],
  [{ name: 'UDP_GRO', value: 1400 }, "17, 104, struct.pack('@i', 1400)"],
  [{ name: 'TCP_CM_INQ', value: 3 }, "6, 36, struct.pack('@i', 3)"],
  [
    {
      name: 'PACKET_AUXDATA',
      value: { status: 1, len: 2, snaplen: 3, mac: 4, net: 5, vlan_tci: 6, vlan_tpid: 0x8100 },
    },
    "263, 8, struct.pack('@IIIHHHH', 1, 2, 3, 4, 5, 6, 0x8100)",
  ],
  [{ name: 'NETLINK_PKTINFO', value: 31 }, "270, 3, struct.pack('@I', 31)"],
]

test('encode gives the level, type and bytes of Python, and decode the value again', () => {
  const packed = ask<[number, number, string][]>(`
import json, socket, struct
S, I, I6 = socket.SOL_SOCKET, socket.IPPROTO_IP, socket.IPPROTO_IPV6
print(json.dumps([(l, t, d.hex()) for l, t, d in [
${rows.map(([, expression]) => `(${expression}),`).join('\n')}
]]))`)
  for (const [index, [message]] of rows.entries()) {
    const [level, type, data] = encode_ancillary(message)
    expect([level, type, data.toString('hex')], message.name).toEqual(packed[index])
    const [decoded] = decode_ancillary([[level, type, Buffer.from(packed[index][2], 'hex')]])
    expect(decoded, message.name).toEqual({ ...message, level, type })
    // What was received may be sent on as it is.
    expect(encode_ancillary(decoded), message.name).toEqual([level, type, data])
  }
})

test('every name of the table is in the rows above', () => {
  expect([...new Set(rows.map(([{ name }]) => name))].sort()).toEqual(Object.keys(table()).sort())
})

test('the 64-bit times of *_NEW options have the same names', () => {
  const { SOL_SOCKET, SO_TIMESTAMP_NEW, SO_TIMESTAMPNS_NEW, SO_TIMESTAMPING_NEW } = socket
  const words = BigInt64Array.of(5n, 6n, 0n, 0n, 7n, 8n)
  const bytes = Buffer.from(words.buffer)
  expect(
    decode_ancillary([
      [SOL_SOCKET, SO_TIMESTAMP_NEW, bytes.subarray(0, 16)],
      [SOL_SOCKET, SO_TIMESTAMPNS_NEW, bytes.subarray(0, 16)],
      [SOL_SOCKET, SO_TIMESTAMPING_NEW, bytes],
    ]),
  ).toMatchObject([
    { name: 'SCM_TIMESTAMP', value: 5_000_006_000n },
    { name: 'SCM_TIMESTAMPNS', value: 5_000_000_006n },
    { name: 'SCM_TIMESTAMPING', value: { software: 5_000_000_006n, hardware: 7_000_000_008n } },
  ])
})

test('IP_TOS is a byte when received', () => {
  const received: socket.AncData = [socket.IPPROTO_IP, socket.IP_TOS, Buffer.from([0xb8])]
  expect(decode_ancillary([received])).toMatchObject([{ name: 'IP_TOS', value: 0xb8 }])
})

describe('what has no name', () => {
  test('an unknown message keeps its data', () => {
    const data = Buffer.from('data')
    const [message] = decode_ancillary([[4711, 12, data]])
    expect(message).toEqual({ name: null, level: 4711, type: 12, data })
    expect(encode_ancillary(message)).toEqual([4711, 12, data])
  })

  test('a message that was cut short keeps its data', () => {
    for (const [message] of rows) {
      const [level, type, data] = encode_ancillary(message)
      const short = data.subarray(0, table()[message.name][2].size - 1)
      expect(decode_ancillary([[level, type, short]])).toEqual([
        { name: null, level, type, data: short },
      ])
    }
  })

  test('an error whose offender was cut short has none', () => {
    const [level, type, data] = encode_ancillary({
      name: 'IP_RECVERR',
      value: { ...icmp, offender: ['192.0.2.1', 0] },
    })
    for (const length of [16, 17, 18, 31]) {
      const [message] = decode_ancillary([[level, type, data.subarray(0, length)]])
      expect(message).toMatchObject({ name: 'IP_RECVERR', value: { ...icmp, offender: null } })
    }
  })

  test('any bytes under any name are a value or unnamed, never an error', () => {
    for (const [message] of rows) {
      const [level, type] = encode_ancillary(message)
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
          const [decoded] = decode_ancillary([[level, type, Buffer.from(bytes)]])
          expect(decoded.name).toBe(
            bytes.length < table()[message.name][2].size ? null : message.name,
          )
        }),
        { numRuns: 30 },
      )
    }
  })
})

test('fields left out of a message are 0', () => {
  const [, , data] = encode_ancillary({ name: 'IP_PKTINFO', value: { spec_dst: '127.0.0.2' } })
  expect([...data]).toEqual([0, 0, 0, 0, 127, 0, 0, 2, 0, 0, 0, 0])
})

test.each<[string, unknown, new (...args: never[]) => Error, string]>([
  ['no object', null, TypeError, 'must be an object'],
  [
    'an unknown name',
    { name: 'IP_NOTHING', value: 1 },
    socket.ValueError,
    "unknown control message 'IP_NOTHING'",
  ],
  [
    'a name of Object',
    { name: 'toString', value: 1 },
    socket.ValueError,
    'unknown control message',
  ],
  ['no name', { value: 1 }, socket.ValueError, 'unknown control message'],
  ['no value', { name: 'IP_TTL' }, TypeError, 'undefined'],
  ['text', { name: 'IP_TTL', value: '64' }, TypeError, 'string'],
  ['too large', { name: 'IP_TTL', value: 2 ** 31 }, socket.OverflowError, 'IP_TTL'],
  [
    'too large a segment',
    { name: 'UDP_SEGMENT', value: 65536 },
    socket.OverflowError,
    'UDP_SEGMENT',
  ],
  ['a negative mark', { name: 'SO_MARK', value: -1 }, socket.OverflowError, 'SO_MARK'],
  [
    'a time beyond 64 bits',
    { name: 'SCM_TXTIME', value: 2n ** 64n },
    socket.OverflowError,
    'SCM_TXTIME',
  ],
  ['a fd beyond int', { name: 'SCM_RIGHTS', value: [2 ** 31] }, socket.OverflowError, 'maximum'],
  ['no array of fds', { name: 'SCM_RIGHTS', value: 5 }, TypeError, 'iterable'],
  [
    'a misspelt field',
    { name: 'IP_PKTINFO', value: { specdst: '1.1.1.1' } },
    TypeError,
    "no field 'specdst'",
  ],
  [
    'no address',
    { name: 'IP_PKTINFO', value: { spec_dst: 'localhost' } },
    socket.ValueError,
    'numeric',
  ],
  ['an odd pair', { name: 'IP_ORIGDSTADDR', value: 'x' }, TypeError, 'AF_INET'],
  ['text for data', { name: null, level: 1, type: 1, data: 'x' }, TypeError, 'bytes-like'],
])('%s', (_, message, type, words) => {
  const call = () => encode_ancillary(message as socket.AncillaryInput)
  expect(call).toThrow(type)
  expect(call).toThrow(words)
})

test('the walk over any control bytes stays inside them', () => {
  const header = fc.record({
    length: fc.oneof(fc.nat(80), fc.constantFrom(0, 15, 16, 17, 2 ** 31, 2 ** 32 - 1)),
    high: fc.constantFrom(0, 0, 0, 1, 0xffffffff),
    rest: fc.uint8Array({ maxLength: 40 }),
  })
  fc.assert(
    fc.property(fc.array(header, { maxLength: 6 }), fc.nat(7), (headers, shift) => {
      const parts = headers.map(({ length, high, rest }) => {
        const head = new Uint32Array([length, high, 1, 1])
        return Buffer.concat([Buffer.from(head.buffer), rest])
      })
      const control = Buffer.concat([Buffer.alloc(shift), ...parts]).subarray(shift)
      const flat = native.cmsgWalk(control, control.length)
      expect(flat.length % 4).toBe(0)
      for (let i = 0; i < flat.length; i += 4) {
        expect(flat[i + 2]).toBeGreaterThanOrEqual(0)
        expect(flat[i + 3]).toBeGreaterThanOrEqual(0)
        expect(flat[i + 2] + flat[i + 3]).toBeLessThanOrEqual(control.length)
      }
    }),
    { numRuns: 2000 },
  )
})

// What must not compile.
void ((message: socket.Ancillary) => {
  if (message.name === 'IP_TTL') {
    const ttl: number = message.value
    return ttl
  }
  if (message.name === 'SCM_TIMESTAMP') {
    // @ts-expect-error a time is a bigint
    const time: number = message.value
    return time
  }
  // @ts-expect-error an unknown message has no value
  if (message.name === null) return message.value
  // @ts-expect-error no such name
  encode_ancillary({ name: 'IP_NOTHING', value: 1 })
  // @ts-expect-error the wrong value for the name
  encode_ancillary({ name: 'IP_TTL', value: { ifindex: 1 } })
  return null
})
