// AF_INET and AF_INET6: ip(7), ipv6(7).

import { typeName, whole, within } from '../args.js'
import { OSError } from '../errors.js'
import { constants, layout } from '../native.js'
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from './ipaddress.js'
import type { Codec, Inet6Out, InetOut } from './types.js'
import { begin, readPort, readUint32, writePort, writeUint32 } from './wire.js'

const { AF_INET, AF_INET6 } = constants
const IN = layout.sockaddr_in
const IN6 = layout.sockaddr_in6
const SIZE = IN.size
const SIZE6 = IN6.size
const PORT = IN.sin_port.offset
const ADDR = IN.sin_addr.offset
const PORT6 = IN6.sin6_port.offset
const FLOW6 = IN6.sin6_flowinfo.offset
const ADDR6 = IN6.sin6_addr.offset
const SCOPE6 = IN6.sin6_scope_id.offset

const pairWords = 'AF_INET address must be a pair (host, port)'
const tupleWords = 'AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])'

/** The address as an array of 2 to `most` items; TypeError for anything else. */
function tuple(address: unknown, name: string, most: number, words: string, who: string) {
  if (!Array.isArray(address)) {
    throw new TypeError(`${who}(): ${name} address must be tuple, not ${typeName(address)}`)
  }
  if (address.length < 2 || address.length > most) throw new TypeError(words)
  return address as unknown[]
}

/** The host of an address as a string. */
export function hostOf(host: unknown): string {
  const name = host instanceof Uint8Array ? Buffer.from(host).toString('latin1') : host
  if (typeof name !== 'string') {
    throw new TypeError(`str, bytes or bytearray expected, not ${typeName(host)}`)
  }
  if (name.includes('\0')) throw new TypeError('host name must not contain null character')
  return name
}

// The words of an error are put together only for an error.
const portOf = (port: unknown, who: string): number =>
  typeof port === 'number' && (port & 0xffff) === port
    ? port
    : within(port, 0, 65535, `${who}(): port must be 0-65535.`)

const flowOf = (flow: unknown, who: string): number =>
  flow === 0 ? flow : within(flow, 0, 0xfffff, `${who}(): flowinfo must be 0-1048575.`)

/** Writes a host that needs no look-up as bytes; false for a name ('127.1' is one too). */
type Parse = (host: unknown, out: Uint8Array, at: number) => boolean

/** With the last host and its bytes kept: who sends to a host sends to it again. */
function remembering(size: number, parse: (host: string, out: Uint8Array) => boolean): Parse {
  const kept = new Uint8Array(size)
  let last: string | null = null
  return (given, out, at) => {
    if (last === null || given !== last) {
      last = null
      const host = hostOf(given)
      if (!parse(host, kept)) return false
      last = host
    }
    for (let i = 0; i < size; i++) out[at + i] = kept[i]
    return true
  }
}

const parse4 = remembering(4, (host, out) => {
  if (host !== '' && host !== '<broadcast>') return parseIPv4(host, out, 0)
  out.fill(host === '' ? 0 : 255)
  return true
})

const parse6 = remembering(16, (host, out) => {
  if (host === '<broadcast>') throw new OSError('address family mismatched')
  if (host !== '') return parseIPv6(host, out, 0)
  out.fill(0)
  return true
})

const probe = new Uint8Array(16)

const nameBy = (parse: Parse) => (address: unknown) => {
  // encode says what is wrong; and AF_UNSPEC in the place of the host is not.
  if (!Array.isArray(address) || address.length < 2 || typeof address[0] === 'number') return null
  return parse(address[0], probe, 0) ? null : hostOf(address[0])
}

function writeHost(parse: Parse, host: unknown, out: Uint8Array, at: number, who: string): void {
  if (!parse(host, out, at)) throw new TypeError(`${who}(): ${hostOf(host)} is no numeric address`)
}

export const inet: Codec = {
  name: nameBy(parse4),
  named: (address, host) => [host, (address as unknown[])[1]],
  encode(address, out, who) {
    const pair = tuple(address, 'AF_INET', 2, pairWords, who)
    begin(out, SIZE, AF_INET)
    writeHost(parse4, pair[0], out, ADDR, who)
    writePort(out, PORT, portOf(pair[1], who))
    return SIZE
  },
  decode: (bytes): InetOut => [formatIPv4(bytes, ADDR), readPort(bytes, PORT)],
}

export const inet6: Codec = {
  name: nameBy(parse6),
  named(address, host, scopeId) {
    const [, port, flowinfo = 0, scope = scopeId] = address as unknown[]
    return [host, port, flowinfo, scope]
  },
  encode(address, out, who) {
    const [host, port, flowinfo = 0, scopeId = 0] = tuple(address, 'AF_INET6', 4, tupleWords, who)
    begin(out, SIZE6, AF_INET6)
    writeHost(parse6, host, out, ADDR6, who)
    writePort(out, PORT6, portOf(port, who))
    const flow = flowOf(flowinfo, who)
    out[FLOW6 + 1] = flow >>> 16
    writePort(out, FLOW6 + 2, flow & 0xffff)
    writeUint32(out, SCOPE6, whole(scopeId)) // modulo 2^32, as Python's
    return SIZE6
  },
  // The flow label is the low 20 bits; the traffic class above them is kept too.
  decode: (bytes): Inet6Out => [
    formatIPv6(bytes, ADDR6),
    readPort(bytes, PORT6),
    ((bytes[FLOW6 + 1] << 16) | readPort(bytes, FLOW6 + 2)) + bytes[FLOW6] * 0x1000000,
    readUint32(bytes, SCOPE6),
  ],
}
