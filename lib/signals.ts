// Signals and blocked calls.
//
// Node runs a signal's listener from its event loop, and the loop stands still
// while a call blocks. So when the program listens for a signal, a blocked call
// has to end with InterruptedError for the listener to run. native/signals.cc
// notes such signals; this file tells it which, and when a note is out of date.

import { timers } from './builtins.js'
import { check, type InterruptedError, oserror } from './errors.js'
import { errnos, mainThread, native, signalsCaught } from './native.js'

/** The number of each signal. Most programs listen for none, and never load node:os. */
const numbers = (): Readonly<Record<string, number>> =>
  process.getBuiltinModule('node:os').constants.signals

/** The signals that the program listens for: bit n for signal n. */
let listened = 0
/** Those of them that native code may not note yet. */
let unwatched = 0
/** The loop reads the pipe that a note makes readable. */
let followed = false
/** Signals that ended a call and whose listeners the loop has not run yet. */
let owed = 0
/** Those of them that end another call. */
let again = 0

const isSignal = (event: string | symbol): event is NodeJS.Signals =>
  typeof event === 'string' && event.startsWith('SIG') && Object.hasOwn(numbers(), event)

/** Node's own listener, which is there whenever stdout or stderr is a terminal. */
const isNodes = (listener: unknown): boolean => String(listener).includes('_refreshSize')

function added(event: string | symbol, listener: unknown): void {
  if (!isSignal(event) || isNodes(listener)) return
  const signo = numbers()[event]
  listened |= 1 << signo
  // Now, for a signal that comes before the first call; and in that call again,
  // because Bun puts its handler in place only after this event.
  unwatched |= 1 << signo
  native.watchSignal(signo)
  if (!followed) follow()
}

function removed(event: string | symbol): void {
  if (!isSignal(event) || !process.listeners(event).every(isNodes)) return
  listened &= ~(1 << numbers()[event])
  // What came for it is lost, and no matter of the listener that comes next.
  again = (again | native.takeSignals()) & listened
  owed = (owed | again) & listened
}

/** Makes native code note what is listened for. @returns 0, or -errno */
function watch(): number {
  for (let signo = 1; signo < 32; signo++) {
    if ((unwatched & (1 << signo)) === 0) continue
    const watched = native.watchSignal(signo)
    if (watched < 0) return watched
    if (watched > 0) unwatched &= ~(1 << signo)
  }
  return followed ? 0 : follow()
}

/**
 * Drops notes from within the loop: it is about to run the listeners then, as
 * libuv leaves signals to the end of what a wait of its has found.
 */
function follow(): number {
  const fd = native.signalPipe()
  if (fd < 0) return fd
  const { Socket } = process.getBuiltinModule('node:net')
  const { bun } = process.versions // which takes a descriptor in another place
  const pipe = new Socket(bun ? {} : { fd, readable: true, writable: false })
  if (bun) pipe.connect({ fd } as never)
  pipe.on('data', () => {
    native.takeSignals()
    owed = again = 0
  })
  pipe.unref()
  followed = true
  return 0
}

// In a worker nobody can listen for a signal.
if (mainThread) {
  process.on('newListener', added).on('removeListener', removed)
  for (const event of process.eventNames()) {
    for (const listener of process.listeners(event as NodeJS.Signals)) added(event, listener)
  }
}

/** Whether the program listens for any signal. */
export const listening = (): boolean => listened !== 0

/** Makes sure that signals are noted. Called before a call that may block. */
export function arm(): void {
  if (unwatched !== 0 || !followed) check(watch(), 'sigaction')
}

/** Whether a signal came whose listener has not run. */
export const caught = (): boolean => ((signalsCaught() | again) & listened) !== 0

/** Takes the notes. @returns whether one was of a signal that is listened for */
export function take(): boolean {
  const taken = native.takeSignals() & listened
  owed |= taken
  return taken !== 0
}

/** The error that ends a blocked call for a signal; the notes are taken. */
export function interrupted(syscall: string): InterruptedError {
  take()
  again = 0
  // One signal ends one call of a turn. In the next turn it does so again if the
  // loop has not come to the listener: this turn may have begun after the poll in
  // which the loop looks for signals. The second one makes sure that it polls,
  // though nothing else may keep it.
  timers.setImmediate(() => {
    again = owed
    if (owed !== 0) timers.setImmediate(() => {})
  })
  return oserror(-errnos.EINTR, syscall)
}
