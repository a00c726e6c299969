// Every family's sockaddr against one laid out by hand with Python's struct; what
// comes back; and Bluetooth's forms, which few Pythons know.

import fc from 'fast-check'
import { beforeEach, expect, it } from 'vitest'
import { constants } from '#lib/native'
import { ask } from '../peer.js'
import { decode, encode, type Kind, kindName, plain } from './oracle.js'

beforeEach((ctx) => {
  if (constants.AF_NETLINK === undefined) ctx.skip('the families here are those of Linux')
})

/** Family and protocol, an address, struct's format and values, the address as it comes back. */
type Row = [kind: Kind, address: unknown, format: string, values: unknown[], back?: unknown]

const mac = Buffer.from('0242ac110002', 'hex')
const padded = (text: string) => ({ b: Buffer.from(text).toString('hex') })
const kind = (family: string, proto?: string): Kind => ({ family, ...(proto && { proto }) })
const LO = { b: 'lo' } // stands for the index of lo

const rows: Row[] = [
  [kind('AF_NETLINK'), [0, 0], 'HHII', [16, 0, 0, 0]],
  [kind('AF_NETLINK'), [1234, 0x80000001], 'HHII', [16, 0, 1234, 0x80000001]],
  [kind('AF_VSOCK'), [0xffffffff, 1024], 'HHIIB3x', [40, 0, 1024, 0xffffffff, 0]],
  [kind('AF_QIPCRTR'), [1, 0xfffffffe], 'HHII', [42, 0, 1, 0xfffffffe]],
  [
    kind('AF_PACKET'),
    ['lo', 0x0806, 4, 1, mac],
    'H2siHBB8s',
    [17, { b: '0806' }, LO, 1, 4, 6, plain(mac)],
  ],
  [
    kind('AF_PACKET'),
    ['lo', 3],
    'H2siHBB8s',
    [17, { b: '0003' }, LO, 0, 0, 0, { b: '' }],
    ['lo', 3, 0, 0, Buffer.alloc(0)],
  ],
  [kind('AF_CAN', 'CAN_RAW'), ['lo'], 'HHi16x', [29, 0, LO]],
  [kind('AF_CAN', 'CAN_RAW'), [Buffer.from('lo')], 'HHi16x', [29, 0, LO], ['lo']],
  [kind('AF_CAN', 'CAN_BCM'), [''], 'HHi16x', [29, 0, 0]],
  [
    kind('AF_CAN', 'CAN_ISOTP'),
    ['lo', 0x80000123, 0x321],
    'HHiII8x',
    [29, 0, LO, 0x80000123, 0x321],
  ],
  [
    kind('AF_CAN', 'CAN_J1939'),
    ['lo', 2n ** 53n, 0x40000, 0xff],
    'HHiQIB3x',
    [29, 0, LO, { i: String(2n ** 53n) }, 0x40000, 0xff],
  ],
  [
    kind('AF_CAN', 'CAN_J1939'),
    ['lo', 2n ** 53n - 1n, 0, 1],
    'HHiQIB3x',
    [29, 0, LO, 2 ** 53 - 1, 0, 1],
    ['lo', 2 ** 53 - 1, 0, 1],
  ],
  [
    kind('AF_ALG'),
    ['skcipher', 'cbc(aes)', 1, 2],
    'H14sII64s',
    [38, padded('skcipher'), 1, 2, padded('cbc(aes)')],
  ],
  [
    kind('AF_ALG'),
    ['hash', 'sha256'],
    'H14sII64s',
    [38, padded('hash'), 0, 0, padded('sha256')],
    ['hash', 'sha256', 0, 0],
  ],
  [kind('AF_TIPC'), [1, 18888, 2, 7, 3], 'HBbIII', [30, 1, 3, 18888, 2, 7]],
  [kind('AF_TIPC'), [2, 18888, 17, 0], 'HBbIII', [30, 2, 2, 18888, 17, 0], [2, 18888, 17, 17, 2]],
  // The struct has the reference first.
  [kind('AF_TIPC'), [3, 0x01001001, 99, 0, 1], 'HBbII4x', [30, 3, 1, 99, 0x01001001]],
  [
    kind('AF_BLUETOOTH', 'BTPROTO_L2CAP'),
    ['01:23:45:67:89:AB', 0x1001],
    'H2s6s2sBx',
    [31, { b: '0110' }, { b: 'ab8967452301' }, { b: '0000' }, 0],
  ],
  [
    kind('AF_BLUETOOTH', 'BTPROTO_L2CAP'),
    ['01:23:45:67:89:AB', 1, 4],
    'H2s6s2sBx',
    [31, { b: '0100' }, { b: 'ab8967452301' }, { b: '0400' }, 0],
  ],
  [
    kind('AF_BLUETOOTH', 'BTPROTO_L2CAP'),
    ['01:23:45:67:89:AB', 0, 4, 2],
    'H2s6s2sBx',
    [31, { b: '0000' }, { b: 'ab8967452301' }, { b: '0400' }, 2],
  ],
  [
    kind('AF_BLUETOOTH', 'BTPROTO_RFCOMM'),
    ['00:00:00:FF:FF:FF', 30],
    'H6sBx',
    [31, { b: 'ffffff000000' }, 30],
  ],
  [kind('AF_BLUETOOTH', 'BTPROTO_HCI'), 5, 'HHH', [31, 5, 0]],
  [kind('AF_BLUETOOTH', 'BTPROTO_HCI'), [5], 'HHH', [31, 5, 0], 5],
  [kind('AF_BLUETOOTH', 'BTPROTO_HCI'), [0xffff, 3], 'HHH', [31, 0xffff, 3]],
  [kind('AF_BLUETOOTH', 'BTPROTO_SCO'), '01:23:45:67:89:AB', 'H6s', [31, { b: 'ab8967452301' }]],
  [
    kind('AF_BLUETOOTH', 'BTPROTO_SCO'),
    Buffer.from('1:2:0x3:4:5:a'),
    'H6s',
    [31, { b: '0a0504030201' }],
    '01:02:03:04:05:0A',
  ],
  [
    kind('AF_XDP'),
    Buffer.from('00010203', 'hex'),
    'H4s',
    [44, { b: '00010203' }],
    [44, Buffer.from('00010203', 'hex')],
  ],
]

