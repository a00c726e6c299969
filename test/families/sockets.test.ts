// Which families this kernel has: socket(2) succeeds and fails as it does for
// python3. What it lacks is tested by its address forms alone, and that is said.

import * as socket from 'bsd-socket'
import { beforeEach, describe, expect, it } from 'vitest'
import { constants } from '#lib/native'
import { ask } from '../peer.js'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)

beforeEach((ctx) => {
  if (socket.AF_NETLINK === undefined) ctx.skip('the families here are those of Linux')
})

/**
 * What bind(2) makes of an address: the name the socket then has, or the errno.
 * Where a name would be the kernel's choice, the address is one it refuses.
 */
const bound: [family: string, type: string, proto: string | null, address: unknown[]][] = [
  ['AF_ALG', 'SOCK_SEQPACKET', null, ['hash', 'no-such-hash']],
  ['AF_CAN', 'SOCK_RAW', 'CAN_RAW', ['']],
  ['AF_CAN', 'SOCK_DGRAM', 'CAN_ISOTP', ['', 1, 2]],
  ['AF_CAN', 'SOCK_DGRAM', 'CAN_J1939', ['', 0, 0x40000, 0xff]],
  ['AF_QIPCRTR', 'SOCK_DGRAM', null, [0xdead, 1]],
  ['AF_RDS', 'SOCK_SEQPACKET', null, ['192.0.2.1', 1234]],
  ['AF_TIPC', 'SOCK_RDM', null, [1, 18888, 7, 2, 3]],
  ['AF_BLUETOOTH', 'SOCK_STREAM', 'BTPROTO_RFCOMM', [socket.BDADDR_ANY, 0]],
]

const binding = `
import json, socket, sys
family, type, proto, address = json.load(sys.stdin)
try:
    s = socket.socket(getattr(socket, family), getattr(socket, type), getattr(socket, proto) if proto else 0)
    s.bind(tuple(address))
    print(json.dumps(s.getsockname()))
except OSError as e: print(json.dumps(e.errno))
except AttributeError as e: print(json.dumps(str(e)))
`

/** Every family with some types and protocols, and the errno that python3 gets for each, or 0. */
const families = Object.keys(constants).filter((name) => name.startsWith('AF_'))
const rows = families.flatMap((name) =>
  [1, 2, 3, 5].flatMap((type) => [0, 1, 6].map((proto) => [constants[name], type, proto])),
)
const opened = ask<number[]>(
  `
import json, socket, sys
def attempt(row):
    try: socket.socket(*row).close()
    except OSError as e: return e.errno
    return 0
print(json.dumps([attempt(row) for row in json.load(sys.stdin)]))
`,
  JSON.stringify(rows),
)

describe.each(twins)('%s', (_, socket) => {
  /** 0, or the errno of socket(2). */
  function attempt(family: number, type: number, proto: number): number | null {
    try {
      new socket.socket(family, type, proto).close()
      return 0
    } catch (error) {
      if (error instanceof socket.OSError) return error.errno
      throw error
    }
  }

  it('opens what python3 opens, and fails with the same errno', () => {
    expect(
      rows.map(([family, type, proto]) => [family, type, proto, attempt(family, type, proto)]),
    ).toEqual(rows.map((row, i) => [...row, opened[i]]))
  })

  for (const row of bound) {
    const [family, type, proto, address] = row
    const name = proto === null ? family : `${family} ${proto}`
    it(`binds ${name} as python3 does, if the kernel has it`, async (ctx) => {
      const lacks = (why: string) => {
        console.log(`only the address forms are tested of ${name}: ${why}`)
        ctx.skip(why)
      }
      const number = proto === null ? 0 : constants[proto]
      const errno = attempt(constants[family], constants[type], number)
      if (errno !== 0) return lacks(`this kernel's socket(2) gives errno ${errno}`)
      using s = new socket.socket(constants[family], constants[type], number)
      const pythons = ask(binding, JSON.stringify(row))
      if (typeof pythons === 'string') return lacks(`this python3: ${pythons}`)
      expect(await outcome(s, address)).toEqual(pythons)
    })
  }

  async function outcome(s: socket.socket, address: unknown[]): Promise<unknown> {
    try {
      await s.bind(address as unknown as socket.Address)
      return s.getsockname()
    } catch (error) {
      if (error instanceof socket.OSError) return error.errno
      throw error
    }
  }
})
