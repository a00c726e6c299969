// AF_UNIX: unix(7). Paths, abstract names, and no name at all.

import { bytes as bytesOf, wellFormed } from '../args.js'
import { buffer } from '../builtins.js'
import { OSError, ValueError } from '../errors.js'
import { constants, layout } from '../native.js'
import type { Codec, UnixOut } from './types.js'
import { begin } from './wire.js'

const { AF_UNIX } = constants
// The global of that name is a getter.
const { Buffer, isUtf8 } = buffer
const UN = layout.sockaddr_un
const PATH = UN.sun_path.offset
const ROOM = UN.sun_path.size

/**
 * Whether a name is one of no file. An empty one asks Linux to choose (autobind); a
 * leading NUL makes it abstract, of exactly the length given.
 */
const isAbstract = (name: Uint8Array): boolean => name.length === 0 || name[0] === 0

function checked(name: Uint8Array): Uint8Array {
  const abstract = isAbstract(name)
  if (name.length > (abstract ? ROOM : ROOM - 1)) throw new OSError('AF_UNIX path too long')
  // Python lets this pass and the kernel cuts the path off there.
  if (!abstract && name.includes(0)) throw new ValueError('embedded null byte')
  return name
}

/** The last text and its bytes: who connects or sends to a path does so again. */
let last: string | null = null
let lastName: Uint8Array = new Uint8Array(0)

function nameOf(text: string): Uint8Array {
  if (text !== last) {
    lastName = checked(Buffer.from(wellFormed(text)))
    last = text
  }
  return lastName
}

export const unix: Codec = {
  encode(address, out) {
    const name = typeof address === 'string' ? nameOf(address) : checked(bytesOf(address))
    const end = PATH + name.length
    const length = isAbstract(name) ? end : end + 1
    begin(out, length, AF_UNIX, PATH)
    out.set(name, PATH)
    if (length > end) out[end] = 0 // a path ends with the kernel's NUL
    return length
  },
  decode(bytes, length): UnixOut {
    if (length <= PATH) return ''
    const name = Buffer.from(bytes.subarray(PATH, length))
    if (name[0] === 0) return name
    const end = name.indexOf(0)
    const path = end < 0 ? name : name.subarray(0, end)
    // A path need not be text; as bytes it still leads to the same file.
    return isUtf8(path) ? path.toString() : path
  },
}
