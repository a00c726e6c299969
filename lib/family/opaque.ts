// A family without a file of its own: the bytes after the family number.

import { bytes as bytesOf } from '../args.js'
import { OSError } from '../errors.js'
import { constants, layout } from '../native.js'
import type { Codec, OpaqueOut } from './types.js'
import { begin, familyOf } from './wire.js'

const { AF_UNSPEC } = constants
const DATA = layout.sockaddr.sa_family.offset + layout.sockaddr.sa_family.size

/** The bytes in an address, which may come with the family in front as they come out. */
function bytesIn(address: unknown, family: number, who: string): Uint8Array {
  if (!Array.isArray(address)) return bytesOf(address)
  if (address.length !== 2) throw new TypeError('address must be bytes or a pair (family, bytes)')
  const [named, bytes] = address
  if (named !== family) throw new OSError(`${who}(): bad family`)
  return bytesOf(bytes)
}

/** Whether an address is `[AF_UNSPEC, bytes]`, which a socket of any family takes. */
export const isUnspec = (address: unknown): boolean =>
  Array.isArray(address) &&
  address.length === 2 &&
  address[0] === AF_UNSPEC &&
  ArrayBuffer.isView(address[1])

/** The codec of one such family. Python shows 14 bytes of an address, whatever its length is. */
export const opaque = (family: number): Codec => ({
  encode(address, out, who) {
    const data = bytesIn(address, family, who)
    if (DATA + data.length > out.length) throw new OSError(`${who}(): address is too long`)
    begin(out, DATA + data.length, family)
    out.set(data, DATA)
    return DATA + data.length
  },
  decode: (bytes, length): OpaqueOut => [
    familyOf(bytes),
    Buffer.from(bytes.subarray(DATA, Math.max(length, DATA))),
  ],
})
