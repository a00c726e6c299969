// The selector on poll(2).

import type { FileObject } from '../multiplex.js'
import { polling } from '../native.js'
import { poll } from '../select.js'
import { BaseSelector, cannotWait, EVENT_READ, EVENT_WRITE, type Ready, seconds } from './base.js'

/** EVENT_ bits for what poll(2) and epoll(7) found, whose bits are the same. */
export function found(
  pairs: readonly (readonly [number, number])[],
): [fd: number, events: number][] {
  const { POLLIN, POLLOUT } = polling
  return pairs.map(([fd, event]) => [
    fd,
    // An error or a hang-up is both: whatever is tried next will tell.
    (event & ~POLLIN ? EVENT_WRITE : 0) | (event & ~POLLOUT ? EVENT_READ : 0),
  ])
}

/** And back. */
export const bits = (events: number): number =>
  (events & EVENT_READ ? polling.POLLIN : 0) | (events & EVENT_WRITE ? polling.POLLOUT : 0)

/** A selector on poll(2): any descriptor; the kernel looks at all of them every time. */
export class PollSelector<F extends FileObject = FileObject, D = unknown> extends BaseSelector<
  F,
  D
> {
  readonly #poll = poll()

  select(timeout?: number | null): Ready<F, D> {
    this._mustBeOpen()
    const time = seconds(timeout)
    return this._ready(found(this.#poll.poll(time === null ? null : time * 1000)))
  }

  override async select_async(): Promise<never> {
    throw cannotWait(this)
  }

  protected _watch(fd: number, events: number): void {
    this.#poll.register(fd, bits(events))
  }

  protected _rewatch(fd: number, events: number): void {
    this.#poll.modify(fd, bits(events))
  }

  protected _unwatch(fd: number): void {
    this.#poll.unregister(fd)
  }
}
