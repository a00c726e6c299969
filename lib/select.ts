/**
 * Waiting for many descriptors at once, as Python's `select` module does:
 * `select`, `poll` and, on Linux, `epoll`. Elsewhere `epoll` is undefined.
 *
 * @module
 */

import { type Int, whole } from './args.js'
import * as linux from './epoll.js'
import { KeyError, OverflowError, oserror, ValueError } from './errors.js'
import {
  descriptor,
  type FileObject,
  milliseconds,
  pollTime,
  Rows,
  waitInterruptibly,
} from './multiplex.js'
import { errnos, native, polling } from './native.js'

export type {
  EpollConstructor,
  EpollEvents,
  EpollOptions,
  EpollPollOptions,
} from './epoll.js'
export { KeyError, OSError as error } from './errors.js'
export type { FileObject } from './multiplex.js'
export type { WaitOptions } from './reactor.js'
export * from './select.gen.js'

const { FD_SETSIZE, POLLIN, POLLOUT, POLLPRI } = polling

/** A set of descriptors to watch, with and without `new`. epoll(7) */
export const epoll = (
  polling.EPOLLIN === undefined ? undefined : linux.epoll
) as linux.EpollConstructor
/** What `epoll()` makes. */
export type epoll = linux.Epoll

/** The objects of one of select's lists, and a row for each. */
function watched<T>(list: Iterable<T>, event: number): [objects: T[], rows: [number, number][]] {
  if (!(Symbol.iterator in Object(list))) throw new TypeError('arguments 1-3 must be sequences')
  const objects = Array.from(list)
  const rows = objects.map((object, i): [number, number] => {
    const fd = descriptor(object)
    if (fd >= FD_SETSIZE) throw new ValueError('filedescriptor out of range in select()')
    if (i >= FD_SETSIZE) throw new ValueError('too many file descriptors in select()')
    return [fd, event]
  })
  return [objects, rows]
}

/**
 * Waits until some of the objects are ready. select(2)
 * @param rlist objects to wait for until they can be read
 * @param wlist until they can be written
 * @param xlist for an exceptional condition, such as urgent data
 * @param timeout seconds, fractions allowed; 0 looks and does not wait; left out or null, for ever
 * @returns three lists of the same objects: those that are ready
 * @throws ValueError a descriptor of 1024 or more, for which use `poll` or `epoll`
 * @throws OSError EBADF: one of them is closed
 * @throws InterruptedError a signal came for which the program listens
 */
export function select<R extends FileObject, W extends FileObject, X extends FileObject>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeout?: number | null,
): [R[], W[], X[]] {
  const time = milliseconds(timeout, 1000, 'timeout must be a number or null')
  if (time < 0) throw new ValueError('timeout must be non-negative')
  const [readers, forReading] = watched(rlist, POLLIN)
  const [writers, forWriting] = watched(wlist, POLLOUT)
  const [others, forOthers] = watched(xlist, POLLPRI)
  const rows = new Rows([...forReading, ...forWriting, ...forOthers])
  waitInterruptibly('select', time, (left, tick) => native.select(rows.bytes, left, tick))
  let row = 0
  const ready = () => rows.revents(row++) !== 0
  return [readers.filter(ready), writers.filter(ready), others.filter(ready)]
}

/** Events for poll(2), which are a C unsigned short. */
function eventMask(value: unknown): number {
  const n = whole(value)
  if (n < 0) throw new ValueError('value must be positive')
  if (n > 0xffff) throw new OverflowError('integer is too large for a C unsigned short')
  return n
}

const awayFromZero = (ms: number): number => (ms < 0 ? Math.floor(ms) : Math.ceil(ms))

/** Descriptors to watch; made by `poll()`. */
class Poll {
  readonly #events = new Map<number, number>()

  /**
   * Watches a descriptor from the next `poll()` on; if it is watched already, for
   * other events.
   * @param fd a descriptor, or something with `fileno()`
   * @param eventmask POLLIN, POLLPRI, POLLOUT; all three if left out
   */
  register(fd: FileObject, eventmask: Int = POLLIN | POLLPRI | POLLOUT): void {
    this.#events.set(descriptor(fd), eventMask(eventmask))
  }

  /**
   * Watches a descriptor for other events.
   * @throws FileNotFoundError it is not watched
   */
  modify(fd: FileObject, eventmask: Int): void {
    const n = descriptor(fd)
    const events = eventMask(eventmask)
    if (!this.#events.has(n)) throw oserror(-errnos.ENOENT, 'modify')
    this.#events.set(n, events)
  }

  /**
   * Watches a descriptor no longer.
   * @throws KeyError it is not watched
   */
  unregister(fd: FileObject): void {
    const n = descriptor(fd)
    if (!this.#events.delete(n)) throw new KeyError(`${n}`)
  }

  /**
   * Waits until something is ready. poll(2)
   * @param timeout MILLISECONDS, fractions rounded up; left out, null or negative to wait for ever
   * @returns `[fd, event]` pairs, none when the time is over; a closed descriptor gives POLLNVAL
   * @throws InterruptedError a signal came for which the program listens
   */
  poll(timeout?: number | null): [fd: number, event: number][] {
    const time = pollTime(timeout, 1, awayFromZero)
    const watched = [...this.#events]
    const rows = new Rows(watched)
    waitInterruptibly('poll', time, (left, tick) => native.pollMany(rows.bytes, left, tick))
    return watched
      .map(([fd], row): [number, number] => [fd, rows.revents(row)])
      .filter(([, event]) => event !== 0)
  }
}

/** What `poll()` makes. */
export type poll = Poll

/** An object that watches descriptors with poll(2): however many, and of any number. */
export const poll = (): poll => new Poll()
