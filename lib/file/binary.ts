// Bytes, buffered: what Python's BufferedReader, BufferedWriter and
// BufferedRWPair do. With a buffer of 0 every call is one receive or send.

import { bytes } from '../args.js'
import { type BlockingIOError, oserror } from '../errors.js'
import { errnos } from '../native.js'
import type { Steps } from '../steps.js'
import { type Raw, sizeOf } from './raw.js'

const NEWLINE = 10

export class BinarySteps {
  readonly raw: Raw
  readonly #size: number
  /** Received and not read. */
  #ahead: Buffer = Buffer.alloc(0)
  /** Written and not sent. */
  #behind: Buffer[] = []
  #behindLength = 0

  constructor(raw: Raw, size: number) {
    this.raw = raw
    this.#size = size
  }

  /** Takes up to n bytes of what is there. */
  #take(n: number): Buffer {
    const taken = this.#ahead.subarray(0, n)
    this.#ahead = this.#ahead.subarray(taken.length)
    return taken
  }

  /** Receives more; false at the end of the stream, null where it would block. */
  *#fill(wanted: number): Steps<boolean | null> {
    const size = this.#size === 0 ? Math.min(wanted, 65536) : this.#size
    const more = yield* this.raw.recv(size)
    if (more === null || more.length === 0) return more === null ? null : false
    this.#ahead = this.#ahead.length === 0 ? more : Buffer.concat([this.#ahead, more])
    return true
  }

  /** Up to n bytes, fewer only at the end; null if none came and it would block. */
  *read(size?: unknown): Steps<Buffer | null> {
    this.raw.check('reading')
    const n = sizeOf(size)
    const pieces: Buffer[] = []
    let length = 0
    for (;;) {
      const piece = this.#take(n - length)
      pieces.push(piece)
      length += piece.length
      // Unbuffered, one receive is all that a sized read makes.
      if (length >= n || (this.#size === 0 && length > 0 && n !== Number.POSITIVE_INFINITY)) break
      const more = yield* this.#fill(n - length)
      if (more === null && length === 0) return null
      if (!more) break
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  /** What is there, or else what one receive gives. */
  *read1(size?: unknown): Steps<Buffer | null> {
    this.raw.check('reading')
    const n = Math.min(sizeOf(size), Math.max(this.#size, 1))
    if (n === 0 || this.#ahead.length > 0) return this.#take(n)
    const more = yield* this.#fill(n)
    return more === null ? null : this.#take(n)
  }

  *readinto(buffer: unknown): Steps<number | null> {
    const into = bytes(buffer)
    const data = yield* this.read(into.length)
    if (data === null) return null
    into.set(data)
    return data.length
  }

  *readinto1(buffer: unknown): Steps<number | null> {
    const into = bytes(buffer)
    const data = yield* this.read1(into.length)
    if (data === null) return null
    into.set(data)
    return data.length
  }

  /** A line with its newline; the rest without one at the end of the stream. */
  *readline(size?: unknown): Steps<Buffer | null> {
    this.raw.check('reading')
    const limit = sizeOf(size)
    let searched = 0
    for (;;) {
      const end = this.#ahead.indexOf(NEWLINE, searched)
      if (end >= 0 && end < limit) return this.#take(end + 1)
      searched = this.#ahead.length
      if (searched >= limit) return this.#take(limit)
      // An unbuffered file must not take what comes after the line.
      const more = yield* this.#fill(1)
      if (more === null && searched === 0) return null
      if (!more) return this.#take(searched)
    }
  }

  /** The bytes that are there without taking them; one receive if there are none. */
  *peek(): Steps<Buffer> {
    this.raw.check('reading')
    if (this.#ahead.length === 0) yield* this.#fill(this.#size)
    return this.#ahead
  }

  /** Buffers the data; sends when the buffer is full. Unbuffered: one send. */
  *write(data: unknown): Steps<number | null> {
    this.raw.check('writing')
    const given = bytes(data)
    if (this.#size === 0) return yield* this.raw.send(given)
    this.#behind.push(Buffer.from(given))
    this.#behindLength += given.length
    if (this.#behindLength > this.#size) yield* this.flush()
    return given.length
  }

  /** Sends what was written. @throws BlockingIOError the socket takes no more now */
  *flush(): Steps<null> {
    this.raw.check()
    if (this.#behindLength === 0) return null
    let rest = Buffer.concat(this.#behind)
    try {
      while (rest.length > 0) {
        const sent = yield* this.raw.send(rest)
        if (sent === null) throw oserror(-errnos.EAGAIN, 'send') as BlockingIOError
        rest = rest.subarray(sent)
      }
    } finally {
      this.#behind = rest.length > 0 ? [rest] : []
      this.#behindLength = rest.length
    }
    return null
  }

  *close(): Steps<null> {
    if (this.raw.closed) return null
    try {
      yield* this.flush()
    } finally {
      this.raw.close()
    }
    return null
  }
}
