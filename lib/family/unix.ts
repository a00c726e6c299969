// AF_UNIX: unix(7). Paths, abstract names, and no name at all.

import { bytes as bytesOf, wellFormed } from '../args.js'
import { buffer } from '../builtins.js'
import { OSError, ValueError } from '../errors.js'
import { constants, layout } from '../native.js'
import type { Codec, UnixOut } from './types.js'
import { begin } from './wire.js'

const UN = layout.sockaddr_un
const PATH = UN.sun_path.offset
const ROOM = UN.sun_path.size

export const unix: Codec = {
  encode(address, out) {
    const path = typeof address === 'string' ? Buffer.from(wellFormed(address)) : bytesOf(address)
    // An empty name asks Linux to choose one (autobind); a leading NUL makes it
    // abstract, of exactly the length given. A path ends with the kernel's NUL.
    const abstract = path.length === 0 || path[0] === 0
    if (path.length > (abstract ? ROOM : ROOM - 1)) throw new OSError('AF_UNIX path too long')
    // Python lets this pass and the kernel cuts the path off there.
    if (!abstract && path.includes(0)) throw new ValueError('embedded null byte')
    begin(out, PATH + path.length + (abstract ? 0 : 1), constants.AF_UNIX)
    out.set(path, PATH)
    return PATH + path.length + (abstract ? 0 : 1)
  },
  decode(bytes, length): UnixOut {
    if (length <= PATH) return ''
    const name = Buffer.from(bytes.subarray(PATH, length))
    if (name[0] === 0) return name
    const end = name.indexOf(0)
    const path = end < 0 ? name : name.subarray(0, end)
    // A path need not be text; as bytes it still leads to the same file.
    return buffer.isUtf8(path) ? path.toString() : path
  },
}
