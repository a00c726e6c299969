// Control messages: cmsg(3). `[cmsg_level, cmsg_type, data]` to the bytes that
// sendmsg(2) takes, and back from those of recvmsg(2).

import { type BytesLike, bytes, type Int, int, items, typeName, whole } from './args.js'
import { buffer, little } from './builtins.js'
import { OSError, OverflowError } from './errors.js'
import { readInt, writeUint32 } from './family/wire.js'
import { constants, layout, native } from './native.js'

/** A control message to send: `[cmsg_level, cmsg_type, data]`. */
export type AncItem = readonly [level: Int, type: Int, data: BytesLike]
/** A control message received. */
export type AncData = [level: number, type: number, data: Buffer]

function sized(length: Int, space: boolean, name: string): number {
  const result = native.cmsgSize(whole(length), space)
  if (result < 0) throw new OverflowError(`${name}() argument out of range`)
  return result
}

/** The length of a control message with `length` bytes of data, without padding. cmsg(3) */
export const CMSG_LEN = (length: Int): number => sized(length, false, 'CMSG_LEN')
/** The room that a control message with `length` bytes of data takes. cmsg(3) */
export const CMSG_SPACE = (length: Int): number => sized(length, true, 'CMSG_SPACE')

// The global of that name is a getter.
const { Buffer } = buffer

/** The largest int. */
const LARGEST = 0x7fffffff
/** A control message is a header, data, and padding to a multiple of ALIGN. */
const HEADER = CMSG_LEN(0)
const ALIGN = CMSG_SPACE(1) - CMSG_SPACE(0)
const HDR = layout.cmsghdr
/** Where the low 32 bits of cmsg_len are; the others stay 0. */
const LEN = HDR.cmsg_len.offset + (little ? 0 : HDR.cmsg_len.size - 4)
/** Up to so many bytes a loop takes less time than the methods of typed arrays. */
const FEW = 64

/** CMSG_SPACE, which would ask C++. */
const space = (length: number): number =>
  length > LARGEST - HEADER - ALIGN
    ? CMSG_SPACE(length)
    : HEADER + Math.ceil(length / ALIGN) * ALIGN

/** Writes a control message into memory of zeros; gives where the next begins. */
function put(control: Uint8Array, at: number, { level, type, data }: Item): number {
  const { length } = data
  writeUint32(control, at + LEN, HEADER + length)
  writeUint32(control, at + HDR.cmsg_level.offset, level)
  writeUint32(control, at + HDR.cmsg_type.offset, type)
  if (length > FEW) control.set(data, at + HEADER)
  else for (let i = 0; i < length; i++) control[at + HEADER + i] = data[i]
  return at + space(length)
}

/** A control message to send, checked. */
export interface Item {
  level: number
  type: number
  data: Uint8Array
}

function item(row: unknown): Item {
  if (!Array.isArray(row) || row.length !== 3) {
    throw new TypeError(`[sendmsg() ancillary data items] must be sequences of length 3`)
  }
  return { level: int(row[0]), type: int(row[1]), data: bytes(row[2]) }
}

/** The control messages of an argument that `what` names. */
export function itemsOf(ancdata: unknown, what = 'sendmsg() argument 2'): Item[] {
  if (ancdata === null || typeof ancdata !== 'object' || !(Symbol.iterator in ancdata)) {
    throw new TypeError(`${what} must be iterable, not ${typeName(ancdata)}`)
  }
  return items(ancdata as Iterable<unknown>, item)
}

/** How many bytes control messages take. */
export function roomOf(rows: readonly Item[]): number {
  let room = 0
  for (let i = 0; i < rows.length; i++) room += space(rows[i].data.length)
  if (room > LARGEST) throw new OSError('too much ancillary data')
  return room
}

/** Lays control messages out, one after the other, in the first `room` bytes. */
export function lay<T extends Uint8Array>(rows: readonly Item[], control: T, room: number): T {
  if (room > FEW) control.fill(0, 0, room)
  else for (let i = 0; i < room; i++) control[i] = 0
  let at = 0
  for (let i = 0; i < rows.length; i++) at = put(control, at, rows[i])
  return control
}

/** Control messages, of so many bytes, in memory of their own. */
export const packed = (rows: readonly Item[], room: number): Buffer =>
  lay(rows, Buffer.allocUnsafe(room), room)

/** The bytes of control messages; `what` names the argument. */
export function pack(ancdata: unknown, what?: string): Buffer {
  const rows = itemsOf(ancdata, what)
  return packed(rows, roomOf(rows))
}

/** The control messages in the first `length` bytes. */
export function messages(control: Buffer, length: number): AncData[] {
  if (length === 0) return []
  const flat = native.cmsgWalk(control, Math.min(length, control.length))
  const found: AncData[] = []
  for (let i = 0; i < flat.length; i += 4) {
    found.push([flat[i], flat[i + 1], control.subarray(flat[i + 2], flat[i + 2] + flat[i + 3])])
  }
  return found
}

const INT = 4

/** Whether a message carries descriptors that the sender chose. */
export const isRights = ([level, type]: AncData): boolean =>
  level === constants.SOL_SOCKET && type === constants.SCM_RIGHTS

/** An SCM_PIDFD message is a descriptor of the kernel's making, under SO_PASSPIDFD. */
const isPidfd = ([level, type]: AncData): boolean =>
  level === constants.SOL_SOCKET && type === constants.SCM_PIDFD

function integers(data: Buffer): number[] {
  const count = Math.floor(data.length / INT)
  return Array.from({ length: count }, (_, i) => readInt(data, { offset: i * INT, size: INT }))
}

/** The descriptors in an SCM_RIGHTS message; a piece of one that was cut off is none. */
export const rights = (row: AncData): number[] => (isRights(row) ? integers(row[2]) : [])

/** Closes the descriptors that arrived with messages which nobody will see. */
export function closeDescriptors(ancdata: readonly AncData[]): void {
  const rows = ancdata.filter((row) => isRights(row) || isPidfd(row))
  for (const fd of rows.flatMap(([, , data]) => integers(data))) {
    if (fd >= 0) native.close(fd) // the pidfd of a process that is gone is -errno
  }
}
