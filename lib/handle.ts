// What the two twins keep of a socket: the descriptor and how it waits.

import { isMainThread } from 'node:worker_threads'
import { check } from './errors.js'
import { native } from './native.js'
import * as signals from './signals.js'

/** How often this thread has cleared an O_NONBLOCK. */
let cleared = 0

export class Handle {
  #fd = -1
  /** `cleared` when the flag was last set. */
  #set = 0
  readonly family: number
  readonly type: number
  readonly proto: number
  /** Seconds; 0 never waits; null waits for ever. */
  timeout: number | null
  /** O_NONBLOCK as far as we know: whoever shares the descriptor may change it. */
  nonblocking: boolean

  constructor(fd: number, family: number, type: number, proto: number, timeout: number | null) {
    this.fd = fd
    this.family = family
    this.type = type
    this.proto = proto
    this.timeout = timeout
    this.nonblocking = false
  }

  /** -1 once closed or detached. */
  get fd(): number {
    return this.#fd
  }

  // A worker can end without another line of JavaScript; its sockets end with it.
  set fd(fd: number) {
    if (!isMainThread) native.own(this.#fd, fd)
    this.#fd = fd
  }

  /** Sets O_NONBLOCK to what the timeout needs. */
  applyTimeout(): void {
    const on = mustNotBlock(this.timeout)
    check(native.nonblocking(this.fd, on), 'fcntl')
    this.nonblocking = on
    if (!on) cleared++
  }

  /**
   * Sets O_NONBLOCK before a call that must not wait in the kernel. Duplicates of
   * a descriptor share the flag: settimeout(null) on one clears it for all. In a
   * worker there is no telling when the main thread did so.
   */
  stayNonblocking(): void {
    if (this.nonblocking && this.#set === cleared && isMainThread) return
    this.nonblocking = native.nonblocking(this.fd, true) === 0
    this.#set = cleared
  }
}

/**
 * Whether the kernel must not be the one that waits: for a deadline; for a
 * signal's listener to run; and in a worker, where only a wait of our own can
 * be ended by terminate().
 */
export const mustNotBlock = (timeout: number | null): boolean =>
  timeout !== null || !isMainThread || signals.listening()
