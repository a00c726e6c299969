// The selector on epoll(7).

import type { FileObject } from '../multiplex.js'
import type { WaitOptions } from '../reactor.js'
import { epoll } from '../select.js'
import { BaseSelector, type Ready, seconds } from './base.js'
import { bits, found } from './poll.js'

/** A selector on epoll(7): the kernel keeps the list. */
export class EpollSelector<F extends FileObject = FileObject, D = unknown> extends BaseSelector<
  F,
  D
> {
  readonly #epoll = epoll()

  /** The descriptor of the epoll set. */
  fileno(): number {
    return this.#epoll.fileno()
  }

  select(timeout?: number | null): Ready<F, D> {
    return this._ready(found(this.#epoll.poll(seconds(timeout), this.#most)))
  }

  override async select_async(
    timeout?: number | null,
    options?: WaitOptions,
  ): Promise<Ready<F, D>> {
    const pairs = await this.#epoll.poll_async(seconds(timeout), this.#most, options)
    return this._ready(found(pairs))
  }

  override close(): void {
    this.#epoll.close()
    super.close()
  }

  get #most(): number {
    return Math.max(this._keys.size, 1)
  }

  protected _watch(fd: number, events: number): void {
    this.#epoll.register(fd, bits(events))
  }

  protected _rewatch(fd: number, events: number): void {
    this.#epoll.modify(fd, bits(events))
  }

  protected _unwatch(fd: number): void {
    this.#epoll.unregister(fd)
  }
}
