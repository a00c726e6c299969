// The two twins, for tests of what both of them promise:
//
//   describe.each(twins)('%s', (_, socket) => {
//     it('receives', async () => {
//       expect(await s.recv(10)).toEqual(…)

import { inspect } from 'node:util'
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'

/**
 * What the tests see of either module. `await` takes a value as well as a promise
 * of it, so a test that awaits whatever may wait is right for both, and needs the
 * types of one only: those of the blocking twin.
 */
export type Twin = typeof socket

// The cast is the one place that says so. A test that forgets an `await` compiles,
// but what it compares is a promise, and it fails on the promise twin.
const awaited = promises as unknown as Twin

/** The rows of `describe.each(twins)('%s', (_, socket) => …)`. */
export const twins: [name: string, socket: Twin][] = [
  ['bsd-socket', socket],
  ['bsd-socket/promises', awaited],
]

/** The rows for tests of one twin alone, and why the other has nothing to show there. */
export const only = (name: 'bsd-socket' | 'bsd-socket/promises', _why: string): typeof twins =>
  twins.filter(([twin]) => twin === name)

/** Whether calls of this module give promises. */
export const waitsAside = (module: Twin): boolean => module === awaited

/** The functions of the promise module that make sockets without waiting. */
export const makers = 'SocketType fromfd fromsocket listen_fds socket socketpair'.split(' ')

/** Those that wait, and give promises. */
export const waitingFunctions = [
  'create_connection',
  'create_server',
  'getaddrinfo',
  'getfqdn',
  'gethostbyaddr',
  'gethostbyname',
  'gethostbyname_ex',
  'getnameinfo',
  'recv_fds',
  'relay',
  'send_fds',
  'splice',
]

/** An error that was raised, seen as an OSError, of which it may have nothing. */
export type Raised = Error & Partial<Omit<socket.OSError, keyof Error>>

/**
 * The error of a call, thrown or rejected with; fails if there is none. Where it
 * is only to be of a kind: `await expect(async () => s.recv(1)).rejects.toThrow(…)`.
 */
export async function raised(call: () => unknown): Promise<Raised> {
  let given: unknown
  try {
    given = await call()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  throw new Error(`nothing was raised, but given: ${inspect(given)}`)
}
