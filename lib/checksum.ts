// The Internet checksum: RFC 1071.

import { type BytesLike, bytes, type Int, within } from './args.js'

/** So many 16-bit words are added between two folds that the sum stays a 31-bit integer. */
const WORDS = 32768

/**
 * The checksum of IP, ICMP, UDP and TCP headers: the one's complement of the
 * one's complement sum of 16-bit big-endian words; an odd last byte counts as
 * the high half of a word. `packet.writeUInt16BE(inet_checksum(packet), 2)` sets
 * that of an ICMP message whose checksum field is 0; over data with the right
 * checksum in it the result is 0. RFC 1071
 * @param initial the checksum of what comes before, an even number of bytes:
 *   `inet_checksum(segment, inet_checksum(pseudoHeader))`
 * @returns 0 to 65535
 * @throws OverflowError `initial` is no 16-bit number
 */
export function inet_checksum(data: BytesLike, initial: Int = 0xffff): number {
  const from = bytes(data)
  const before = within(initial, 0, 0xffff, 'initial must be 0-65535')
  const even = from.length & ~1
  let sum = ~before & 0xffff
  for (let at = 0; at < even; ) {
    const end = Math.min(even, at + 2 * (WORDS - 2))
    for (; at < end; at += 2) sum += (from[at] << 8) | from[at + 1]
    sum = fold(sum)
  }
  if (from.length > even) sum = fold(sum + (from[even] << 8))
  return ~sum & 0xffff
}

/** Adds the carries back in. */
function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}
