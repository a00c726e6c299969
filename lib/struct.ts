// C structs by their layout: a table row for each, in the host's byte order
// except where the kernel wants the network's.

import { codec, decode } from './address.js'
import { type BytesLike, bytes, text, typeName, whole, within } from './args.js'
import { little } from './builtins.js'
import { OSError, ValueError } from './errors.js'
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from './family/ipaddress.js'
import { readInt } from './family/wire.js'
import { later } from './later.js'
import type { Field, Layout } from './layout.gen.js'
import { constants, layout } from './native.js'

/** A struct of the kernel's as bytes and as a value, both ways. */
export interface Struct<T, In = T> {
  /** The struct's name in C. */
  readonly name: string
  /** sizeof, in bytes: what `getsockopt` wants as `buflen`. 0 where the system lacks the struct. */
  readonly size: number
  /**
   * The bytes, for `setsockopt` or a control message. Fields left out are 0, as
   * in a C initialiser.
   * @throws OverflowError a number that its field cannot hold
   * @throws ValueError a text that is no numeric address
   * @throws OSError the system has no such struct
   */
  encode(value: In): Buffer
  /**
   * The value in the first `size` bytes.
   * @throws ValueError there are fewer bytes
   * @throws OSError the system has no such struct
   */
  decode(bytes: BytesLike): T
}

/** How one field is read and written; `name` is for errors. */
export interface Kind<T> {
  read(from: Buffer, field: Field): T
  write(to: Buffer, field: Field, value: T, name: string): void
}

function writeInt(to: Buffer, { offset, size }: Field, value: number): void {
  if (size === 8) {
    if (little) to.writeBigInt64LE(BigInt(value), offset)
    else to.writeBigInt64BE(BigInt(value), offset)
  } else if (little) to.writeIntLE(value, offset, size)
  else to.writeIntBE(value, offset, size)
}

/** Half the numbers that a field has: 2 to the power of its bits less one. */
const half = ({ size }: Field): number => Math.min(2 ** (8 * size - 1), 2 ** 53)

const rangeOf = (name: string) => `${name} does not fit its field`

/** A signed integer of up to 53 bits. */
export const signed: Kind<number> = {
  read: readInt,
  write(to, field, value, name) {
    const most = half(field) - 1
    writeInt(to, field, within(value, -most - (field.size < 8 ? 1 : 0), most, rangeOf(name)))
  },
}

/** An unsigned integer of up to 32 bits. */
export const unsigned: Kind<number> = {
  read: (from, { offset, size }) =>
    little ? from.readUIntLE(offset, size) : from.readUIntBE(offset, size),
  write(to, field, value, name) {
    const n = within(value, 0, 2 * half(field) - 1, rangeOf(name))
    if (little) to.writeUIntLE(n, field.offset, field.size)
    else to.writeUIntBE(n, field.offset, field.size)
  },
}

/** An unsigned integer of 64 bits. */
export const unsigned64: Kind<bigint> = {
  read: (from, { offset }) =>
    little ? from.readBigUInt64LE(offset) : from.readBigUInt64BE(offset),
  write(to, { offset }, value, name) {
    const n = typeof value === 'bigint' ? value : BigInt(whole(value))
    if (n < 0n || n >> 64n !== 0n) within(n, 0, 0, rangeOf(name))
    if (little) to.writeBigUInt64LE(n, offset)
    else to.writeBigUInt64BE(n, offset)
  },
}

/** An int that is 0 or not. */
export const flag: Kind<boolean> = {
  read: (from, field) => readInt(from, field) !== 0,
  write: (to, field, value) => writeInt(to, field, whole(Number(value)) === 0 ? 0 : 1),
}

/** An IP address as text; `parse` and `format` are those of its family. */
const numeric = (
  family: string,
  parse: (host: string, out: Uint8Array, at: number) => boolean,
  format: (from: Uint8Array, at: number) => string,
): Kind<string> => ({
  read: (from, { offset }) => format(from, offset),
  write(to, { offset }, value, name) {
    if (!parse(text(value, name), to, offset)) {
      throw new ValueError(`${name}: '${value}' is no numeric ${family} address`)
    }
  },
})

/** A struct in_addr: dotted quad. */
export const ipv4 = numeric('IPv4', parseIPv4, formatIPv4)
/** A struct in6_addr. */
export const ipv6 = numeric('IPv6', parseIPv6, formatIPv6)

/** A sockaddr_storage with an IP address and no port; the text says of which family. */
export const host: Kind<string> = {
  read(from, { offset, size }) {
    const address = decode(from.subarray(offset, offset + size), size)
    return Array.isArray(address) && typeof address[0] === 'string' ? address[0] : ''
  },
  write(to, { offset, size }, value, name) {
    const { AF_INET, AF_INET6 } = constants
    const family = codec(text(value, name).includes(':') ? AF_INET6 : AF_INET)
    if (value === '' || family.name?.([value, 0]) != null) {
      throw new ValueError(`${name}: '${value}' is no numeric address`)
    }
    family.encode([value, 0], to.subarray(offset, offset + size), name, 0)
  },
}

