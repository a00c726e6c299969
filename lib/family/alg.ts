// AF_ALG: the kernel's ciphers and hashes by name. linux/if_alg.h

import { text } from '../args.js'
import { ValueError } from '../errors.js'
import type { Field } from '../layout.gen.js'
import { constants, layout } from '../native.js'
import { padded, tuple, unsigned } from './parts.js'
import type { AlgOut, Codec } from './types.js'
import { begin, readUint, writeUint } from './wire.js'

const ALG = layout.sockaddr_alg

/** The string before the NUL in a fixed field. */
function readText(bytes: Uint8Array, { offset, size }: Field): string {
  const field = Buffer.from(bytes.subarray(offset, offset + size))
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? size : end)
}

export const alg: Codec | undefined = ALG && {
  encode(address, out, who) {
    const form = 'tuple (type, name[, feat[, mask]])'
    const [type, name, feat = 0, mask = 0] = tuple(address, who, 'AF_ALG', form, 2, 4)
    const kind = Buffer.from(text(type, 'AF_ALG type'))
    const algorithm = Buffer.from(text(name, 'AF_ALG name'))
    const [features, masked] = [unsigned(feat, 16), unsigned(mask, 16)]
    if (kind.length >= ALG.salg_type.size) throw new ValueError('AF_ALG type too long.')
    if (algorithm.length >= ALG.salg_name.size) throw new ValueError('AF_ALG name too long.')
    begin(out, ALG.size, constants.AF_ALG)
    out.set(kind, ALG.salg_type.offset)
    out.set(algorithm, ALG.salg_name.offset)
    writeUint(out, ALG.salg_feat, features)
    writeUint(out, ALG.salg_mask, masked)
    return ALG.size
  },
  decode(bytes, length): AlgOut {
    const sockaddr = padded(bytes, length, ALG.size)
    return [
      readText(sockaddr, ALG.salg_type),
      readText(sockaddr, ALG.salg_name),
      readUint(sockaddr, ALG.salg_feat),
      readUint(sockaddr, ALG.salg_mask),
    ]
  },
}
