// From an address to a sockaddr and back, by the family's own file.

import { inet, inet6 } from './family/inet.js'
import { opaque } from './family/opaque.js'
import type { AddressOut, Codec } from './family/types.js'
import { unix } from './family/unix.js'
import { familyOf } from './family/wire.js'
import { addressLength, constants, address as scratch } from './native.js'

/** A family is one file and one row. */
const codecs = new Map<number, Codec>([
  [constants.AF_INET, inet],
  [constants.AF_INET6, inet6],
  [constants.AF_UNIX, unix],
])

/** The codec of a family; one that is not in the table has raw bytes for addresses. */
export const codec = (family: number): Codec => codecs.get(family) ?? opaque(family)

/** Writes an address of a socket's family into the scratch memory, gives its length. */
export const encode = (
  { family, proto }: { family: number; proto: number },
  address: unknown,
  who: string,
): number => codec(family).encode(address, scratch, who, proto)

/** Reads a sockaddr; null where the kernel gave none. */
export function decode(bytes: Uint8Array, length: number, proto = 0): AddressOut {
  if (length === 0) return null
  return codec(familyOf(bytes)).decode(bytes, Math.min(length, bytes.length), proto)
}

/** The address that the last native call left in the scratch memory. */
export const received = (proto: number): AddressOut => decode(scratch, addressLength(), proto)
