// Signals and blocked calls.
//
// Node runs a signal's listener from its event loop, and the loop stands still
// while a call blocks. So when the program listens for a signal, a blocked call
// has to end with InterruptedError for the listener to run. native/signals.cc
// notes such signals; this file tells it which, and when a note is out of date.

import { constants as os } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { check, type InterruptedError, oserror } from './errors.js'
import { errnos, native, signalCaught } from './native.js'

const numbers: Readonly<Record<string, number>> = os.signals

let listened: number[] = []
/** Listeners came or went since `listened` was counted. */
let recount = isMainThread
/** The handlers of the signals in `listened` have to be put in place. */
let unarmed = false
/** Signals noted before this turn of the loop have had their listeners run. */
let turnBegun = false

function changed(event: string | symbol): void {
  if (typeof event === 'string' && Object.hasOwn(numbers, event)) recount = true
}

// In a worker nobody can listen for a signal.
if (isMainThread) process.on('newListener', changed).on('removeListener', changed)

/** Whether the program listens for any signal. */
export function listening(): boolean {
  if (recount) {
    recount = false
    listened = process
      .eventNames()
      .filter((name): name is string => typeof name === 'string' && Object.hasOwn(numbers, name))
      .map((name) => numbers[name])
    unarmed = listened.length > 0
  }
  return listened.length > 0
}

/** Makes signals be noted from here on. Called before a call that may block. */
export function arm(): void {
  if (unarmed) {
    check(native.watchSignals(listened), 'sigaction')
    unarmed = false
  }
  if (turnBegun) return
  // The first blocking call of this turn: what was noted before is history.
  turnBegun = true
  native.takeSignal()
  setImmediate(() => {
    turnBegun = false // the loop has read its pipe by now, so the listeners ran
    native.takeSignal()
  })
}

/** Whether a signal came whose listener has not run. */
export const caught = (): boolean => signalCaught() !== 0

/** The error that ends a blocked call for a signal; the note is taken. */
export function interrupted(syscall: string): InterruptedError {
  native.takeSignal()
  return oserror(-errnos.EINTR, syscall)
}
