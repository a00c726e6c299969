// What the families' addresses are made of: tuples, unsigned integers, names of
// interfaces.

import { typeName, whole } from '../args.js'
import { check } from '../errors.js'
import type { Field } from '../layout.gen.js'
import { native } from '../native.js'
import type { Codec } from './types.js'
import { begin, readUint, writeUint } from './wire.js'

/** The items of an address; TypeError unless it is an array of `low` to `high` items. */
export function tuple(
  address: unknown,
  who: string,
  name: string,
  form: string,
  low: number,
  high = low,
): unknown[] {
  if (!Array.isArray(address)) {
    throw new TypeError(`${who}(): ${name} address must be tuple, not ${typeName(address)}`)
  }
  if (address.length < low || address.length > high) {
    throw new TypeError(`${name} address must be a ${form}`)
  }
  return address
}

/** An unsigned integer of 64 bits, modulo 2^64. */
export function unsigned64(value: unknown): bigint {
  whole(value)
  return BigInt.asUintN(64, BigInt(value as number))
}

/** An unsigned integer. What does not fit wraps around, as in Python: -1 is all ones. */
export const unsigned = (value: unknown, bits: 8 | 16 | 32): number =>
  Number(BigInt.asUintN(bits, unsigned64(value)))

/** The index of an interface. @throws OSError ENODEV: there is none of that name */
export const interfaceIndex = (name: string): number =>
  check(native.ifNametoindex(name), 'if_nametoindex')

/** The name of an interface; `''` for index 0 and for one that is gone. */
export function interfaceName(index: number): string {
  const name = index === 0 ? '' : native.ifIndextoname(index)
  return typeof name === 'string' ? name : ''
}

/** The sockaddr in the first `length` bytes, with zeros up to `size` where it is shorter. */
export function padded(bytes: Uint8Array, length: number, size: number): Uint8Array {
  const sockaddr = bytes.subarray(0, length)
  if (length >= size) return sockaddr
  const whole = new Uint8Array(size)
  whole.set(sockaddr)
  return whole
}

/** A family whose address is two unsigned integers of 32 bits. */
export const pair = (
  family: number,
  name: string,
  form: string,
  size: number,
  first: Field,
  second: Field,
): Codec => ({
  encode(address, out, who) {
    const items = tuple(address, who, name, `pair ${form}`, 2)
    const [a, b] = items.map((item) => unsigned(item, 32))
    begin(out, size, family)
    writeUint(out, first, a)
    writeUint(out, second, b)
    return size
  },
  decode(bytes, length): [number, number] {
    const sockaddr = padded(bytes, length, size)
    return [readUint(sockaddr, first), readUint(sockaddr, second)]
  },
})
