// Arguments from JavaScript, checked with Python's classes and words before
// anything reaches the kernel.

import { util } from './builtins.js'
import { OverflowError, ValueError } from './errors.js'

/** Anything that holds bytes. A string does not: encode it first. */
export type BytesLike = ArrayBufferView | ArrayBuffer | SharedArrayBuffer

/** An integer argument. Python's bool is an int, so true and false are 1 and 0. */
export type Int = number | bigint | boolean

/** What Python would call the type of a value, in JavaScript's words. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  return value.constructor?.name ?? 'object'
}

/** An integer of any size. */
export function whole(value: unknown): number {
  switch (typeof value) {
    case 'number':
      if (Number.isInteger(value)) return value
      break
    case 'bigint':
    case 'boolean':
      return Number(value)
  }
  const what = typeof value === 'number' ? `number ${value}` : `'${typeName(value)}' object`
  throw new TypeError(`${what} cannot be interpreted as an integer`)
}

/** A C int. */
export function int(value: unknown): number {
  if (typeof value === 'number' && value >> 0 === value) return value
  const n = whole(value)
  if (n > 0x7fffffff) throw new OverflowError('signed integer is greater than maximum')
  if (n < -0x80000000) throw new OverflowError('signed integer is less than minimum')
  return n
}

/** A C int that has a default. */
export const intOr = (value: unknown, fallback: number): number =>
  value === undefined ? fallback : int(value)

/** An integer within bounds; `words` is the message outside them. */
export function within(value: unknown, low: number, high: number, words: string): number {
  const n = whole(value)
  if (n < low || n > high) throw new OverflowError(words)
  return n
}

/** A size in bytes for one of the recv methods; `words` is the message for a negative one. */
export function size(value: unknown, method: string, words?: string): number {
  if (typeof value === 'number' && value >> 0 === value && value >= 0) return value
  const n = whole(value)
  if (n < 0) throw new ValueError(words ?? `negative buffersize in ${method}`)
  if (n > Number.MAX_SAFE_INTEGER) throw new OverflowError('size is too large')
  return n
}

/**
 * The bytes themselves, not a copy. One whose memory is gone reads as empty, and
 * an empty receive looks like the end of a stream; so it is an error, as with
 * Python's released memoryview.
 */
export function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length > 0) return value
  const view = ArrayBuffer.isView(value)
  if (!view && !util.types.isAnyArrayBuffer(value)) {
    // not instanceof: it may be of another realm
    throw new TypeError(`a bytes-like object is required, not '${typeName(value)}'`)
  }
  try {
    if (!view) return new Uint8Array(value)
    if (!(value instanceof DataView)) Uint8Array.prototype.at.call(value, 0)
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  } catch {
    throw new ValueError('the buffer is detached, or shrunk to less than this view of it')
  }
}

/** Half a character (a surrogate without its other half) has no UTF-8. */
export function wellFormed(value: string): string {
  if (!value.isWellFormed()) throw new ValueError('surrogates not allowed in a string')
  return value
}

const arrays = Array.prototype[Symbol.iterator]

/** `Array.from`, which takes ten times as long for what is an array already. */
export function items<T>(from: Iterable<unknown>, each: (item: unknown) => T): T[] {
  if (!Array.isArray(from) || from[Symbol.iterator] !== arrays)
    return Array.from(from, (x) => each(x))
  const made = new Array<T>(from.length)
  for (let i = 0; i < made.length; i++) made[i] = each(from[i])
  return made
}

/** Any iterable of bytes, once through; `what` names the argument. */
export function bytesList(value: unknown, what: string): Uint8Array[] {
  if (value === null || typeof value !== 'object' || !(Symbol.iterator in value)) {
    throw new TypeError(`${what} must be an iterable of bytes-like objects`)
  }
  return items(value as Iterable<unknown>, bytes)
}

/** A string without NUL, which a C string cannot hold. */
export function text(value: unknown, what: string): string {
  if (typeof value !== 'string')
    throw new TypeError(`${what} must be string, not ${typeName(value)}`)
  if (value.includes('\0')) throw new ValueError('embedded null character')
  return wellFormed(value)
}

/** A timeout in seconds, or null for none. */
export function timeout(value: unknown): number | null {
  if (value === null) return null
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
    throw new TypeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
  }
  const seconds = Number(value)
  if (Number.isNaN(seconds)) throw new ValueError('Invalid value NaN (not a number)')
  // Python's timeouts are int64 nanoseconds.
  if (Math.abs(seconds) > 9223372036) {
    throw new OverflowError('timestamp out of range for platform time_t')
  }
  if (seconds < 0) throw new ValueError('Timeout value out of range')
  return seconds
}
