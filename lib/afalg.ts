// The control messages of AF_ALG, the kernel's ciphers: linux/if_alg.h.

import type { AncItem } from './ancillary.js'
import { type BytesLike, bytes, type Int, int } from './args.js'
import { OSError, ValueError } from './errors.js'
import { uint32Bytes } from './family/wire.js'
import { constants } from './native.js'

const { ALG_SET_AEAD_ASSOCLEN, ALG_SET_IV, ALG_SET_OP, SOL_ALG } = constants

export interface AfAlgOptions {
  /** ALG_OP_ENCRYPT, ALG_OP_DECRYPT, ALG_OP_SIGN or ALG_OP_VERIFY. */
  op: Int
  /** The initialisation vector. */
  iv?: BytesLike | null
  /** How many bytes of the data are only authenticated. */
  assoclen?: Int
  flags?: Int
}

/** The operation, the vector and the associated length as control messages. */
export function afalgControl(family: number, options: AfAlgOptions): AncItem[] {
  if (family !== constants.AF_ALG) throw new OSError('algset is only supported for AF_ALG')
  const { op, iv, assoclen } = options
  if (op === undefined) throw new TypeError("sendmsg_afalg() missing required argument 'op'")
  const operation = int(op)
  if (operation < 0) throw new ValueError('op must be non-negative')
  const items: AncItem[] = [[SOL_ALG, ALG_SET_OP, uint32Bytes(operation)]]
  if (iv !== undefined && iv !== null) {
    // struct af_alg_iv: the length, and the vector behind it
    const vector = bytes(iv)
    items.push([SOL_ALG, ALG_SET_IV, Buffer.concat([uint32Bytes(vector.length), vector])])
  }
  if (assoclen !== undefined) {
    const length = int(assoclen)
    if (length < 0) throw new TypeError('assoclen must be positive')
    items.push([SOL_ALG, ALG_SET_AEAD_ASSOCLEN, uint32Bytes(length)])
  }
  return items
}
