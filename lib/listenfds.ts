// Descriptors that a service manager opened for this process: sd_listen_fds(3).

import { typeName } from './args.js'
import { socket } from './callable.js'
import { check, OSError, ValueError } from './errors.js'
import { errnos, native } from './native.js'
import type { Socket } from './socket.js'

/** The first descriptor that is passed; the others follow it. */
const FIRST = 3
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']

export interface ListenFdsOptions {
  /**
   * Remove the variables, so that nobody takes the same descriptors again; true if
   * left out. They are removed whatever comes of the call.
   */
  unset_environment?: boolean
}

/** A descriptor that was passed. */
export interface ListenFd<S = Socket> {
  /** What FileDescriptorName= calls it; `unknown` if nothing does. Names may repeat. */
  name: string
  /** Its number, 3 or more. It belongs to the socket, or to the caller if there is none. */
  fd: number
  /** null for what is no socket: a FIFO, a device, a file of the descriptor store. */
  socket: S | null
}

/** A positive number as the variables have it. */
function count(name: string, text: string): number {
  const n = /^[1-9]\d*$/.test(text) ? Number(text) : 0
  if (n === 0 || n > 0x7fffffff - FIRST) throw new ValueError(`${name} is malformed: '${text}'`)
  return n
}

/** How many descriptors are there for this process, and what they are called. */
function passed(): [number: number, names: string[] | undefined] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env
  // A program in between (npm, a shell) that was meant has another number.
  if (LISTEN_PID === undefined || count('LISTEN_PID', LISTEN_PID) !== process.pid) return [0, []]
  if (LISTEN_FDS === undefined) return [0, []]
  const number = count('LISTEN_FDS', LISTEN_FDS)
  const names = LISTEN_FDNAMES?.split(':')
  if (names !== undefined && names.length !== number) {
    throw new ValueError(`LISTEN_FDNAMES has ${names.length} names for ${number} descriptors`)
  }
  return [number, names]
}

/** The same for either twin: `adopt` makes its socket, or raises ENOTSOCK. */
export function listenFds<S extends { detach(): number }>(
  options: ListenFdsOptions,
  adopt: (fileno: number) => S,
): ListenFd<S>[] {
  if (options === null || typeof options !== 'object') {
    throw new TypeError(`listen_fds() takes an object of options, not ${typeName(options)}`)
  }
  const { unset_environment = true } = options
  try {
    const [number, names] = passed()
    const found: ListenFd<S>[] = []
    for (let i = 0; i < number; i++) {
      check(native.cloexec(FIRST + i, true), 'fcntl')
      found.push({ name: names?.[i] ?? 'unknown', fd: FIRST + i, socket: null })
    }
    return adopted(found, adopt)
  } finally {
    if (unset_environment) for (const name of VARIABLES) delete process.env[name]
  }
}

function adopted<S extends { detach(): number }>(
  found: ListenFd<S>[],
  adopt: (fileno: number) => S,
): ListenFd<S>[] {
  try {
    for (const item of found) item.socket = socketOrNull(item.fd, adopt)
    return found
  } catch (error) {
    for (const { socket } of found) socket?.detach() // refused, they stay open
    throw error
  }
}

function socketOrNull<S>(fd: number, adopt: (fileno: number) => S): S | null {
  try {
    return adopt(fd)
  } catch (error) {
    if (error instanceof OSError && error.errno === errnos.ENOTSOCK) return null
    throw error
  }
}

/**
 * The descriptors that systemd passed to this process, as sockets that own them:
 * an empty array if there are none, or if they are meant for another process. They
 * are close-on-exec from then on. To be called once, in one thread.
 * sd_listen_fds_with_names(3)
 * @throws ValueError LISTEN_PID or LISTEN_FDS is no positive number, or LISTEN_FDNAMES
 *   has not a name for each descriptor
 * @throws OSError EBADF: not so many descriptors are open
 */
export const listen_fds = (options: ListenFdsOptions = {}): ListenFd[] =>
  listenFds(options, (fileno) => new socket({ fileno }))
