// MSG_WAITALL for the promise twin, whose descriptors the kernel never waits on:
// see waitall.ts.

import { size } from './args.js'
import { aligned_alloc, LINE, take } from './bytes.js'
import { type Op, READ, UNFINISHED } from './drive.js'
import type { AddressOut } from './family/types.js'
import type { Handle } from './handle.js'
import { constants, errnos, native, polling } from './native.js'
import * as ops from './ops.js'
import { type AsyncOwner, type WaitOptions, wait } from './reactor.js'
import * as waitall from './waitall.js'

const { MSG_DONTWAIT } = constants
const { POLLERR } = polling
const NOT_YET = -errnos.EAGAIN

/** Whether a receive has to do the kernel's part of MSG_WAITALL. */
export const gathers = (h: Handle, flags: unknown): boolean =>
  // What is no number is refused later, where that rejects the promise.
  (typeof flags === 'number' || typeof flags === 'bigint') && waitall.gathers(h, flags)

/** What has come so far. */
interface Progress {
  count: number
  address: AddressOut
}

/** Receives until the memory is full, the stream ends, or an error is next: that is left to the next call. */
function filling(h: Handle, into: Uint8Array, flags: number, progress: Progress): Op<0> {
  const first = ops.recvfromInto(h, into, 0, flags)
  return (fd) => {
    if (progress.count === 0) {
      const result = first(fd)
      if (typeof result === 'number') return result
      ;[progress.count, progress.address] = result
      if (progress.count === 0) return 0
    }
    const pause = progress.count + ops.PIECE
    while (progress.count < into.length) {
      if (progress.count >= pause) return UNFINISHED
      const last = more(fd, into, flags, progress.count)
      if (last === NOT_YET && (flags & MSG_DONTWAIT) === 0) return NOT_YET
      if (last <= 0) break
      progress.count += last
    }
    return 0
  }
}

/** What comes next, 0 where an error does: recv(2) would take it off the socket. */
function more(fd: number, into: Uint8Array, flags: number, from: number): number {
  const ready = native.poll(fd, READ, 0, null)
  if (ready <= 0) return ready === 0 ? NOT_YET : 0
  return (ready & POLLERR) !== 0 ? 0 : native.recv(fd, into, from, into.length - from, flags)
}

/** Receives until the memory is full, or something ends it early: what came by then is not lost. */
export async function gatherInto(
  owner: AsyncOwner,
  buffer: unknown,
  nbytes: unknown,
  flags: unknown,
  method: string,
  options?: WaitOptions,
): Promise<[count: number, address: AddressOut]> {
  const [whole, n] = ops.target(buffer, nbytes, method)
  if (n === 0) return [0, null]
  const into = whole.subarray(0, n)
  const progress: Progress = { count: 0, address: null }
  try {
    const start = () => filling(owner._h, into, Number(flags), progress)
    await wait(owner, READ, method, start, options, flags)
  } catch (error) {
    if (progress.count === 0) throw error
  }
  return [progress.count, progress.address]
}

/** The same into new memory. */
export async function gather(
  owner: AsyncOwner,
  bufsize: unknown,
  flags: unknown,
  method: string,
  options?: WaitOptions,
): Promise<[data: Buffer, address: AddressOut]> {
  const memory = aligned_alloc(LINE, size(bufsize, method))
  const [count, address] = await gatherInto(owner, memory, 0, flags, method, options)
  return [take(memory, count), address]
}
