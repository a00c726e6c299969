// Python's epoll object. epoll(7)

import { type Int, int, intOr, whole } from './args.js'
import { READ } from './drive.js'
import { check, OSError, TimeoutError, ValueError } from './errors.js'
import type { Handle } from './handle.js'
import { descriptor, type FileObject, pollTime, waitInterruptibly } from './multiplex.js'
import { errnos, native, polling } from './native.js'
import { type WaitOptions, Watch, wait } from './reactor.js'

const { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, FD_SETSIZE } = polling
const { EPOLLIN, EPOLLOUT, EPOLLPRI } = polling

/** The constructor's arguments by name. */
export interface EpollOptions {
  sizehint?: Int
  flags?: Int
}

/** The arguments of `poll()` by name. */
export interface EpollPollOptions {
  timeout?: number | null
  maxevents?: Int
}

/** What is ready: descriptors and their EPOLL bits. */
export type EpollEvents = [fd: number, event: number][]

const byName = (value: unknown): value is EpollPollOptions =>
  typeof value === 'object' && value !== null && ('timeout' in value || 'maxevents' in value)

/** As in Python a negative part of a millisecond is 0, other than in `poll`. */
const seconds = (timeout: unknown): number => pollTime(timeout, 1000, Math.ceil)

/** A mask of 32 bits, as C takes it. */
const mask = (value: unknown): number => whole(value) | 0

/** How many events are taken from the kernel at once at the most; the rest comes next time. */
const AT_ONCE = 1 << 16

function most(maxevents: unknown): number {
  const n = intOr(maxevents, -1)
  if (n === -1) return FD_SETSIZE - 1
  if (n < 1) throw new ValueError(`maxevents must be greater than 0, got ${n}`)
  return Math.min(n, AT_ONCE)
}

/** Closes a set, as Python does: without a word if somebody closed its descriptor before. */
function close(h: Handle): void {
  try {
    h.close()
  } catch (error) {
    if (!(error instanceof OSError)) throw error
  }
}

/** What a program lost sight of is closed. */
const lost = new FinalizationRegistry(close)

/** A set of descriptors to watch; made by `epoll()`. */
export class Epoll {
  readonly #h: Watch
  /** [fd, events] pairs. */
  #pairs = new Int32Array(0)

