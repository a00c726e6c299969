// Byte order, packed addresses, interfaces: byteorder(3), inet(3), if_nametoindex(3).

import { type BytesLike, bytes, type Int, int, text, typeName, whole } from './args.js'
import { little } from './builtins.js'
import { check, OSError, OverflowError, oserror, ValueError } from './errors.js'
import { formatIPv4, formatIPv6 } from './family/ipaddress.js'
import { constants, native } from './native.js'

function short(x: Int, name: string): number {
  const n = whole(x)
  if (n < 0)
    throw new OverflowError(`${name}: can't convert negative int to 16-bit unsigned integer`)
  if (n > 0xffff)
    throw new OverflowError(`${name}: int too large to convert to 16-bit unsigned integer`)
  return little ? ((n & 0xff) << 8) | (n >>> 8) : n
}

function long(x: Int): number {
  const n = whole(x)
  if (n < 0) throw new OverflowError("can't convert negative value to unsigned int")
  if (n > 0xffffffff) throw new OverflowError('int larger than 32 bits')
  if (!little) return n
  return (((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0
}

/** 16 bits from the host's to network byte order. htons(3) */
export const htons = (x: Int): number => short(x, 'htons')
/** 16 bits from network to the host's byte order. ntohs(3) */
export const ntohs = (x: Int): number => short(x, 'ntohs')
/** 32 bits from the host's to network byte order. htonl(3) */
export const htonl = (x: Int): number => long(x)
/** 32 bits from network to the host's byte order. ntohl(3) */
export const ntohl = (x: Int): number => long(x)

/** 4 bytes, in network order, from `'127.0.0.1'`; also `'127.1'` and `'0x7f000001'`. inet_aton(3) */
export function inet_aton(ip_string: string): Buffer {
  const packed = Buffer.alloc(4)
  if (native.inetAton(text(ip_string, 'ip_string'), packed) <= 0) {
    throw new OSError('illegal IP address string passed to inet_aton')
  }
  return packed
}

/** `'127.0.0.1'` from 4 bytes in network order. inet_ntoa(3) */
export function inet_ntoa(packed_ip: BytesLike): string {
  const packed = bytes(packed_ip)
  if (packed.length !== 4) throw new OSError('packed IP wrong length for inet_ntoa')
  return formatIPv4(packed, 0)
}

/** 4 or 16 bytes, in network order, from text. inet_pton(3) @param address_family AF_INET, AF_INET6 */
export function inet_pton(address_family: Int, ip_string: string): Buffer {
  const family = int(address_family)
  const packed = Buffer.alloc(16)
  const valid = check(native.inetPton(family, text(ip_string, 'ip_string'), packed), 'inet_pton')
  if (valid === 0) throw new OSError('illegal IP address string passed to inet_pton')
  return family === constants.AF_INET ? packed.subarray(0, 4) : packed
}

/** Text from 4 or 16 bytes in network order. inet_ntop(3) @param address_family AF_INET, AF_INET6 */
export function inet_ntop(address_family: Int, packed_ip: BytesLike): string {
  const family = int(address_family)
  const packed = bytes(packed_ip)
  const size = family === constants.AF_INET ? 4 : family === constants.AF_INET6 ? 16 : 0
  if (size === 0) throw new ValueError(`unknown address family ${family}`)
  if (packed.length !== size) throw new ValueError('invalid length of packed IP address string')
  return size === 4 ? formatIPv4(packed, 0) : formatIPv6(packed, 0)
}

/** The network interfaces: `[[1, 'lo'], …]`. if_nameindex(3) */
export function if_nameindex(): [index: number, name: string][] {
  const rows = native.ifNameindex()
  if (typeof rows === 'number') throw oserror(rows, 'if_nameindex')
  return rows
}

/** An interface's index. if_nametoindex(3) @throws OSError ENODEV: there is none of that name */
export function if_nametoindex(if_name: string | Uint8Array): number {
  const name = if_name instanceof Uint8Array ? Buffer.from(if_name).toString() : if_name
  if (typeof name !== 'string') {
    throw new TypeError(`expected str, bytes or os.PathLike object, not ${typeName(if_name)}`)
  }
  return check(native.ifNametoindex(text(name, 'if_name')), 'if_nametoindex')
}

/** An interface's name. if_indextoname(3) @throws OSError ENXIO: there is none of that index */
export function if_indextoname(if_index: Int): string {
  const index = whole(if_index)
  if (index < 0) throw new OverflowError("can't convert negative value to unsigned int")
  if (index > 0xffffffff) throw new OverflowError('index is too large')
  const name = native.ifIndextoname(index)
  if (typeof name === 'number') throw oserror(name, 'if_indextoname')
  return name
}
