// A family without a file of its own: the bytes after the family number.

import { bytes as bytesOf } from '../args.js'
import { OSError } from '../errors.js'
import { layout } from '../native.js'
import type { Codec, OpaqueOut } from './types.js'
import { begin, familyOf } from './wire.js'

const DATA = layout.sockaddr.sa_family.offset + layout.sockaddr.sa_family.size

/** The codec of one such family. */
export const opaque = (family: number): Codec => ({
  encode(address, out, who) {
    const data = bytesOf(address)
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
