// The errors: Python's classes and words, and the only place that makes an
// OSError from an errno.

import { util } from './builtins.js'
import { later } from './later.js'
import { errnos, native } from './native.js'

const names = later(() => {
  const found = new Map<number, string>()
  for (const [name, number] of Object.entries(errnos)) {
    if (!found.has(number)) found.set(number, name) // of two names the table's first
  }
  return found
})

/** `'ECONNREFUSED'` for 111; undefined for a number that is no errno. */
export const errnoName = (errno: number): string | undefined => names().get(errno)

/** An argument outside its range (Python's OverflowError). */
export class OverflowError extends RangeError {
  static {
    OverflowError.prototype.name = 'OverflowError'
  }
}

/** An argument of the right type with a value that cannot be (Python's ValueError). */
export class ValueError extends RangeError {
  static {
    ValueError.prototype.name = 'ValueError'
  }
}

/** What was asked for is not there (Python's KeyError). */
export class KeyError extends Error {
  static {
    KeyError.prototype.name = 'KeyError'
  }
}

/** What is asked for cannot be done any more (Python's RuntimeError). */
export class RuntimeError extends Error {
  static {
    RuntimeError.prototype.name = 'RuntimeError'
  }
}

type Args = [errno: number, strerror: string, filename?: string] | [message?: string]

/**
 * A failed system call: Python's `OSError`. `new OSError(111, 'text')` makes an
 * instance of the subclass that belongs to the errno, here ConnectionRefusedError.
 */
export class OSError extends Error {
  /** The error number of errno(3), positive; null where there is none. */
  declare errno: number | null
  /** strerror(3)'s text; null where there is none. */
  declare strerror: string | null
  /** The path, where there is one; null otherwise. */
  declare filename: string | null
  /** Python's `args`: `[errno, strerror]`, or the message alone. */
  declare args: readonly unknown[]
  /** The name of the errno, `'ECONNREFUSED'`, as Node's own errors have it. */
  declare code: string | undefined
  /** The system call that failed, `'connect'`; undefined where there was none. */
  declare syscall: string | undefined
  /** What would give the missing permission; undefined where none is missing. */
  declare hint: string | undefined

  constructor(...args: Args) {
    const [errno, strerror, filename] = args
    const numbered = args.length >= 2 && typeof errno === 'number'
    super(numbered ? message(errno, strerror as string, filename) : String(errno ?? ''))
    this.errno = numbered ? errno : null
    this.strerror = numbered ? (strerror as string) : null
    this.filename = filename ?? null
    this.args = numbered ? [errno, strerror] : args
    this.code = numbered ? errnoName(errno) : undefined
    this.syscall = undefined
    this.hint = undefined
    // Shown when an error is inspected: what the message does not say already.
    for (const hidden of ['args', 'strerror', 'filename', 'hint']) {
      Object.defineProperty(this, hidden, { enumerable: false })
    }
    if (numbered && new.target === OSError) {
      const subclass = byErrno.get(this.code ?? '')
      if (subclass !== undefined) Object.setPrototypeOf(this, subclass.prototype)
    }
  }

  [util.inspect.custom](_depth: number, options: object): string {
    const plain = util.inspect(this, { ...options, customInspect: false })
    return this.hint === undefined ? plain : `${plain}\n  hint: ${this.hint}`
  }

  static {
    OSError.prototype.name = 'OSError'
  }
}

function message(errno: number, strerror: string, filename: string | undefined): string {
  const text = `[Errno ${errno}] ${strerror}`
  return filename === undefined ? text : `${text}: '${filename}'`
}

