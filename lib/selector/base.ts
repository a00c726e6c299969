// What all selectors do: they keep the keys, and leave the waiting to each.

import { type Int, int, typeName } from '../args.js'
import { util } from '../builtins.js'
import { KeyError, OSError, RuntimeError, ValueError } from '../errors.js'
import { type FileObject, isInt, milliseconds } from '../multiplex.js'
import type { WaitOptions } from '../reactor.js'

/** There is something to read. */
export const EVENT_READ = 1
/** Writing will not block. */
export const EVENT_WRITE = 2

/** A registered object. */
export interface SelectorKey<F extends FileObject = FileObject, D = unknown> {
  /** What was registered. */
  readonly fileobj: F
  /** Its descriptor. */
  readonly fd: number
  /** What it is watched for: EVENT_READ, EVENT_WRITE, or both. */
  readonly events: number
  /** The program's own; null if left out. */
  readonly data: D
}

/** What is ready: the key, and which of its events. */
export type Ready<F extends FileObject, D> = [key: SelectorKey<F, D>, events: number][]

/** The data may be left out where it may be null. */
export type Data<D> = null extends D ? [data?: D] : [data: D]

/** The descriptor of an object that is open. */
function descriptor(fileobj: unknown): number {
  let fd: number
  try {
    fd = int(isInt(fileobj) ? fileobj : (fileobj as { fileno(): unknown }).fileno())
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof ValueError)) throw error
    throw new ValueError(`Invalid file object: ${util.inspect(fileobj)}`)
  }
  if (fd < 0) throw new ValueError(`Invalid file descriptor: ${fd}`)
  return fd
}

/** The registered objects of a selector: keys by object or descriptor. */
export class SelectorMap<F extends FileObject = FileObject, D = unknown> {
  readonly #keys: ReadonlyMap<number, SelectorKey<F, D>>

  /** @internal */
  constructor(keys: ReadonlyMap<number, SelectorKey<F, D>>) {
    this.#keys = keys
  }

  /**
   * The key of an object; undefined if it is not registered.
   * @throws ValueError what is asked for has no descriptor and is not registered
   */
  get(fileobj: FileObject): SelectorKey<F, D> | undefined {
    return this.#keys.get(this._fd(fileobj))
  }

  /** Whether an object is registered. */
  has(fileobj: FileObject): boolean {
    return this.get(fileobj) !== undefined
  }

  /** How many are registered. */
  get size(): number {
    return this.#keys.size
  }

  /** The descriptors. */
  keys(): IterableIterator<number> {
    return this.#keys.keys()
  }

  values(): IterableIterator<SelectorKey<F, D>> {
    return this.#keys.values()
  }

  entries(): IterableIterator<[fd: number, key: SelectorKey<F, D>]> {
    return this.#keys.entries()
  }

  [Symbol.iterator](): IterableIterator<[fd: number, key: SelectorKey<F, D>]> {
    return this.entries()
  }

  /**
   * The descriptor under which an object is, or would be, registered. An object
   * that was closed since is found by itself.
   * @internal
   */
  _fd(fileobj: FileObject): number {
    try {
      return descriptor(fileobj)
    } catch (error) {
      for (const key of this.#keys.values()) if (key.fileobj === fileobj) return key.fd
      throw error
    }
  }
}

/**
 * What all selectors do. `F` is the type of what is registered, and `D` that of
 * the data that goes with it.
 */
export abstract class BaseSelector<F extends FileObject = FileObject, D = unknown> {
  readonly #keys = new Map<number, SelectorKey<F, D>>()
  readonly #map = new SelectorMap(this.#keys)
  #closed = false

  /**
   * Watches an object.
   * @param fileobj a descriptor, or something with `fileno()`
   * @param events EVENT_READ, EVENT_WRITE, or both
   * @param data comes back in the key; null if left out
   * @throws KeyError it is registered already
   * @throws ValueError the events or the object are invalid
   */
  register(fileobj: F, events: Int, ...[data]: Data<D>): SelectorKey<F, D> {
    const mask = int(events)
    if (mask === 0 || mask & ~(EVENT_READ | EVENT_WRITE)) {
      throw new ValueError(`Invalid events: ${mask}`)
    }
    const fd = this.#map._fd(fileobj)
    if (this.#keys.has(fd)) {
      throw new KeyError(`${util.inspect(fileobj)} (FD ${fd}) is already registered`)
    }
    this._watch(fd, mask)
    return this.#keep({ fileobj, fd, events: mask, data: (data ?? null) as D })
  }

