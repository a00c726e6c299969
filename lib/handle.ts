// What the two twins keep of a socket: the descriptor and how it waits.

import { isMainThread } from 'node:worker_threads'
import { check } from './errors.js'
import { errnos, native } from './native.js'
import * as signals from './signals.js'

export class Handle {
  /** -1 once closed or detached. */
  fd: number
  readonly family: number
  readonly type: number
  readonly proto: number
  /** Seconds; 0 never waits; null waits for ever. */
  timeout: number | null
  /** O_NONBLOCK as far as we know: whoever shares the descriptor may change it. */
  nonblocking: boolean
  /** Files of makefile() that use the descriptor. */
  files = 0
  /** The socket is closed, its files may not be. */
  closed = false

  constructor(fd: number, family: number, type: number, proto: number, timeout: number | null) {
    this.fd = fd
    this.family = family
    this.type = type
    this.proto = proto
    this.timeout = timeout
    this.nonblocking = false
  }

  /** Closes the socket's side: the descriptor stays while files use it. */
  close(): void {
    this.closed = true
    if (this.files === 0) this.#close()
  }

  /** A file lets go. */
  release(): void {
    this.files--
    if (this.closed && this.files === 0) this.#close()
  }

  #close(): void {
    const { fd } = this
    if (fd < 0) return
    this.fd = -1
    const result = native.close(fd)
    // The peer's reset is no news for who does not listen any more.
    if (result < 0 && result !== -errnos.ECONNRESET) check(result, 'close')
  }

  /** Gives the descriptor away. */
  detach(): number {
    const { fd } = this
    this.closed = true
    this.fd = -1
    return fd
  }

  /** Sets O_NONBLOCK to what the timeout needs. */
  applyTimeout(): void {
    const on = mustNotBlock(this.timeout)
    check(native.nonblocking(this.fd, on), 'fcntl')
    this.nonblocking = on
  }
}

/**
 * Whether the kernel must not be the one that waits: for a deadline; for a
 * signal's listener to run; and in a worker, where only a wait of our own can
 * be ended by terminate().
 */
export const mustNotBlock = (timeout: number | null): boolean =>
  timeout !== null || !isMainThread || signals.listening()
