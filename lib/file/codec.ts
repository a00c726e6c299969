// Characters and bytes: the encodings of a text file. Reading has every one that
// the runtime decodes; writing has UTF-8, UTF-16LE, Latin-1 and ASCII.

import { util } from '../builtins.js'
import { ValueError } from '../errors.js'

export interface TextCodec {
  decode(data: Buffer, last: boolean): string
  encode(text: string): Buffer
}

type Handler = 'strict' | 'replace' | 'ignore'

/** Encodings whose characters are the code points up to `limit`, a byte each. */
function singleByte(name: string, limit: number, errors: Handler): TextCodec {
  const beyond = limit === 127 ? /[^\0-\x7f]/gu : /[^\0-\xff]/gu
  const settle = (text: string, mark: string, verb: string): string => {
    if (errors === 'strict' && text.search(beyond) >= 0) {
      throw new ValueError(`'${name}' codec can't ${verb} a character beyond ${limit}`)
    }
    return text.replace(beyond, errors === 'replace' ? mark : '')
  }
  return {
    decode: (data) => settle(data.toString('latin1'), '\ufffd', 'decode'),
    encode: (text) => Buffer.from(settle(text, '?', 'encode'), 'latin1'),
  }
}

function decoding(name: string, errors: Handler): TextCodec {
  let decoder: InstanceType<typeof util.TextDecoder>
  try {
    decoder = new util.TextDecoder(name, { fatal: errors === 'strict', ignoreBOM: true })
  } catch {
    throw new ValueError(`unknown encoding: ${name}`)
  }
  return {
    decode(data, last) {
      try {
        const text = decoder.decode(data, { stream: !last })
        return errors === 'ignore' ? text.replaceAll('\ufffd', '') : text
      } catch {
        throw new ValueError(`'${name}' codec can't decode the bytes that came`)
      }
    },
    encode(text) {
      if (decoder.encoding === 'utf-8') return Buffer.from(text)
      if (decoder.encoding === 'utf-16le') return Buffer.from(text, 'utf16le')
      throw new ValueError(`no encoder for ${name}: write bytes instead`)
    },
  }
}

/** The codec of an encoding, by any of its usual names. */
export function textCodec(encoding: string, errors: string): TextCodec {
  if (!['strict', 'replace', 'ignore'].includes(errors)) {
    throw new ValueError(`unknown error handler name '${errors}'`)
  }
  const handler = errors as Handler
  const plain = encoding.toLowerCase().replaceAll('_', '-')
  // The Encoding Standard takes these for windows-1252; Python does not.
  if (/^(latin-?1|iso-?8859-1|l1)$/.test(plain)) return singleByte('latin-1', 255, handler)
  if (/^(us-)?ascii$/.test(plain)) return singleByte('ascii', 127, handler)
  // Python's spellings of what the Encoding Standard calls utf-8 and utf-16le.
  const standard = plain.replace(/^utf-?8$/, 'utf-8').replace(/^utf-?16-?le$/, 'utf-16le')
  return decoding(standard, handler)
}
