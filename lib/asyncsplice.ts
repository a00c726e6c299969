// splice(2) for the promise twin: see splice.ts.

import type { Int } from './args.js'
import type { AsyncSocket } from './asyncsocket.js'
import { runLater } from './asyncsteps.js'
import type { WaitOptions } from './reactor.js'
import type { FileLike } from './sendfile.js'
import { type RelayOptions, relaySteps, type SpliceOptions, spliceSteps } from './splice.js'

/**
 * Moves bytes between a pipe and a socket or a file, once; see the blocking twin. A
 * pipe is waited for without blocking, whatever its flags. splice(2)
 */
export async function splice(
  src: FileLike,
  dst: FileLike,
  count: Int,
  options: SpliceOptions & WaitOptions = {},
): Promise<number> {
  return runLater(spliceSteps(src, dst, count, options, true), options)
}

/**
 * Moves what one stream socket receives to another until the end of the stream, and
 * gives how many bytes that was; see the blocking twin. splice(2)
 */
export async function relay<F extends number, G extends number>(
  src: AsyncSocket<F>,
  dst: AsyncSocket<G>,
  options: RelayOptions & WaitOptions = {},
): Promise<number> {
  return runLater(relaySteps(src, dst, options, true), options)
}
