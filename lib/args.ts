// Arguments from JavaScript, checked with Python's classes and words before
// anything reaches the kernel.

import { types } from 'node:util'
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

/** A size in bytes for one of the recv methods. */
export function size(value: unknown, method: string): number {
  const n = whole(value)
  if (n < 0) throw new ValueError(`negative buffersize in ${method}`)
  if (n > Number.MAX_SAFE_INTEGER) throw new OverflowError('size is too large')
  return n
}

/** The bytes themselves, not a copy. */
export function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value) // of any realm
  throw new TypeError(`a bytes-like object is required, not '${typeName(value)}'`)
}

/** A string without NUL, which a C string cannot hold. */
export function text(value: unknown, what: string): string {
  if (typeof value !== 'string')
    throw new TypeError(`${what} must be string, not ${typeName(value)}`)
  if (value.includes('\0')) throw new ValueError('embedded null character')
  return value
}

/** A timeout in seconds, or null for none. */
export function timeout(value: unknown): number | null {
  if (value === null) return null
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
    throw new TypeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
  }
  const seconds = Number(value)
  if (Number.isNaN(seconds)) throw new ValueError('Invalid value NaN (not a number)')
  if (seconds < 0) throw new ValueError('Timeout value out of range')
  // Python's timeouts are int64 nanoseconds.
  if (seconds > 9223372036) throw new OverflowError('timestamp out of range for platform time_t')
  return seconds
}