/** The peer or the network ended the connection; the four below are its kinds. */
export class ConnectionError extends OSError {}
/** EPIPE, ESHUTDOWN: writing where nobody reads. */
export class BrokenPipeError extends ConnectionError {}
/** ECONNABORTED: the peer gave up before the connection was accepted. */
export class ConnectionAbortedError extends ConnectionError {}
/** ECONNREFUSED: nobody listens there. */
export class ConnectionRefusedError extends ConnectionError {}
/** ECONNRESET: the peer closed with a reset. */
export class ConnectionResetError extends ConnectionError {}
/** EAGAIN, EALREADY, EINPROGRESS: a non-blocking socket would have had to wait. */
export class BlockingIOError extends OSError {}
/** ECHILD */
export class ChildProcessError extends OSError {}
/** EEXIST */
export class FileExistsError extends OSError {}
/** ENOENT */
export class FileNotFoundError extends OSError {}
/** EINTR: a signal came for which the program listens. */
export class InterruptedError extends OSError {}
/** EISDIR */
export class IsADirectoryError extends OSError {}
/** ENOTDIR */
export class NotADirectoryError extends OSError {}
/** EACCES, EPERM: see `hint` for what would give the permission. */
export class PermissionError extends OSError {}
/** ESRCH */
export class ProcessLookupError extends OSError {}
/** ETIMEDOUT, or a deadline of `settimeout()` that passed (then `errno` is null). */
export class TimeoutError extends OSError {}
/** ENOTCONN: the socket has no peer. Python raises a plain OSError here. */
export class NotConnectedError extends OSError {}
/** A failed look-up by getaddrinfo(3) or getnameinfo(3); `errno` is an EAI_ number. */
export class gaierror extends OSError {}
/** A failed look-up by gethostbyname(3) or gethostbyaddr(3); `errno` is netdb.h's h_errno. */
export class herror extends OSError {}

/** Puts the name of each class on its prototype, so that it is not an own property. */
function name(classes: Readonly<Record<string, { prototype: Error }>>): void {
  for (const [value, { prototype }] of Object.entries(classes)) {
    Object.defineProperty(prototype, 'name', { value, configurable: true, writable: true })
  }
}

name({
  ConnectionError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  BlockingIOError,
  ChildProcessError,
  FileExistsError,
  FileNotFoundError,
  InterruptedError,
  IsADirectoryError,
  NotADirectoryError,
  PermissionError,
  ProcessLookupError,
  TimeoutError,
  NotConnectedError,
  gaierror,
  herror,
})

/** Python's table of PEP 3151, and ENOTCONN. */
const byErrno = new Map<string, typeof OSError>([
  ['EAGAIN', BlockingIOError],
  ['EALREADY', BlockingIOError],
  ['EINPROGRESS', BlockingIOError],
  ['EPIPE', BrokenPipeError],
  ['ESHUTDOWN', BrokenPipeError],
  ['ECHILD', ChildProcessError],
  ['ECONNABORTED', ConnectionAbortedError],
  ['ECONNREFUSED', ConnectionRefusedError],
  ['ECONNRESET', ConnectionResetError],
  ['EEXIST', FileExistsError],
  ['ENOENT', FileNotFoundError],
  ['EINTR', InterruptedError],
  ['EISDIR', IsADirectoryError],
  ['ENOTDIR', NotADirectoryError],
  ['EACCES', PermissionError],
  ['EPERM', PermissionError],
  ['ESRCH', ProcessLookupError],
  ['ETIMEDOUT', TimeoutError],
  ['ENOTCONN', NotConnectedError],
])

/** What would give the permission that a system call lacked. */
const hints: Readonly<Record<string, string>> = {
  socket:
    'this kind of socket needs root or CAP_NET_RAW: run as root, start the container with ' +
    '--cap-add NET_RAW, or give it to node with "setcap cap_net_raw+ep"; an ICMP datagram ' +
    'socket needs a group of yours in the sysctl net.ipv4.ping_group_range, even for root',
  bind:
    'a port below 1024 needs root or CAP_NET_BIND_SERVICE ("setcap cap_net_bind_service+ep"); ' +
    'a path needs write permission on its folder',
  setsockopt:
    'this option needs root or CAP_NET_ADMIN: start the container with --cap-add NET_ADMIN',
  sethostname: 'needs root or CAP_SYS_ADMIN: start the container with --cap-add SYS_ADMIN',
  connect: 'a Unix path needs write permission on it; a broadcast address needs SO_BROADCAST set',
  sendto: 'a broadcast address needs SO_BROADCAST set; a firewall rule gives EPERM too',
}

/** The error for `-errno` out of a system call. */
export function oserror(negative: number, syscall: string): OSError {
  const error = new OSError(-negative, native.strerror(-negative))
  error.syscall = syscall
  if (error instanceof PermissionError && Object.hasOwn(hints, syscall)) error.hint = hints[syscall]
  return error
}

/** The same failure with more words: class, errno, system call and hint stay. */
export function explained(error: OSError, more: string): OSError {
  const { errno, strerror, syscall, hint } = error
  if (errno === null) return error
  return Object.assign(new OSError(errno, `${strerror} ${more}`), { syscall, hint })
}

/** Raises what a system call gave, unless it is a result. */
export function check(result: number, syscall: string): number {
  if (result < 0) throw oserror(result, syscall)
  return result
}