/** The sockaddrs as Python's struct lays them out, in hex. */
const laidOut = () =>
  ask<string[]>(
    `
import json, socket, struct, sys
lo = socket.if_nametoindex('lo')
def value(x):
    if not isinstance(x, dict): return x
    if 'i' in x: return int(x['i'])
    return lo if x['b'] == 'lo' else bytes.fromhex(x['b'])
print(json.dumps([struct.pack('=' + f, *map(value, v)).hex() for f, v in json.load(sys.stdin)]))
`,
    JSON.stringify(rows.map(([, , format, values]) => [format, values])),
  )

it('writes each sockaddr as struct lays it out, and reads it back', () => {
  const expected = laidOut()
  const written = rows.map(([kind, address]) => encode(kind, address))
  const label = (i: number) => `${kindName(rows[i][0])} ${JSON.stringify(plain(rows[i][1]))}`
  const named = (list: unknown[]) => list.map((item, i) => [label(i), item])
  expect(named(written)).toEqual(named(expected.map((ok) => ({ ok }))))
  const read = rows.map(([kind], i) => decode(kind, expected[i]))
  const back = rows.map(([, address, , , out = address]) => ({ ok: plain(out) }))
  expect(named(read)).toEqual(named(back))
})

const device = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((raw) =>
  Array.from(raw, (byte) => byte.toString(16).padStart(2, '0'))
    .join(':')
    .toUpperCase(),
)
const [u8, u16] = [fc.nat(0xff), fc.nat(0xffff)]
const some = (most: number) => fc.integer({ min: 1, max: most })

/** Addresses in the form in which they come back. */
const bluetooth: [proto: string, addresses: fc.Arbitrary<unknown>][] = [
  ['BTPROTO_L2CAP', fc.tuple(device, u16)],
  ['BTPROTO_L2CAP', fc.tuple(device, u16, some(0xffff))],
  ['BTPROTO_L2CAP', fc.tuple(device, u16, u16, some(0xff))],
  ['BTPROTO_RFCOMM', fc.tuple(device, u8)],
  ['BTPROTO_HCI', u16],
  ['BTPROTO_HCI', fc.tuple(u16, some(0xffff))],
  ['BTPROTO_SCO', device],
]

