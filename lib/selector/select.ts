// The selector on select(2).

import { type Int, int } from '../args.js'
import type { FileObject } from '../multiplex.js'
import { select } from '../select.js'
import {
  BaseSelector,
  cannotWait,
  type Data,
  EVENT_READ,
  EVENT_WRITE,
  type Ready,
  type SelectorKey,
  seconds,
} from './base.js'

/** A selector on select(2): descriptors below 1024. */
export class SelectSelector<F extends FileObject = FileObject, D = unknown> extends BaseSelector<
  F,
  D
> {
  select(timeout?: number | null): Ready<F, D> {
    this._mustBeOpen()
    const wanting = (event: number) => (fd: number) =>
      ((this._keys.get(fd)?.events ?? 0) & event) !== 0
    const fds = [...this._keys.keys()]
    const [readers, writers] = select(
      fds.filter(wanting(EVENT_READ)),
      fds.filter(wanting(EVENT_WRITE)),
      [],
      seconds(timeout),
    )
    const found = new Map(readers.map((fd) => [fd, EVENT_READ]))
    for (const fd of writers) found.set(fd, (found.get(fd) ?? 0) | EVENT_WRITE)
    return this._ready(found)
  }

  override async select_async(): Promise<never> {
    throw cannotWait(this)
  }

  /** As Python: what cannot be registered with the new events is not registered any more. */
  override modify(fileobj: F, events: Int, ...data: Data<D>): SelectorKey<F, D> {
    const key = this._registered(fileobj)
    if (int(events) === key.events) return super.modify(fileobj, events, ...data)
    this.unregister(fileobj)
    return this.register(fileobj, events, ...data)
  }

  protected _watch(): void {}
  protected _rewatch(): void {}
  protected _unwatch(): void {}
}
