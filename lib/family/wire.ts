// Integers in a sockaddr: network byte order for ports and addresses, the
// host's own for the rest.

import { little } from '../builtins.js'
import type { Field } from '../layout.gen.js'
import { layout } from '../native.js'

const FAMILY = layout.sockaddr.sa_family

/** Clears a sockaddr of `size` bytes, or the `first` of them, and writes the family into it. */
export function begin(out: Uint8Array, size: number, family: number, first = size): void {
  for (let i = 0; i < first; i++) out[i] = 0 // for so few bytes quicker than fill()
  if (FAMILY.size === 1) {
    out[0] = size // the BSDs' sa_len
    out[FAMILY.offset] = family
  } else {
    out[little ? 0 : 1] = family
    out[little ? 1 : 0] = family >>> 8
  }
}

/** The family that a sockaddr names. */
export function familyOf(bytes: Uint8Array): number {
  if (FAMILY.size === 1) return bytes[FAMILY.offset]
  return little ? bytes[0] | (bytes[1] << 8) : (bytes[0] << 8) | bytes[1]
}

export const readPort = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1]

export function writePort(out: Uint8Array, at: number, port: number): void {
  out[at] = port >>> 8
  out[at + 1] = port
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const low = little ? at : at + 3
  const step = little ? 1 : -1
  return (
    ((bytes[low + 3 * step] << 24) |
      (bytes[low + 2 * step] << 16) |
      (bytes[low + step] << 8) |
      bytes[low]) >>>
    0
  )
}

export function writeUint32(out: Uint8Array, at: number, value: number): void {
  const low = little ? at : at + 3
  const step = little ? 1 : -1
  out[low] = value
  out[low + step] = value >>> 8
  out[low + 2 * step] = value >>> 16
  out[low + 3 * step] = value >>> 24
}

/** An unsigned integer of a struct, of up to 4 bytes, in the host's byte order. */
export function readUint(bytes: Uint8Array, { offset, size }: Field): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[offset + (little ? size - 1 - i : i)]
  return value
}

/** Writes one; of a greater number the low bytes. */
export function writeUint(out: Uint8Array, { offset, size }: Field, value: number): void {
  for (let i = 0; i < size; i++) out[offset + (little ? i : size - 1 - i)] = value >>> (8 * i)
}

/** A signed integer of a struct, of up to 8 bytes, in the host's byte order. */
export function readInt(bytes: Buffer, { offset, size }: Field): number {
  if (size === 8)
    return Number(little ? bytes.readBigInt64LE(offset) : bytes.readBigInt64BE(offset))
  return little ? bytes.readIntLE(offset, size) : bytes.readIntBE(offset, size)
}

/** A uint32 in the host's byte order. */
export function uint32Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  writeUint32(bytes, 0, value)
  return bytes
}
