// The bottom of a file: single receives and sends, null where a non-blocking
// socket would wait. Python's SocketIO.

import { typeName } from '../args.js'
import { READ, WRITE } from '../drive.js'
import { BlockingIOError, OSError, TimeoutError, ValueError } from '../errors.js'
import type { Handle, Owner } from '../handle.js'
import * as ops from '../ops.js'
import { need, type Steps } from '../steps.js'

export class Raw {
  readonly reading: boolean
  readonly writing: boolean
  closed = false
  /** After a timeout in the middle of a read, what was read so far may be lost. */
  #timedOut = false

  /** So that the socket is not taken for lost while its file is in use. */
  readonly #owner: Owner

  constructor(owner: Owner, reading: boolean, writing: boolean) {
    this.#owner = owner
    this.reading = reading
    this.writing = writing
    this.handle.files++
  }

  get handle(): Handle {
    return this.#owner._h
  }

  /** Throws unless the file is open, and open for that. */
  check(wanted?: 'reading' | 'writing'): void {
    if (this.closed) throw new ValueError('I/O operation on closed file.')
    if (wanted === 'reading' && !this.reading) throw new OSError('not readable')
    if (wanted === 'writing' && !this.writing) throw new OSError('not writable')
  }

  /** One receive: empty at the end of the stream, null where it would block. */
  *recv(size: number): Steps<Buffer | null> {
    if (this.#timedOut) throw new OSError('cannot read from timed out object')
    try {
      return yield* need(this.handle, READ, 'recv', ops.recv(size, 0))
    } catch (error) {
      if (error instanceof BlockingIOError) return null
      this.#timedOut = error instanceof TimeoutError
      throw error
    }
  }

  /** One send: how many bytes went, null where it would block. */
  *send(data: Uint8Array): Steps<number | null> {
    try {
      return yield* need(this.handle, WRITE, 'send', ops.send(data, 0))
    } catch (error) {
      if (error instanceof BlockingIOError) return null
      throw error
    }
  }

  /** Lets the descriptor go; the last one to do so closes it. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.handle.release()
  }
}

/** Python's size argument: left out, null or negative is everything. */
export function sizeOf(size: unknown): number {
  if (size === undefined || size === null) return Number.POSITIVE_INFINITY
  if (typeof size !== 'number' || !Number.isInteger(size)) {
    throw new TypeError(`argument should be integer or null, not '${typeName(size)}'`)
  }
  return size < 0 ? Number.POSITIVE_INFINITY : size
}
