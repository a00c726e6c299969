// What compiles: an address belongs to its family. The compiler is the test; it
// runs over this file with the rest.

import * as socket from 'bsd-socket'
import { expectTypeOf, it } from 'vitest'

/** Never called: only what it says of types counts. */
function addresses() {
  const netlink = new socket.socket(socket.AF_NETLINK)
  netlink.bind([0, 0])
  // @ts-expect-error a pair
  netlink.bind([0])
  // @ts-expect-error numbers
  netlink.bind(['0', 0])
  expectTypeOf(netlink.getsockname()).toEqualTypeOf<[pid: number, groups: number]>()

  const packet = new socket.socket(socket.AF_PACKET)
  packet.bind(['lo', 3])
  packet.bind(['lo', 3, socket.PACKET_HOST, 0, new Uint8Array(6)])
  // @ts-expect-error the protocol
  packet.bind(['lo'])
  // @ts-expect-error bytes
  packet.bind(['lo', 3, 0, 0, '02:00:00:00:00:0a'])
  expectTypeOf(packet.recvfrom(1)[1]).toEqualTypeOf<socket.PacketOut>()

  const vsock = new socket.socket(socket.AF_VSOCK)
  vsock.connect([socket.VMADDR_CID_HOST, 1024])
  // @ts-expect-error a context id
  vsock.connect(['localhost', 1024])

  const can = new socket.socket(socket.AF_CAN)
  can.bind(['vcan0'])
  can.bind(['vcan0', 0x123, 0x321])
  can.bind(['vcan0', 2n ** 60n, 0x40000, 0xff])
  // @ts-expect-error a name
  can.bind([1])

  const bluetooth = new socket.socket(socket.AF_BLUETOOTH)
  bluetooth.bind([socket.BDADDR_ANY, 1])
  bluetooth.bind(0)
  bluetooth.bind(socket.BDADDR_LOCAL)
  // @ts-expect-error the device first
  bluetooth.bind([1, socket.BDADDR_ANY])

  new socket.socket(socket.AF_ALG).bind(['hash', 'sha256'])
  new socket.socket(socket.AF_TIPC).bind([socket.TIPC_ADDR_NAME, 18888, 17, 0])
  new socket.socket(socket.AF_QIPCRTR).bind([1, 2])
  new socket.socket(socket.AF_RDS).bind(['127.0.0.1', 18634])
  // @ts-expect-error TIPC has no pairs
  new socket.socket(socket.AF_TIPC).bind([1, 2])
  // @ts-expect-error ALG has names
  new socket.socket(socket.AF_ALG).bind([1, 2])

  const raw = new socket.socket(socket.AF_XDP)
  raw.bind(new Uint8Array(14))
  raw.bind([44, new Uint8Array(14)])
  // @ts-expect-error bytes
  raw.bind(['lo', 3])
  expectTypeOf(raw.getsockname()).toEqualTypeOf<socket.OpaqueOut>()

  const inet = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  inet.connect([socket.AF_UNSPEC, new Uint8Array(0)])
  // @ts-expect-error another family's
  inet.connect([socket.AF_INET6, new Uint8Array(0)])
}

it('types addresses by the family', () => {
  expectTypeOf(addresses).toBeFunction()
})
