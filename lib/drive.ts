// Waiting, for the blocking twin: an op is tried, and tried again when poll(2)
// says that it may succeed.

import { check, oserror, TimeoutError } from './errors.js'
import { readInt } from './family/wire.js'
import { type Handle, mustNotBlock } from './handle.js'
import { constants, errnos, layout, mainThread, native, polling } from './native.js'
import * as signals from './signals.js'

const { EAGAIN, EINPROGRESS, EINTR } = errnos
const { POLLERR } = polling
export const READ = polling.POLLIN
export const WRITE = polling.POLLOUT

/** -errno. */
export type Failure = number

/** A system call and the decoding of its result. It never waits. */
export type Op<T> = (fd: number) => T | Failure

/** What a long op gives between two pieces, so that others have their turn: no errno. */
export const UNFINISHED: Failure = Number.NEGATIVE_INFINITY

/** The last try of an op was a receive that got less than it asked for. */
export let short = false

export function cameShort(on: boolean): void {
  short = on
}

/** An empty function that native code calls to learn whether a worker is ending. */
export const tick = mainThread ? null : () => {}

/** Flags of a call that does not wait, not even on a blocking socket. */
export const NOWAIT = constants.MSG_DONTWAIT | (constants.MSG_ERRQUEUE ?? 0)

/**
 * Runs an op to its result, waiting for `event` as long as the timeout lets it.
 * @param flags the MSG_ flags that the op hands to the kernel
 */
export function block<T>(h: Handle, event: number, syscall: string, op: Op<T>, flags?: unknown): T {
  // With nothing to see to before it, a call is the system call alone, as in C.
  if (signals.listening() || (mustNotBlock(h.timeout) && !h.surelyNonblocking)) {
    return waiting(h, event, syscall, op, flags, UNFINISHED)
  }
  const result = op(h.fd)
  if (typeof result !== 'number' || result >= 0) return result as T
  return waiting(h, event, syscall, op, flags, result)
}

/** Goes on after a try that gave `failure`. */
function waiting<T>(
  h: Handle,
  event: number,
  syscall: string,
  op: Op<T>,
  flags: unknown,
  failure: Failure,
): T {
  const listening = signals.listening()
  if (listening) signals.arm()
  const waitHere = mustNotBlock(h.timeout)
  let wait: Wait | null = null
  for (let result: T | Failure = failure; ; result = op(h.fd)) {
    if (typeof result !== 'number' || result >= 0) return result as T
    // EINTR is of a signal that nobody listens for.
    if (result !== UNFINISHED && result !== -EINTR) {
      if (!mayWait(h, result, event, syscall, Number(flags))) throw oserror(result, syscall)
      wait ??= new Wait(h, event, syscall)
      wait.next(result)
    }
    if (waitHere) h.stayNonblocking()
    if (listening && h.timeout !== 0 && signals.caught()) throw signals.interrupted(syscall)
  }
}

/** Whether a descriptor is ready for READ or WRITE; its end is as good. */
export const isReady = (fd: number, event: number): boolean =>
  (check(native.poll(fd, event, 0, tick), 'poll') & (event | polling.POLLHUP)) !== 0

/** Waits for a descriptor that need not be the socket's own, under the socket's timeout. */
export function blockOn(h: Handle, fd: number, event: number, syscall: string): void {
  if (signals.listening()) signals.arm()
  const wait = new Wait(h, event, syscall, fd)
  while (!isReady(fd, event)) {
    if (h.timeout === 0) throw oserror(-EAGAIN, syscall)
    wait.next(-EAGAIN)
  }
}

/** Whether a failure only means: not yet. */
function mayWait(
  h: Handle,
  result: Failure,
  event: number,
  syscall: string,
  flags: number,
): boolean {
  if (h.timeout === 0 || (result !== -EAGAIN && result !== -EINPROGRESS)) return false
  if (event === POLLERR) return true // the kernel never waits for its error queue
  // With a deadline Python waits for readiness before the call, whatever its flags.
  if (h.timeout === null && (flags & NOWAIT) !== 0) return false
  // A kernel-blocking socket gives these after its SO_RCVTIMEO or SO_SNDTIMEO; or
  // it came non-blocking, or somebody who shares the descriptor made it so.
  if (!h.nonblocking) h.nonblocking = native.nonblocking(h.fd, null) === 1
  // EAGAIN is a full backlog (Unix) or no free port (IP). With a deadline Python gives up.
  if (syscall === 'connect' && result === -EAGAIN)
    return h.timeout === null && h.nonblocking && h.family === constants.AF_UNIX
  return h.nonblocking
}

/** One blocking call's waits, which share a deadline. */
class Wait {
  readonly #h: Handle
  readonly #fd: number
  readonly #event: number
  readonly #syscall: string
  /** ms on the clock of performance.now(); infinite for none. */
  readonly #deadline: number
  #count = 0

  constructor(h: Handle, event: number, syscall: string, fd = h.fd) {
    this.#h = h
    this.#fd = fd
    this.#event = event
    this.#syscall = syscall
    const seconds = h.timeout ?? kernelTimeout(h, event)
    this.#deadline = performance.now() + seconds * 1000
  }

  /** Returns when the op may be tried again; `reason` is what it failed with. */
  next(reason: Failure): void {
    const left = this.#deadline - performance.now()
    if (left <= 0) throw this.#expired(reason)
    // Readiness can be false again and again: a Unix datagram socket is writable
    // while its receiver's queue is full, and a full backlog cannot be polled.
    const pause = Math.min(this.#count++ - 2, 10)
    if (pause > 0) this.#poll(-1, Math.min(pause, left))
    const ready = this.#poll(this.#fd, left === Number.POSITIVE_INFINITY ? -1 : left)
    if (ready === 0) throw this.#expired(reason)
  }

  #poll(fd: number, milliseconds: number): number {
    const ready = native.poll(fd, this.#event, milliseconds, tick)
    if (ready === -EINTR) {
      if (signals.take()) throw signals.interrupted(this.#syscall)
      return 1 // the listener is gone since
    }
    if (ready < 0) throw oserror(ready, this.#syscall)
    return ready
  }

  #expired(reason: Failure): Error {
    return this.#h.timeout === null ? oserror(reason, this.#syscall) : new TimeoutError('timed out')
  }
}

/** SO_RCVTIMEO or SO_SNDTIMEO in seconds, which the kernel ignores under O_NONBLOCK. */
export function kernelTimeout(h: Handle, event: number): number {
  const { size, tv_sec, tv_usec } = layout.timeval
  const option = event === READ ? constants.SO_RCVTIMEO : constants.SO_SNDTIMEO
  const time = Buffer.alloc(size)
  const length = native.getsockoptBytes(h.fd, constants.SOL_SOCKET, option, time, 0, size)
  if (length < size) return Number.POSITIVE_INFINITY
  return readInt(time, tv_sec) + readInt(time, tv_usec) / 1e6 || Number.POSITIVE_INFINITY
}
