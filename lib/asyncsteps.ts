// The steps of lib/steps.ts, driven by promises.

import { fs } from './builtins.js'
import { meanwhile, type WaitOptions, wait } from './reactor.js'
import { fileError, type Need, type Steps } from './steps.js'

function readLater(file: number, size: number): Promise<Buffer> {
  const memory = Buffer.allocUnsafe(size)
  return new Promise((resolve, reject) => {
    fs.read(file, memory, 0, size, null, (error, count) => {
      if (error) reject(fileError(error))
      else resolve(memory.subarray(0, count))
    })
  })
}

function later(step: Need, options: WaitOptions): unknown {
  if ('op' in step) return wait(step.h, step.event, step.syscall, () => step.op, options)
  if ('ask' in step) return abortable(step.ask(true), options)
  const { h, file, size } = step
  return meanwhile(h, 'sendfile', () => readLater(file, size), options)
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

/** Drives steps without blocking the event loop. */
export async function runLater<T>(steps: Steps<T>, options: WaitOptions = {}): Promise<T> {
  options.signal?.throwIfAborted()
  let state = steps.next()
  while (!state.done) {
    let result: unknown
    try {
      result = await later(state.value, options)
      options.signal?.throwIfAborted()
    } catch (error) {
      state = steps.throw(error)
      continue
    }
    state = steps.next(result)
  }
  return state.value
}
