// What the programs beside these tests share. The first import of each of them:
// REACTOR=thread gives them the reactor of Bun and Deno, where a thread waits.

import { readdirSync } from 'node:fs'
import * as socket from 'bsd-socket/promises'
import { native } from '#lib/native'

const { reactorOpen } = native
if (process.env.REACTOR === 'thread') native.reactorOpen = (dispatch) => reactorOpen(dispatch, true)

/** Whether waits keep the loop alive: as the reactor last told native code. */
export const reactor = { held: false }
const { reactorRef } = native
native.reactorRef = (on) => {
  reactor.held = on
  return reactorRef(on)
}

/** The descriptors of this process, without the one that lists them. */
export const descriptors = (): number => readdirSync('/proc/self/fd').length - 1

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/**
 * Waits until so many descriptors are open, five seconds at most; gives how many are. A
 * look-up that was aborted goes on in a thread, where libc has descriptors of its own.
 */
export async function settled(count: number): Promise<number> {
  let open = descriptors()
  for (let i = 0; i < 500 && open !== count; i++) {
    await sleep(10)
    open = descriptors()
  }
  return open // not counted once more: the look-up may just have opened its file
}

/** What opens a descriptor for good is done before they are counted: the reactor, and a libuv stream. */
export async function warm(): Promise<void> {
  process.stderr.write('')
  // Deno opens two of its own half a second after it has begun.
  if ('deno' in process.versions) await sleep(800)
  const [a, b] = socket.socketpair()
  const waiting = a.recv(1)
  await b.send(Buffer.alloc(1))
  await waiting
  a.close()
  b.close()
}

/** Prints a line of JSON for the test. */
export const tell = (value: unknown): void => console.log(JSON.stringify(value))