/** Bytes as they are. */
export const raw: Kind<Uint8Array> = {
  read: (from, { offset, size }) => Buffer.from(from.subarray(offset, offset + size)),
  write(to, { offset, size }, value, name) {
    const data = bytes(value)
    if (data.length > size) throw new ValueError(`${name} has at most ${size} bytes`)
    to.set(data, offset)
  },
}

/** The bytes as a Buffer over the same memory; ValueError if they are too few. */
export function view(data: BytesLike, name: string, size: number): Buffer {
  const { buffer, byteOffset, length } = bytes(data)
  if (length < size) throw new ValueError(`${name} has ${size} bytes, not ${length}`)
  return Buffer.from(buffer, byteOffset, length)
}

/** A struct that consists of one thing. */
export const scalar = <T>(name: string, size: number, kind: Kind<T>): Struct<T> => ({
  name,
  size,
  encode(value) {
    const out = Buffer.alloc(size)
    kind.write(out, { offset: 0, size }, value, name)
    return out
  },
  decode: (data) => kind.read(view(data, name, size), { offset: 0, size }),
})

type Members<N extends keyof Layout> = Exclude<keyof NonNullable<Layout[N]>, 'size'>

/** Which member of the C struct a field is, and how it is read and written. */
type Fields<N extends keyof Layout, T> = {
  readonly [K in keyof T]: readonly [member: Members<N>, kind: Kind<T[K]>]
}

/** A struct of native/layout.txt, by rows of `field: [member, kind]`. */
export function struct<N extends keyof Layout, T extends object>(
  name: N,
  fields: Fields<N, T>,
): Struct<T, Partial<T>> {
  const members = layout[name] as Readonly<Record<Members<N>, Field>> | undefined
  const size = layout[name]?.size ?? 0
  const rows = later(() =>
    (Object.keys(fields) as (keyof T & string)[]).map((field) => {
      const [member, kind] = fields[field]
      return { field, kind, at: members?.[member] ?? { offset: 0, size: 0 } }
    }),
  )
  const known = () => {
    if (members === undefined) throw new OSError(`this system has no struct ${name}`)
  }
  return {
    name,
    size,
    encode(value) {
      known()
      checkFields(name, value, fields)
      const out = Buffer.alloc(size)
      for (const { field, kind, at } of rows()) {
        const given = value[field]
        if (given !== undefined) kind.write(out, at, given, `${name}.${field}`)
      }
      return out
    },
    decode(data) {
      known()
      const from = view(data, name, size)
      return Object.fromEntries(
        rows().map(({ field, kind, at }) => [field, kind.read(from, at)]),
      ) as T
    },
  }
}

/** An object with none but the fields of the struct: a misspelt one must not pass for 0. */
function checkFields(name: string, value: unknown, fields: object): void {
  if (value === null || typeof value !== 'object') {
    throw new TypeError(`${name} must be an object, not ${typeName(value)}`)
  }
  const odd = Object.keys(value).find((field) => !Object.hasOwn(fields, field))
  if (odd !== undefined) throw new TypeError(`${name} has no field '${odd}'`)
}

/** The same bytes for another value. */
export const mapped = <A, InA, B, InB = B>(
  inner: Struct<A, InA>,
  to: (value: A) => B,
  from: (value: InB) => InA,
): Struct<B, InB> => ({
  name: inner.name,
  size: inner.size,
  encode: (value) => inner.encode(from(value)),
  decode: (data) => to(inner.decode(data)),
})

/**
 * `count` times: seconds and fractions of `unit` nanoseconds, two integers each.
 * They are as wide as the data has room for, 4 or 8 bytes: a 32-bit kernel sends both.
 */
export function moments(name: string, count: number, unit: bigint): Struct<readonly bigint[]> {
  const size = count * layout.timespec.size
  const SECOND = 1_000_000_000n
  return {
    name,
    size,
    encode(times) {
      const width = layout.timespec.size / 2
      const out = Buffer.alloc(size)
      times.forEach((time, i) => {
        const rest = ((time % SECOND) + SECOND) % SECOND
        const at = (n: number) => ({ offset: (2 * i + n) * width, size: width })
        signed.write(out, at(0), Number((time - rest) / SECOND), name)
        signed.write(out, at(1), Number(rest / unit), name)
      })
      return out
    },
    decode(data) {
      const from = view(data, name, size)
      const width = from.length >= count * 16 ? 8 : 4
      const part = (n: number) => BigInt(readInt(from, { offset: n * width, size: width }))
      return Array.from({ length: count }, (_, i) => part(2 * i) * SECOND + part(2 * i + 1) * unit)
    },
  }
}
