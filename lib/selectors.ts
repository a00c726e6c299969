/**
 * Waiting for many sockets at once, as Python's `selectors` module does: each is
 * registered with data of the program's own, which comes back when it is ready.
 * Python's KqueueSelector and DevpollSelector are left out.
 *
 * @module
 */

import type { FileObject } from './multiplex.js'
import { polling } from './native.js'
import type { BaseSelector } from './selector/base.js'
import * as linux from './selector/epoll.js'
import { PollSelector } from './selector/poll.js'

export { KeyError, RuntimeError } from './errors.js'
export type { FileObject } from './multiplex.js'
export type { WaitOptions } from './reactor.js'
export {
  BaseSelector,
  EVENT_READ,
  EVENT_WRITE,
  type Ready,
  type SelectorKey,
  type SelectorMap,
} from './selector/base.js'
export { PollSelector } from './selector/poll.js'
export { SelectSelector } from './selector/select.js'

/** A selector on epoll(7): the kernel keeps the list. Linux only; elsewhere undefined. */
export const EpollSelector = (
  polling.EPOLLIN === undefined ? undefined : linux.EpollSelector
) as typeof linux.EpollSelector
export type EpollSelector<F extends FileObject = FileObject, D = unknown> = linux.EpollSelector<
  F,
  D
>

/** The best selector of this system: EpollSelector on Linux, else PollSelector. */
export const DefaultSelector = (EpollSelector ?? PollSelector) as new <
  F extends FileObject = FileObject,
  D = unknown,
>() => BaseSelector<F, D>
export type DefaultSelector<F extends FileObject = FileObject, D = unknown> = BaseSelector<F, D>
