// Bytes moved inside the kernel: pipe2(2), and splice(2) in steps that both twins
// drive. The blocking twin's functions are here; asyncsplice.ts has the others.

import { type Int, intOr, typeName, whole } from './args.js'
import type { BaseSocket } from './base.js'
import { isReady, type Op, READ, UNFINISHED, WRITE } from './drive.js'
import { check, ValueError } from './errors.js'
import { Handle, mustNotBlock } from './handle.js'
import { constants, errnos, native, value } from './native.js'
import { PIECE } from './ops.js'
import { descriptor, type FileLike } from './sendfile.js'
import { bytesOf, need, ready, run, type Steps } from './steps.js'

const { EAGAIN, EINVAL, ENOSYS } = errnos
const SPLICE_F_NONBLOCK = constants.SPLICE_F_NONBLOCK ?? 0

/**
 * A pipe: a descriptor to read from and one to write to, close-on-exec, the
 * caller's to `close()`. pipe2(2); Python's `os.pipe`
 * @param flags O_NONBLOCK or O_DIRECT, of Node's `fs.constants`
 */
export function pipe(flags?: Int): [r: number, w: number] {
  check(native.pipe(intOr(flags, 0)), 'pipe2')
  return [value(0), value(1)]
}

/** The optional parameters of `splice`. */
export interface SpliceOptions {
  /** Where in a file to read; left out or null, from its position on, which then moves. */
  offset_src?: Int | null
  /** Where in a file to write, in the same way. */
  offset_dst?: Int | null
  /** SPLICE_F_MORE, SPLICE_F_NONBLOCK, … */
  flags?: Int
}

/** One end of a splice. */
interface End {
  /** Of a socket of ours. */
  readonly h: Handle | null
  readonly fd: number
  readonly event: number
}

function end(file: unknown, event: number, reactive: boolean): End {
  const h = (file as Partial<BaseSocket> | null)?._h
  if (!(h instanceof Handle)) return { h: null, fd: descriptor(file), event }
  if (h.reactive !== reactive) {
    throw new TypeError('a socket of the other twin: fromsocket() makes it one of this')
  }
  return { h, fd: h.fd, event }
}

/** An offset that may be left out: -1 for none. */
function place(offset: Int | null | undefined): number {
  if (offset === undefined || offset === null) return -1
  const at = whole(offset)
  if (at < 0) throw new ValueError('an offset cannot be negative')
  return at
}

/** splice(2), once; what is not ready is waited for, a pipe under its socket's timeout. */
export function* spliceSteps(
  src: unknown,
  dst: unknown,
  count: unknown,
  options: SpliceOptions,
  reactive: boolean,
): Steps<number> {
  const [from, to] = [end(src, READ, reactive), end(dst, WRITE, reactive)]
  const n = whole(count)
  if (n < 0) throw new ValueError('count cannot be negative')
  const [offsetIn, offsetOut] = [place(options.offset_src), place(options.offset_dst)]
  const given = intOr(options.flags, 0)
  const socket = from.h === null ? to : from
  for (;;) {
    // The kernel may wait for a pipe only where it may wait for a socket.
    const patient = !reactive && !mustNotBlock(socket.h === null ? null : socket.h.timeout)
    const flags = patient ? given : given | SPLICE_F_NONBLOCK
    const op: Op<number | End | null> = () => {
      const moved = native.splice(from.fd, offsetIn, to.fd, offsetOut, n, flags)
      if (moved !== -EAGAIN || (given & SPLICE_F_NONBLOCK) !== 0) return moved
      if (!isReady(from.fd, READ)) return from
      return isReady(to.fd, WRITE) ? null : to
    }
    const outcome =
      socket.h === null ? direct(op) : yield* need(socket.h, socket.event, 'splice', op)
    if (typeof outcome === 'number') return outcome
    if (outcome === null) continue // it became ready in between
    if (outcome.h === null) yield* ready(socket.h, outcome.fd, outcome.event, 'splice')
    else yield* need(outcome.h, outcome.event, 'splice', readiness(outcome))
  }
}

/** Without a socket there is nothing to drive. */
function direct<T>(op: Op<T>): T {
  for (;;) {
    const result = op(-1)
    if (result === -errnos.EINTR) continue
    return typeof result === 'number' ? (check(result, 'splice') as T) : (result as T)
  }
}

const readiness =
  ({ event }: End): Op<0> =>
  (fd) =>
    isReady(fd, event) ? 0 : -EAGAIN

/** The optional parameters of `relay`. */
export interface RelayOptions {
  /** How many bytes at most; to the end of the stream if left out or null. */
  count?: Int | null
  /**
   * Is given, before an error is raised, the bytes that had been received and could
   * not be sent on. What it has not been given was sent, or is still to be received.
   */
  unsent?: (data: Buffer) => void
}

/** How much one splice moves: what a pipe holds. */
const AT_ONCE = 65536
/** The errors by which a kernel says that splice(2) is not for this socket. */
const unsuited = new Set([EINVAL, ENOSYS])

/** Bytes on their way from one socket to another, in a pipe or in memory. */
class Relay {
  readonly #from: Handle
  readonly #to: Handle
  readonly #count: number
  readonly #pipe: [r: number, w: number]
  /** In the pipe. */
  #held = 0
  /** Received without the pipe, where splice(2) will not do it. */
  #chunk: Buffer = Buffer.alloc(0)
  #copying = false
  sent = 0

