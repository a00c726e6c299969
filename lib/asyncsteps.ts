// The steps of lib/steps.ts, driven by promises.

import { isReady, type Op } from './drive.js'
import { duplicate, type Owner } from './handle.js'
import { errnos, native } from './native.js'
import { meanwhile, type WaitOptions, wait } from './reactor.js'
import { bytesOf, type Elsewhere, type FileRead, type Need, type Steps } from './steps.js'

/** On a thread, because another reader may have been quicker, and then it waits. */
const readLater = async ({ file, size }: FileRead): Promise<Buffer> =>
  bytesOf(await native.read(file, size, true))

/** What waits in the steps of an owner, which is not lost meanwhile. */
interface Part extends Owner {
  readonly of: Owner | undefined
}

/** A duplicate waits: the set has each descriptor once, and this one may be in it. */
async function elsewhere(step: Elsewhere, options: WaitOptions, of?: Owner): Promise<void> {
  const { h, watched, event, syscall } = step
  const other = duplicate(watched, h === null ? null : h.timeout)
  const op: Op<0> = (fd) => (isReady(fd, event) ? 0 : -errnos.EAGAIN)
  const begin = () => wait({ _h: other }, event, syscall, () => op, options)
  const part: Part | null = h === null ? null : { _h: h, of }
  try {
    await (part === null ? begin() : meanwhile(part, syscall, begin, options))
  } finally {
    other.close()
  }
}

function later(step: Need, options: WaitOptions, of?: Owner): unknown {
  if ('watched' in step) return elsewhere(step, options, of)
  if ('ask' in step) return abortable(step.ask(true), options)
  const part: Part = { _h: step.h, of }
  if ('op' in step) return wait(part, step.event, step.syscall, () => step.op, options)
  return meanwhile(part, 'sendfile', () => readLater(step), options)
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
  owner?: Owner,
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
