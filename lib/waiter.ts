// A call of the promise twin that waits, and how its op is tried.

import { cameShort, type Failure, type Op, short, UNFINISHED } from './drive.js'
import { oserror } from './errors.js'
import type { Handle } from './handle.js'
import { constants, errnos } from './native.js'
import type { AsyncOwner } from './reactor.js'

const { EAGAIN, EINPROGRESS, EINTR } = errnos

let resolveOf: (value: never) => void
let rejectOf: (error: unknown) => void
/** Takes the functions of the promise that is being made. One for all, so that none costs a closure. */
function capture(resolve: (value: never) => void, reject: (error: unknown) => void): void {
  resolveOf = resolve
  rejectOf = reject
}

/** A promise for the waiter that is made next. */
export const promised = <T>(): Promise<T> => new Promise<T>(capture)

/** A call that waits. Its promise settles once, whoever comes first. */
export class Waiter<T = unknown> {
  /** Who comes after it in its line. */
  next: Waiter | null = null
  readonly syscall: string
  /** The socket's when the call began: settimeout() is for the calls to come. */
  readonly timeout: number | null
  /** Not lost while this waits: null from then on, because a cleared timer keeps this for longer. */
  #owner: AsyncOwner | null
  readonly #op: Op<T>
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  /** Takes back what else would end the wait: a timer, a listener. */
  release: (() => void) | null = null

  /** Settles the promise that `promised` made last. */
  constructor(owner: AsyncOwner, syscall: string, op: Op<T>) {
    this.#owner = owner
    this.timeout = owner._h.timeout
    this.syscall = syscall
    this.#op = op
    this.#resolve = resolveOf as (value: T) => void
    this.#reject = rejectOf
  }

  /** Tries the op and settles, unless it has to wait on, is not finished, or has settled. */
  attempt(): NotYet | null {
    if (this.#owner === null) return null
    try {
      const result = tried(this.#owner._h, this.#op, this.syscall, this.timeout)
      if (notYet(result)) return result
      if (Waiter.#settle(this)) this.#resolve(result)
    } catch (error) {
      this.reject(error)
    }
    return null
  }

  reject(error: unknown): void {
    if (Waiter.#settle(this)) this.#reject(error)
  }

  /** Static, because an object with a private method has one field more. */
  static #settle<T>(waiter: Waiter<T>): boolean {
    const owner = waiter.#owner
    if (owner === null) return false
    waiter.#owner = null
    waiter.release?.()
    owner._h.done()
    return true
  }
}

/** An edge has to come. */
export const WAIT = Symbol('wait')
/** There is more to do. */
export const MORE = Symbol('more')
export type NotYet = typeof WAIT | typeof MORE

export const notYet = (result: unknown): result is NotYet => result === WAIT || result === MORE

/** Whether the last try was a receive that has taken all there was: see Watch.ready(). */
export const drained = (h: Handle): boolean => short && h.drains

/** Tries an op once: its result, or what it has to wait for, or an error thrown. */
export function tried<T>(
  h: Handle,
  op: Op<T>,
  syscall: string,
  timeout: number | null,
): T | NotYet {
  // A blocking duplicate of the descriptor shares the flag, and may have cleared it.
  h.stayNonblocking()
  cameShort(false)
  for (;;) {
    const result = op(h.fd)
    if (typeof result !== 'number' || result >= 0) return result as T
    if (result === UNFINISHED) return MORE
    if (result === -EINTR) continue
    if (timeout !== 0 && mayWait(h, result, syscall, timeout)) return WAIT
    throw oserror(result, syscall)
  }
}

function mayWait(h: Handle, result: Failure, syscall: string, timeout: number | null): boolean {
  if (result === -EINPROGRESS) return true
  if (result !== -EAGAIN) return false
  // A full backlog (Unix) or no free port (IP). With a deadline Python gives up.
  return syscall !== 'connect' || (timeout === null && h.family === constants.AF_UNIX)
}