it('gives every Bluetooth address back as it was', () => {
  for (const [proto, addresses] of bluetooth) {
    fc.assert(
      fc.property(addresses, (address) => {
        const bluetooth = kind('AF_BLUETOOTH', proto)
        const written = encode(bluetooth, address)
        expect(decode(bluetooth, 'ok' in written ? String(written.ok) : '')).toEqual({
          ok: address,
        })
      }),
    )
  }
})

const wrong = 'bind(): wrong format'
const bad = 'bad bluetooth address'
const refused: [proto: string, address: unknown, error: string, text: string][] = [
  ['BTPROTO_L2CAP', '01:23:45:67:89:AB', 'OSError', wrong],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:AB'], 'OSError', wrong],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:AB', '1'], 'OSError', wrong],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:AB', 1, 2, 3, 4], 'OSError', wrong],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:AB\0', 1], 'OSError', wrong],
  ['BTPROTO_L2CAP', ['01:23:45:67:89', 1], 'OSError', bad],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:AB ', 1], 'OSError', bad],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:AB:CD', 1], 'OSError', bad],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:1AB', 1], 'OSError', bad],
  ['BTPROTO_L2CAP', ['01:23:45:67:89:-1', 1], 'OSError', bad],
  ['BTPROTO_L2CAP', ['01-23-45-67-89-AB', 1], 'OSError', bad],
  ['BTPROTO_L2CAP', ['', 1], 'OSError', bad],
  ['BTPROTO_RFCOMM', ['01:23:45:67:89:AB', 1, 2], 'OSError', wrong],
  ['BTPROTO_RFCOMM', ['x', 1], 'OSError', bad],
  ['BTPROTO_HCI', '0', 'OSError', wrong],
  ['BTPROTO_HCI', 1.5, 'OSError', wrong],
  ['BTPROTO_HCI', [], 'OSError', wrong],
  ['BTPROTO_HCI', [1, 2, 3], 'OSError', wrong],
  ['BTPROTO_SCO', ['01:23:45:67:89:AB'], 'OSError', wrong],
  ['BTPROTO_SCO', 1, 'OSError', wrong],
  ['BTPROTO_SCO', '01:23:45:67:89:AB\0', 'ValueError', 'embedded null character'],
  ['BTPROTO_SCO', 'bluetooth', 'OSError', bad],
  ['BTPROTO_BNEP', 1, 'OSError', 'bind(): unknown Bluetooth protocol'],
]

it("refuses bad Bluetooth addresses with Python's classes and words", () => {
  for (const [proto, address, error, text] of refused) {
    const outcome = encode(kind('AF_BLUETOOTH', proto), address)
    expect([proto, address, outcome]).toEqual([proto, address, { error, text, errno: null }])
  }
  const [one, hex] = [
    kind('AF_BLUETOOTH', 'BTPROTO_BNEP'),
    Buffer.from(new Uint16Array([31]).buffer),
  ]
  const text = 'Unknown Bluetooth protocol'
  expect(decode(one, hex.toString('hex'))).toEqual({ error: 'ValueError', text, errno: null })
})

it('takes Bluetooth numbers modulo their width, as Python does', () => {
  const [l2cap, hci] = [kind('AF_BLUETOOTH', 'BTPROTO_L2CAP'), kind('AF_BLUETOOTH', 'BTPROTO_HCI')]
  const one = '00:00:00:00:00:01'
  expect(encode(l2cap, [one, 65537, -1, 258])).toEqual(encode(l2cap, [one, 1, 65535, 2]))
  expect(encode(hci, -1)).toEqual(encode(hci, constants.HCI_DEV_NONE))
})

it('leaves nothing of an earlier address in a sockaddr', () => {
  const alg = kind('AF_ALG')
  const expected = encode(alg, ['hash', 'md5'])
  encode(alg, ['x'.repeat(13), 'y'.repeat(63), -1, -1])
  expect(encode(alg, ['hash', 'md5'])).toEqual(expected)
})
