// What select, poll and epoll have in common: descriptors, times, and a wait
// that ends for a signal.

import { type Int, int, typeName } from './args.js'
import { tick } from './drive.js'
import { check, OverflowError, ValueError } from './errors.js'
import { errnos, layout, type Result, type Tick } from './native.js'
import * as signals from './signals.js'

/** A descriptor, or something that has one, such as a socket. */
export type FileObject = Int | { fileno(): Int }

/** Whether Python would call it an int. */
export const isInt = (value: unknown): boolean =>
  Number.isInteger(value) || typeof value === 'bigint' || typeof value === 'boolean'

/** The descriptor of an object. */
export function descriptor(object: unknown): number {
  const fd = int(isInt(object) ? object : fileno(object))
  if (fd < 0) throw new ValueError(`file descriptor cannot be a negative integer (${fd})`)
  return fd
}

function fileno(object: unknown): unknown {
  const { fileno: method } = (object ?? {}) as { fileno?: unknown }
  if (typeof method !== 'function') {
    throw new TypeError('argument must be an int, or have a fileno() method.')
  }
  const fd: unknown = method.call(object)
  if (!isInt(fd)) throw new TypeError('fileno() returned a non-integer')
  return fd
}

/** Python keeps times in nanoseconds, in 63 bits. */
const LONGEST = 2 ** 63 / 1e6
const INT_MAX = 0x7fffffff

/**
 * A time to wait, in milliseconds: fractions of one are kept; Infinity for null.
 * @param unit how many ms the value counts in
 * @param words the message for a value that is no number
 */
export function milliseconds(value: unknown, unit: number, words: string): number {
  if (value === null || value === undefined) return Number.POSITIVE_INFINITY
  if (!isInt(value) && typeof value !== 'number') {
    throw new TypeError(`${words}, not ${typeName(value)}`)
  }
  const time = Number(value) * unit
  if (Number.isNaN(time)) throw new ValueError('Invalid value NaN (not a number)')
  if (Math.abs(time) >= LONGEST) {
    throw new OverflowError('timestamp out of range for platform time_t')
  }
  return time
}

/**
 * The same for poll(2) and epoll_wait(2): negative is for ever, and 24 days are
 * the most.
 * @param round to whole ms
 */
export function pollTime(value: unknown, unit: number, round: (ms: number) => number): number {
  const time = milliseconds(value, unit, 'timeout must be a number or null')
  if (time === Number.POSITIVE_INFINITY) return time
  const whole = round(time)
  if (Math.abs(whole) > INT_MAX) throw new OverflowError('timeout is too large')
  return whole < 0 ? Number.POSITIVE_INFINITY : Math.max(time, 0)
}

/**
 * Waits in a native function for at most `time` ms.
 * @param call gets the time that is left, -1 for ever
 * @throws InterruptedError a signal came for which the program listens
 */
export function waitInterruptibly(
  syscall: string,
  time: number,
  call: (left: number, tick: Tick) => Result,
): number {
  const listening = signals.listening()
  if (listening) signals.arm()
  // What does not wait is not interrupted: its caller gives the loop its turn.
  if (listening && time > 0 && signals.caught()) throw signals.interrupted(syscall)
  const deadline = performance.now() + time
  for (let left = time; ; left = Math.max(deadline - performance.now(), 0)) {
    const result = call(left === Number.POSITIVE_INFINITY ? -1 : left, tick)
    if (result !== -errnos.EINTR) return check(result, syscall)
    if (signals.take()) throw signals.interrupted(syscall)
    // else the listener has gone since the signal came
  }
}

const { size, fd: FD, events: EVENTS, revents: REVENTS } = layout.pollfd

/** An array of struct pollfd. */
export class Rows {
  readonly bytes: Uint8Array
  readonly #ints: Int32Array
  readonly #shorts: Uint16Array

  constructor(rows: readonly (readonly [fd: number, events: number])[]) {
    const memory = new ArrayBuffer(rows.length * size)
    this.bytes = new Uint8Array(memory)
    this.#ints = new Int32Array(memory)
    this.#shorts = new Uint16Array(memory)
    rows.forEach(([fd, events], row) => {
      this.#ints[(row * size + FD.offset) / 4] = fd
      this.#shorts[(row * size + EVENTS.offset) / 2] = events
    })
  }

  /** What came of a row. */
  revents(row: number): number {
    return this.#shorts[(row * size + REVENTS.offset) / 2]
  }
}
