// What the two twins keep of a socket: the descriptor and how it waits.

import { check } from './errors.js'
import { errnos, mainThread, native } from './native.js'
import * as signals from './signals.js'
import type { Book } from './zerocopy.js'

/** A socket object. One that nobody refers to is closed, its files notwithstanding. */
export interface Owner {
  readonly _h: Handle
}

/** How often this thread has cleared an O_NONBLOCK. */
let cleared = 0

/** A descriptor of the blocking twin; the promise twin's is a `Watch` (lib/reactor.ts). */
export class Handle {
  #fd = -1
  /** `cleared` when O_NONBLOCK was last set; -1 where it is not. */
  #set = -1
  readonly family: number
  readonly type: number
  readonly proto: number
  /** Seconds; 0 never waits; null waits for ever. */
  timeout: number | null
  /** Files of makefile() that use the descriptor. */
  files = 0
  /** The socket is closed, its files may not be. */
  closed = false
  /** Its zero-copy sends, once there are some. */
  zerocopy: Book | null = null
  /** A receive that comes `short` has taken all there was: see Watch.ready(). */
  drains = false

  constructor(fd: number, family: number, type: number, proto: number, timeout: number | null) {
    this.fd = fd
    this.family = family
    this.type = type
    this.proto = proto
    this.timeout = timeout
  }

  /** Never kernel-blocking: so in the promise twin. */
  get reactive(): boolean {
    return false
  }

  /** Rejects what waits, and lets go of the descriptor, which is closed or given away next. */
  protected end(): void {}

  /** What waits for zero-copy sends looks again: somebody has read the error queue. */
  look(): void {}

  /** Closes the socket's side: the descriptor stays while files use it. */
  close(): void {
    this.closed = true
    if (this.files === 0) Handle.#close(this)
  }

  /** A file lets go. */
  release(): void {
    this.files--
    if (this.closed && this.files === 0) Handle.#close(this)
  }

  /** Static, because an object with a private method has one field more. */
  static #close(h: Handle): void {
    const { fd } = h
    if (fd < 0) return
    h.zerocopy?.leave(h, false)
    h.end()
    h.fd = -1
    const result = native.close(fd)
    // The peer's reset is no news for who does not listen any more.
    if (result < 0 && result !== -errnos.ECONNRESET) check(result, 'close')
  }

  /** Gives the descriptor away. */
  detach(): number {
    const { fd } = this
    this.zerocopy?.leave(this, true)
    this.end()
    this.closed = true
    this.fd = -1
    return fd
  }

  /** -1 once closed or detached. */
  get fd(): number {
    return this.#fd
  }

  // A worker can end without another line of JavaScript; its sockets end with it.
  set fd(fd: number) {
    if (!mainThread) native.own(this.#fd, fd)
    this.#fd = fd
  }

  /** O_NONBLOCK as far as we know: whoever shares the descriptor may change it. */
  get nonblocking(): boolean {
    return this.#set >= 0
  }

  /** For who has just seen to it. */
  set nonblocking(on: boolean) {
    this.#set = on ? cleared : -1
  }

  /** Sets O_NONBLOCK to what the timeout needs. */
  applyTimeout(): void {
    const on = this.reactive || mustNotBlock(this.timeout)
    check(native.nonblocking(this.fd, on), 'fcntl')
    this.nonblocking = on
    if (!on) cleared++
  }

  /** O_NONBLOCK is set, and nobody in this process can have cleared it since. */
  get surelyNonblocking(): boolean {
    return this.#set === cleared && mainThread
  }

  /**
   * Sets O_NONBLOCK before a call that must not wait in the kernel. Duplicates of
   * a descriptor share the flag: settimeout(null) on one clears it for all. In a
   * worker there is no telling when the main thread did so.
   */
  stayNonblocking(): void {
    if (this.surelyNonblocking) return
    this.nonblocking = native.nonblocking(this.fd, true) === 0
  }
}

/**
 * A duplicate of somebody else's descriptor, for what outlasts a turn of the loop: its
 * owner may close it, and the number become another's.
 */
export const duplicate = (fd: number): number => check(native.dup(fd), 'dup')

/**
 * Whether the kernel must not be the one that waits: for a deadline; for a
 * signal's listener to run; and in a worker, where only a wait of our own can
 * be ended by terminate().
 */
export const mustNotBlock = (timeout: number | null): boolean =>
  timeout !== null || !mainThread || signals.listening()
