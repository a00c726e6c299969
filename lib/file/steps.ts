// The files of makefile() think in steps: a generator yields what it waits for
// and is given what came. So the buffering is written once for both twins.

import { block, type Op } from '../drive.js'
import type { Handle } from '../handle.js'

/** Something to wait for. */
export interface Need<T = unknown> {
  event: number
  syscall: string
  op: Op<T>
}

/** A computation that waits in between. */
export type Steps<T> = Generator<Need, T, unknown>

/** Yields one need and gives its result its type back. */
export function* need<T>(event: number, syscall: string, op: Op<T>): Generator<Need, T, unknown> {
  return (yield { event, syscall, op }) as T
}

/** Drives steps by blocking. */
export function run<T>(h: Handle, steps: Steps<T>): T {
  let state = steps.next()
  while (!state.done) {
    const { event, syscall, op } = state.value
    let result: unknown
    try {
      result = block(h, event, syscall, op)
    } catch (error) {
      state = steps.throw(error)
      continue
    }
    state = steps.next(result)
  }
  return state.value
}
