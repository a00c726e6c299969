// From an address to a sockaddr and back, by the family's own file.

import { alg } from './family/alg.js'
import { bluetooth } from './family/bluetooth.js'
import { can } from './family/can.js'
import { inet, inet6 } from './family/inet.js'
import { netlink } from './family/netlink.js'
import { isUnspec, opaque } from './family/opaque.js'
import { packet } from './family/packet.js'
import { qipcrtr } from './family/qipcrtr.js'
import { tipc } from './family/tipc.js'
import type { AddressOut, Codec } from './family/types.js'
import { unix } from './family/unix.js'
import { vsock } from './family/vsock.js'
import { familyOf } from './family/wire.js'
import { addressLength, constants, address as scratch } from './native.js'

/** A family is one file and one row; a system without it has no number for it. */
const rows: [family: number | undefined, codec: Codec | undefined][] = [
  [constants.AF_INET, inet],
  [constants.AF_INET6, inet6],
  [constants.AF_UNIX, unix],
  [constants.AF_ALG, alg],
  [constants.AF_BLUETOOTH, bluetooth],
  [constants.AF_CAN, can],
  [constants.AF_NETLINK, netlink],
  [constants.AF_PACKET, packet],
  [constants.AF_QIPCRTR, qipcrtr],
  [constants.AF_RDS, inet], // RDS has IPv4's addresses
  [constants.AF_TIPC, tipc],
  [constants.AF_VSOCK, vsock],
]

/** By family, in an array: a Map takes 10 ns, at each end of a datagram. */
const codecs = byFamily()

function byFamily(): (Codec | undefined)[] {
  const codecs: (Codec | undefined)[] = []
  for (const [family, codec] of rows) if (family !== undefined) codecs[family] = codec
  return codecs
}

/** The codec of a family; one that is not in the table has raw bytes for addresses. */
export const codec = (family: number): Codec => codecs[family] ?? opaque(family)

/** Writes an address of a socket's family, gives its length. */
export const encodeInto = (
  { family, proto }: { family: number; proto: number },
  address: unknown,
  out: Uint8Array,
  who: string,
): number =>
  codec(isUnspec(address) ? constants.AF_UNSPEC : family).encode(address, out, who, proto)

/** Writes it into the scratch memory. */
export const encode = (
  h: { family: number; proto: number },
  address: unknown,
  who: string,
): number => encodeInto(h, address, scratch, who)

/** Reads a sockaddr; null where the kernel gave none. */
export function decode(bytes: Uint8Array, length: number, proto = 0): AddressOut {
  if (length === 0) return null
  return codec(familyOf(bytes)).decode(bytes, Math.min(length, bytes.length), proto)
}

/** The address that the last native call left in the scratch memory. */
export const received = (proto: number): AddressOut => decode(scratch, addressLength(), proto)