  /**
   * Watches an object no longer.
   * @returns the key that it had
   * @throws KeyError it is not registered
   * @throws ValueError it is closed, and was not registered
   */
  unregister(fileobj: F): SelectorKey<F, D> {
    const key = this._registered(fileobj)
    this.#keys.delete(key.fd)
    try {
      this._unwatch(key.fd)
    } catch (error) {
      // The descriptor was closed before, which took it out of an epoll set.
      if (!(error instanceof OSError)) throw error
    }
    return key
  }

  /**
   * Watches an object for other events, with other data.
   * @returns the new key
   * @throws KeyError it is not registered
   */
  modify(fileobj: F, events: Int, ...[data]: Data<D>): SelectorKey<F, D> {
    const key = this._registered(fileobj)
    const mask = int(events)
    const now = (data ?? null) as D
    if (mask === key.events && now === key.data) return key
    try {
      if (mask !== key.events) this._rewatch(key.fd, mask)
    } catch (error) {
      this.#keys.delete(key.fd)
      throw error
    }
    return this.#keep({ ...key, events: mask, data: now })
  }

  /**
   * Waits until something is ready.
   * @param timeout seconds, fractions allowed; 0 or less looks and does not
   *   wait; left out or null, for ever
   * @returns the keys of what is ready, each with its ready events; none when the time is over
   * @throws InterruptedError a signal came for which the program listens
   */
  abstract select(timeout?: number | null): Ready<F, D>

  /**
   * As `select()`, without blocking the event loop. Not in Python, and only an
   * EpollSelector can do it.
   * @param timeout seconds, fractions allowed; 0 or less looks and does not
   *   wait; left out or null, for ever
   * @param options `signal` ends the wait: the promise rejects with its reason
   * @throws OSError EBADF: the selector was closed meanwhile; without an errno: it is no
   *   EpollSelector
   */
  abstract select_async(timeout?: number | null, options?: WaitOptions): Promise<Ready<F, D>>

  /** Forgets all objects, and frees what the kernel holds; closes none of them. */
  close(): void {
    this.#keys.clear()
    this.#closed = true
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * The key of a registered object.
   * @throws KeyError it is not registered
   * @throws RuntimeError the selector is closed
   */
  get_key(fileobj: F): SelectorKey<F, D> {
    this._mustBeOpen()
    return this._registered(fileobj)
  }

  /** What is registered; null when the selector is closed. */
  get_map(): SelectorMap<F, D> | null {
    return this.#closed ? null : this.#map
  }

  /** @internal */
  protected _mustBeOpen(): void {
    if (this.#closed) throw new RuntimeError('Selector is closed')
  }

  /** @internal */
  protected _registered(fileobj: F): SelectorKey<F, D> {
    const key = this.#map.get(fileobj)
    if (key === undefined) throw new KeyError(`${util.inspect(fileobj)} is not registered`)
    return key
  }

  /** @internal Registered descriptors. */
  protected get _keys(): ReadonlyMap<number, SelectorKey<F, D>> {
    return this.#keys
  }

  /** @internal Tells the kernel, where it is told beforehand. */
  protected abstract _watch(fd: number, events: number): void
  /** @internal */
  protected abstract _rewatch(fd: number, events: number): void
  /** @internal */
  protected abstract _unwatch(fd: number): void

  /** @internal Keys for [fd, EVENT_ bits]; what is not registered any more is left out. */
  protected _ready(found: Iterable<readonly [fd: number, events: number]>): Ready<F, D> {
    const ready: Ready<F, D> = []
    for (const [fd, events] of found) {
      const key = this.#keys.get(fd)
      if (key !== undefined) ready.push([key, events & key.events])
    }
    return ready
  }

  #keep(key: SelectorKey<F, D>): SelectorKey<F, D> {
    this.#keys.set(key.fd, key)
    return key
  }
}

/** Seconds; 0 for a negative time. */
export function seconds(timeout: unknown): number | null {
  const time = milliseconds(timeout, 1000, 'timeout must be a number or null')
  return time === Number.POSITIVE_INFINITY ? null : Math.max(time, 0) / 1000
}

/** The error of a selector that has no descriptor for the event loop to watch. */
export const cannotWait = (selector: object): OSError =>
  new OSError(`${typeName(selector)} cannot wait without blocking`)
