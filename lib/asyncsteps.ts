// The steps of lib/steps.ts, driven by promises.

import { isReady, type Op } from './drive.js'
import type { Handle } from './handle.js'
import { errnos, native } from './native.js'
import { type AsyncOwner, Foreign, meanwhile, type WaitOptions, Watch, wait } from './reactor.js'
import { bytesOf, type Elsewhere, type FileRead, type Need, type Steps } from './steps.js'

/** On a thread, because another reader may have been quicker, and then it waits. */
const readLater = async ({ file, size }: FileRead): Promise<Buffer> =>
  bytesOf(await native.read(file, size, true))

/** What waits in the steps of an owner, which is not lost meanwhile. */
interface Part extends AsyncOwner {
  readonly of: AsyncOwner | undefined
}

/** The steps are of sockets of this twin. */
function part(h: Handle, of: AsyncOwner | undefined): Part {
  if (!(h instanceof Watch)) throw new TypeError('a socket of the blocking twin cannot be awaited')
  return { _h: h, of }
}

/** A duplicate waits: the set has each descriptor once, and this one may be in it. */
async function elsewhere(step: Elsewhere, options: WaitOptions, of?: AsyncOwner): Promise<void> {
  const { h, watched, event, syscall } = step
  const other = new Foreign(watched, h === null ? null : h.timeout)
  const op: Op<0> = (fd) => (isReady(fd, event) ? 0 : -errnos.EAGAIN)
  const begin = () => wait({ _h: other }, event, syscall, () => op, options)
  try {
    await (h === null ? begin() : meanwhile(part(h, of), syscall, begin, options))
  } finally {
    other.close()
  }
}

function later(step: Need, options: WaitOptions, of?: AsyncOwner): unknown {
  if ('watched' in step) return elsewhere(step, options, of)
  if ('ask' in step) return abortable(step.ask(true), options)
  const owner = part(step.h, of)
  if ('op' in step) return wait(owner, step.event, step.syscall, () => step.op, options)
  return meanwhile(owner, 'sendfile', () => readLater(step), options)
}

/** Lets go of what cannot be ended itself: a look-up goes on, and nobody hears of it. */
function abortable(answer: unknown, { signal }: WaitOptions): unknown {
  if (signal === undefined) return answer
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      if (!signal.aborted) how()
      signal.removeEventListener('abort', aborted)
    }
    const aborted = () => reject(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
    Promise.resolve(answer).then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
  })
}

/**
 * Drives steps without blocking the event loop. Until they are done, the `owner` of
 * the socket that they are about is not lost.
 */
export async function runLater<T>(
  steps: Steps<T>,
  options: WaitOptions = {},
  owner?: AsyncOwner,
): Promise<T> {
  options.signal?.throwIfAborted()
  let state = steps.next()
  while (!state.done) {
    let result: unknown
    try {
      result = await later(state.value, options, owner)
      options.signal?.throwIfAborted()
    } catch (error) {
      state = steps.throw(error)
      continue
    }
    state = steps.next(result)
  }
  return state.value
}