  /** @internal */
  constructor(fd: number) {
    this.#h = new Watch(fd, -1, 0, 0, null)
    lost.register(this, this.#h)
  }

  /**
   * An object for an epoll descriptor that is there already, and which it owns
   * from then on.
   */
  static fromfd(fd: Int): Epoll {
    const n = int(fd)
    if (n < 0) throw new ValueError('negative file descriptor')
    return new Epoll(n)
  }

  /** Closes the set; closing twice does nothing. close(2) */
  close(): void {
    close(this.#h)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#h.fd < 0
  }

  /**
   * The descriptor of the set itself.
   * @throws ValueError the set is closed
   */
  fileno(): number {
    const { fd } = this.#h
    if (fd < 0) throw new ValueError('I/O operation on closed epoll object')
    return fd
  }

  /**
   * Begins to watch a descriptor. epoll_ctl(2) EPOLL_CTL_ADD
   * @param fd a descriptor, or something with `fileno()`
   * @param eventmask EPOLLIN, EPOLLOUT, EPOLLET, …; if left out, EPOLLIN, EPOLLOUT and EPOLLPRI
   * @throws FileExistsError it is watched already
   * @throws PermissionError a regular file, which is always ready
   */
  register(fd: FileObject, eventmask: Int = EPOLLIN | EPOLLOUT | EPOLLPRI): void {
    this.#control(EPOLL_CTL_ADD, descriptor(fd), mask(eventmask))
  }

  /**
   * Watches a descriptor for other events. epoll_ctl(2) EPOLL_CTL_MOD
   * @throws FileNotFoundError it is not watched
   */
  modify(fd: FileObject, eventmask: Int): void {
    this.#control(EPOLL_CTL_MOD, descriptor(fd), mask(eventmask))
  }

  /**
   * Watches a descriptor no longer. epoll_ctl(2) EPOLL_CTL_DEL
   * @throws FileNotFoundError it is not watched
   */
  unregister(fd: FileObject): void {
    this.#control(EPOLL_CTL_DEL, descriptor(fd), 0)
  }

  /**
   * Waits until something is ready. epoll_wait(2)
   * @param timeout seconds, fractions allowed; left out, null or negative to wait for ever
   * @param maxevents how many events to return at the most; 1023 if left out or -1
   * @returns `[fd, event]` pairs, none when the time is over
   * @throws InterruptedError a signal came for which the program listens
   */
  poll(timeout?: number | null | EpollPollOptions, maxevents?: Int): EpollEvents {
    const fd = this.fileno()
    const options = byName(timeout) ? timeout : { timeout, maxevents }
    const time = seconds(options.timeout)
    const memory = this.#room(most(options.maxevents))
    const count = waitInterruptibly('epoll_wait', time, (left, tick) =>
      native.epollWait(fd, memory, left, tick),
    )
    return this.#events(count)
  }

  /**
   * As `poll()`, without blocking the event loop. Not in Python.
   * @param timeout seconds, fractions allowed; left out, null or negative to wait for ever
   * @param options `signal` ends the wait: the promise rejects with its reason
   * @throws OSError EBADF: the set was closed meanwhile
   */
  async poll_async(
    timeout?: number | null,
    maxevents?: Int,
    options?: WaitOptions,
  ): Promise<EpollEvents> {
    this.fileno()
    options?.signal?.throwIfAborted()
    const time = seconds(timeout)
    const n = most(maxevents)
    const now = (fd: number) => native.epollWait(fd, this.#room(n), 0, null)
    if (time <= 0) return this.#events(check(now(this.#h.fd), 'epoll_wait'))
    const op = (fd: number): EpollEvents | number => {
      const count = now(fd)
      if (count === 0) return -errnos.EAGAIN
      return count < 0 ? count : this.#events(count)
    }
    // The reactor reads it before wait() returns, so each wait has its own.
    this.#h.timeout = time === Number.POSITIVE_INFINITY ? null : time / 1000
    try {
      return await wait({ _h: this.#h }, READ, 'epoll_wait', () => op, options)
    } catch (error) {
      if (error instanceof TimeoutError) return []
      throw error
    }
  }

  #control(operation: number, fd: number, events: number): void {
    check(native.epollCtl(this.fileno(), operation, fd, events), 'epoll_ctl')
  }

  /** Memory for so many pairs. */
  #room(count: number): Uint8Array {
    if (this.#pairs.length < 2 * count) this.#pairs = new Int32Array(2 * count)
    return new Uint8Array(this.#pairs.buffer, 0, 8 * count)
  }

  #events(count: number): EpollEvents {
    const pairs = this.#pairs
    return Array.from({ length: count }, (_, i) => [pairs[2 * i], pairs[2 * i + 1] >>> 0])
  }
}

/** How `epoll` is called. */
export interface EpollConstructor {
  readonly prototype: Epoll
  /**
   * A new set, close-on-exec. epoll_create1(2)
   * @param sizehint without effect; -1 if left out
   * @param flags 0 or EPOLL_CLOEXEC, which makes no difference
   */
  new (sizehint?: Int | EpollOptions, flags?: Int): Epoll
  (sizehint?: Int | EpollOptions, flags?: Int): Epoll
  /**
   * An object for an epoll descriptor that is there already, and which it owns
   * from then on.
   */
  fromfd(fd: Int): Epoll
}

/** Makes an empty set. */
function create(sizehint: unknown, flags: unknown): Epoll {
  const hint = intOr(sizehint, -1)
  const bits = intOr(flags, 0)
  if (hint !== -1 && hint <= 0) throw new ValueError('negative sizehint')
  if (bits !== 0 && bits !== EPOLL_CLOEXEC) throw new OSError('invalid flags')
  return new Epoll(check(native.epollCreate(), 'epoll_create1'))
}

/** A set of descriptors to watch, with and without `new`. epoll(7) */
export const epoll = function epoll(sizehint?: Int | EpollOptions, flags?: Int): Epoll {
  return typeof sizehint === 'object'
    ? create(sizehint.sizehint, sizehint.flags)
    : create(sizehint, flags)
} as unknown as EpollConstructor

// So that `instanceof` and `fromfd` work as on a class.
Object.setPrototypeOf(epoll, Epoll)
Object.defineProperty(epoll, 'prototype', { value: Epoll.prototype, writable: false })
Object.defineProperty(Epoll.prototype, 'constructor', { value: epoll })