  constructor(from: Handle, to: Handle, count: number) {
    this.#from = from
    this.#to = to
    this.#count = count
    this.#pipe = pipe()
  }

  /** Moves bytes until an end has to be waited for, which it gives; null when all is done. */
  op(waiting: Handle): Op<Handle | null> {
    return () => {
      const other = waiting === this.#from ? this.#to : this.#from
      if (!other.reactive && mustNotBlock(other.timeout)) other.stayNonblocking()
      const pause = this.sent + PIECE
      for (;;) {
        const full = this.#held > 0 || this.#chunk.length > 0
        if (!full && this.sent >= this.#count) return null
        const count = full ? this.#give() : this.#take()
        const here = full ? this.#to : this.#from
        if (count === -EAGAIN) return here === waiting ? count : here
        if (count < 0) {
          if (this.#copying || !unsuited.has(-count)) return count
          this.#copying = true
          this.#chunk = this.#empty()
        } else if (count === 0 && !full) return null
        if (this.sent >= pause) return UNFINISHED
      }
    }
  }

  #take(): number {
    const most = Math.min(AT_ONCE, this.#count - this.sent)
    if (!this.#copying) {
      const count = native.splice(this.#from.fd, -1, this.#pipe[1], -1, most, 0)
      if (count > 0) this.#held = count
      return count
    }
    const memory = Buffer.allocUnsafe(most)
    const count = native.recv(this.#from.fd, memory, 0, most, 0)
    if (count > 0) this.#chunk = memory.subarray(0, count)
    return count
  }

  #give(): number {
    const { length } = this.#chunk
    const count =
      length > 0
        ? native.send(this.#to.fd, this.#chunk, 0, length, 0)
        : native.splice(this.#pipe[0], -1, this.#to.fd, -1, this.#held, 0)
    if (count <= 0) return count
    if (length > 0) this.#chunk = this.#chunk.subarray(count)
    else this.#held -= count
    this.sent += count
    return count
  }

  /** What is in the pipe. */
  #empty(): Buffer {
    // One read takes all that a pipe holds.
    const memory = bytesOf(native.read(this.#pipe[0], this.#held, false))
    this.#held = 0
    return memory
  }

  /** What was received and not sent. */
  rest(): Buffer {
    return this.#chunk.length > 0 ? this.#chunk : this.#empty()
  }

  close(): void {
    for (const fd of this.#pipe) native.close(fd)
  }
}

/** A stream socket that may wait. */
function stream(socket: unknown, event: number, reactive: boolean): Handle {
  const { h } = end(socket, event, reactive)
  if (h === null) throw new TypeError(`a socket is required, not ${typeName(socket)}`)
  if (h.type !== constants.SOCK_STREAM) {
    throw new ValueError('only SOCK_STREAM type sockets are supported')
  }
  if (h.timeout === 0) throw new ValueError('non-blocking sockets are not supported')
  return h
}

/** From one stream to another until its end, or so many bytes. */
export function* relaySteps(
  src: unknown,
  dst: unknown,
  options: RelayOptions,
  reactive: boolean,
): Steps<number> {
  const [from, to] = [stream(src, READ, reactive), stream(dst, WRITE, reactive)]
  const { count = null, unsent } = options
  if (count !== null && whole(count) <= 0) {
    throw new ValueError(`count must be a positive integer (got ${count})`)
  }
  if (unsent !== undefined && typeof unsent !== 'function') {
    throw new TypeError(`unsent must be a function, not ${typeName(unsent)}`)
  }
  const bytes = new Relay(from, to, count === null ? Number.POSITIVE_INFINITY : whole(count))
  try {
    let waiting: Handle | null = from
    while (waiting !== null) {
      const event: number = waiting === from ? READ : WRITE
      waiting = yield* need(waiting, event, 'splice', bytes.op(waiting))
    }
    return bytes.sent
  } catch (error) {
    const rest = bytes.rest()
    if (rest.length > 0) unsent?.(rest)
    throw error
  } finally {
    bytes.close()
  }
}

/**
 * Moves bytes between a pipe and a socket or a file without copying them through
 * this process: one of the two is a pipe. splice(2), once; Python's `os.splice`
 * @param src a descriptor, a FileHandle, a socket
 * @param dst the same
 * @param count how many bytes at most
 * @returns how many were moved; 0 at the end of what `src` has
 * @throws OSError EINVAL: neither is a pipe, or the kernel cannot splice this kind
 * @throws TimeoutError the socket's timeout is over
 */
export function splice(
  src: FileLike,
  dst: FileLike,
  count: Int,
  options: SpliceOptions = {},
): number {
  return run(spliceSteps(src, dst, count, options, false))
}

/**
 * Moves what one stream socket receives to another, by splice(2) through a pipe of
 * its own, until the end of the stream; by recv(2) and send(2) where the kernel
 * cannot. The end is not passed on: `dst.shutdown(SHUT_WR)` does that. Each socket
 * is waited for under its own timeout, which begins anew with every wait.
 * @returns how many bytes were moved
 * @throws ValueError a socket is no stream, or is non-blocking
 * @throws OSError what either socket gives; see `unsent` for the bytes under way
 */
export function relay(src: BaseSocket, dst: BaseSocket, options: RelayOptions = {}): number {
  return run(relaySteps(src, dst, options, false))
}
