// Sockaddrs of every family, read by us and by Python itself, whether this kernel
// has the family or not.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Field, Layout } from '#lib/layout.gen'
import { constants, layout } from '#lib/native'
import { decode, type Kind, kindName, Oracle } from './oracle.js'

let oracle: Oracle
beforeAll(() => {
  oracle = new Oracle()
})
afterAll(() => oracle.dispose())

const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

interface Row extends Kind {
  readonly struct: keyof Layout
  /** What must not be left to chance. */
  readonly fields?: Readonly<Record<string, fc.Arbitrary<number>>>
  /** Whether the bytes are text. */
  readonly ascii?: boolean
}

/** A sockaddr of random bytes, with some fields set; one in ten is cut short, as kernels do. */
function sockaddr({ family, struct, fields = {}, ascii = false }: Row): fc.Arbitrary<string> {
  const places = layout[struct] as unknown as Readonly<Record<string, Field>> & { size: number }
  const size = places.size
  const random = fc.uint8Array({ minLength: size, maxLength: size, max: ascii ? 127 : 255 })
  const whole = fc.nat(9).map((n) => n > 0)
  const cut = fc.integer({ min: 2, max: size })
  return fc.tuple(random, fc.record(fields), whole, cut).map(([raw, values, uncut, end]) => {
    const bytes = Buffer.from(raw)
    const put = ({ offset, size: width }: Field, value: number) =>
      little ? bytes.writeUIntLE(value, offset, width) : bytes.writeUIntBE(value, offset, width)
    put(layout.sockaddr.sa_family, constants[family])
    for (const [name, value] of Object.entries(values)) put(places[name], value)
    return bytes.subarray(0, uncut ? size : end).toString('hex')
  })
}

/** No interface, one that is everywhere, one that is not there. */
const interfaces = fc.constantFrom(0, 1, 0x7ffffff0)
const can = {
  family: 'AF_CAN',
  struct: 'sockaddr_can',
  fields: { can_ifindex: interfaces },
} as const

const rows: Row[] = [
  { family: 'AF_NETLINK', struct: 'sockaddr_nl' },
  { family: 'AF_VSOCK', struct: 'sockaddr_vm' },
  { family: 'AF_QIPCRTR', struct: 'sockaddr_qrtr' },
  {
    family: 'AF_PACKET',
    struct: 'sockaddr_ll',
    fields: { sll_ifindex: interfaces, sll_halen: fc.nat(8) },
  },
  { ...can, proto: 'CAN_RAW' },
  { ...can, proto: 'CAN_BCM' },
  { ...can, proto: 'CAN_ISOTP' },
  { ...can, proto: 'CAN_J1939' },
  { family: 'AF_ALG', struct: 'sockaddr_alg', ascii: true },
  { family: 'AF_TIPC', struct: 'sockaddr_tipc', fields: { addrtype: fc.nat(4) } },
]

for (const row of rows) {
  it(`reads ${kindName(row)} addresses as Python does`, (ctx) => {
    if (layout[row.struct] === undefined) return ctx.skip(`no struct ${row.struct} here`)
    const given = fc.sample(sockaddr(row), 300)
    const pythons = oracle.decode(row, given)
    if (typeof pythons === 'string') return ctx.skip(pythons)
    const ours = given.map((hex) => decode(row, hex))
    const named = (outcome: unknown, i: number) => [given[i], outcome]
    expect(ours.map(named)).toEqual(pythons.map(named))
  })
}

it('reads an unknown family as Python does: its number and its bytes', (ctx) => {
  const kind = { family: 'AF_INET' }
  const given = fc.sample(fc.uint8Array({ minLength: 14, maxLength: 14 }), 50).map((raw) => {
    const bytes = Buffer.concat([Buffer.from(new Uint16Array([99]).buffer), raw])
    return bytes.toString('hex')
  })
  const pythons = oracle.decode(kind, given)
  if (typeof pythons === 'string') return ctx.skip(pythons)
  expect(given.map((hex) => decode(kind, hex))).toEqual(pythons)
})

it('keeps what Python cuts off: an address of more than 14 bytes, or fewer', () => {
  const family = Buffer.from(new Uint16Array([99]).buffer).toString('hex')
  for (const raw of ['', '01', '02'.repeat(30)]) {
    expect(decode({ family: 'AF_INET' }, family + raw)).toEqual({ ok: [99, { b: raw }] })
  }
})
