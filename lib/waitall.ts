// MSG_WAITALL, where the kernel must not be the one that waits.

import { size } from './args.js'
import { aligned_alloc, LINE, take } from './bytes.js'
import { block, kernelTimeout, READ, tick } from './drive.js'
import type { AddressOut } from './family/types.js'
import { type Handle, mustNotBlock } from './handle.js'
import { constants, errnos, native, polling } from './native.js'
import * as ops from './ops.js'

const { MSG_DONTWAIT, MSG_ERRQUEUE, MSG_OOB, MSG_PEEK, MSG_WAITALL } = constants
const { SOCK_STREAM } = constants
const { POLLERR } = polling
/** What is only peeked at, or has a queue of its own, cannot be gathered. */
const ASIDE = MSG_PEEK | MSG_OOB | (MSG_ERRQUEUE ?? 0)

/**
 * Whether a receive has to do the kernel's part of MSG_WAITALL: on a stream
 * without a timeout whose descriptor is non-blocking all the same, because of a
 * signal listener, a worker, or whoever shares it. With a timeout the flag has no
 * force, as in Python.
 */
export function gathers(h: Handle, flags: unknown): boolean {
  if (flags === undefined) return false
  const f = Number(flags)
  if ((f & MSG_WAITALL) === 0 || (f & ASIDE) !== 0) return false
  if (h.type !== SOCK_STREAM || h.timeout !== null) return false
  return h.nonblocking || mustNotBlock(null) || native.nonblocking(h.fd, null) === 1
}

/**
 * What comes next; 0 when the stream ends or something ends the wait: a signal
 * or an error after the first bytes is left to the next call, as the kernel does.
 */
function more(h: Handle, into: Uint8Array, flags: number): number {
  const time = (flags & MSG_DONTWAIT) !== 0 ? 0 : kernelTimeout(h, READ) * 1000
  for (;;) {
    const ready = native.poll(h.fd, READ, time === Number.POSITIVE_INFINITY ? -1 : time, tick)
    if (ready <= 0 || (ready & POLLERR) !== 0) return 0
    const count = native.recv(h.fd, into, 0, into.length, flags)
    if (count !== -errnos.EAGAIN) return Math.max(count, 0)
  }
}

/** Receives until the memory is full, or something ends it early. */
export function gatherInto(
  h: Handle,
  buffer: unknown,
  nbytes: unknown,
  flags: unknown,
  method: string,
): [count: number, address: AddressOut] {
  const [whole, n] = ops.target(buffer, nbytes, method)
  const into = whole.subarray(0, n)
  if (n === 0) return [0, null]
  let [count, address] = block(h, READ, method, ops.recvfromInto(h, into, 0, flags), flags)
  for (let last = count; last > 0 && count < n; count += last) {
    last = more(h, into.subarray(count), Number(flags))
  }
  return [count, address]
}

/** The same into new memory. */
export function gather(
  h: Handle,
  bufsize: unknown,
  flags: unknown,
  method: string,
): [data: Buffer, address: AddressOut] {
  const memory = aligned_alloc(LINE, size(bufsize, method))
  const [count, address] = gatherInto(h, memory, 0, flags, method)
  return [take(memory, count), address]
}
