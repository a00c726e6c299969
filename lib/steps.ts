// Computations that wait in between, written once for both twins: a generator
// yields what it waits for and is given what came. Here the blocking driver;
// asyncsteps.ts has the other.

import { block, blockOn, type Failure, type Op } from './drive.js'
import { oserror } from './errors.js'
import { Handle } from './handle.js'
import { native } from './native.js'

/** A socket to be ready for an op. */
interface Ready {
  h: Handle
  event: number
  syscall: string
  op: Op<unknown>
}

/** A descriptor to be ready, for a socket whose own it is not; null for none. */
export interface Elsewhere {
  h: Handle | null
  watched: number
  event: number
  syscall: string
}

/** Bytes of a file, at its position, for a socket. */
export interface FileRead {
  h: Handle
  file: number
  size: number
}

/** A question to the resolver: its answer, or with `later` the promise of it. */
interface Question {
  ask(later: boolean): unknown
}

export type Need = Ready | Elsewhere | FileRead | Question

/** A computation that waits in between. */
export type Steps<T> = Generator<Need, T, unknown>

/** Waits for an op. */
export function* need<T>(h: Handle, event: number, syscall: string, op: Op<T>): Steps<T> {
  return (yield { h, event, syscall, op }) as T
}

/**
 * Waits for a descriptor that is no socket of ours, such as the end of a pipe, under
 * the timeout of a socket; for ever if there is none.
 */
export function* ready(
  h: Handle | null,
  watched: number,
  event: number,
  syscall: string,
): Steps<void> {
  yield { h, watched, event, syscall }
}

/** Reads up to `size` bytes from a file for a socket; none at its end. */
export function* fromFile(h: Handle, file: number, size: number): Steps<Buffer> {
  return (yield { h, file, size }) as Buffer
}

/** Asks the resolver. */
export function* answer<T>(ask: (later: boolean) => T | Promise<T>): Steps<T> {
  return (yield { ask }) as T
}

/** What read(2) gave. */
export function bytesOf(result: Buffer | Failure): Buffer {
  if (typeof result === 'number') throw oserror(result, 'read')
  return result
}

/** Stands for the socket where there is none. */
const nobody = new Handle(-1, -1, -1, 0, null)

function now(step: Need): unknown {
  if ('watched' in step) return blockOn(step.h ?? nobody, step.watched, step.event, step.syscall)
  if ('op' in step) return block(step.h, step.event, step.syscall, step.op)
  if ('ask' in step) return step.ask(false)
  return bytesOf(native.read(step.file, step.size, false))
}

/** Drives steps by blocking. */
export function run<T>(steps: Steps<T>): T {
  let state = steps.next()
  while (!state.done) {
    let result: unknown
    try {
      result = now(state.value)
    } catch (error) {
      state = steps.throw(error)
      continue
    }
    state = steps.next(result)
  }
  return state.value
}
