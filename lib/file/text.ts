// Text over bytes: what Python's TextIOWrapper does. Characters are code points,
// as in Python, so that a read never cuts a surrogate pair in two.

import { typeName } from '../args.js'
import { ValueError } from '../errors.js'
import type { Steps } from '../steps.js'
import type { BinarySteps } from './binary.js'
import { type TextCodec, textCodec } from './codec.js'
import { sizeOf } from './raw.js'

/** How many bytes a text file asks for at a time. */
const CHUNK = 8192

export interface TextOptions {
  /** `'utf-8'` if left out; for writing also `'latin1'`, `'ascii'`, `'utf-16le'`. */
  encoding?: string | null
  /** `'strict'` if left out, `'replace'` or `'ignore'`. */
  errors?: string | null
  /** Python's rule: null, `''`, `'\n'`, `'\r'` or `'\r\n'`. */
  newline?: string | null
}

export class TextSteps {
  readonly bytes: BinarySteps
  readonly encoding: string
  readonly errors: string
  readonly #newline: string | null
  readonly #codec: TextCodec
  /** Decoded and not read. */
  #ahead = ''
  #ended = false

  constructor(bytes: BinarySteps, { encoding, errors, newline }: TextOptions) {
    if (newline != null && !['', '\n', '\r', '\r\n'].includes(newline)) {
      throw new ValueError(`illegal newline value: ${newline}`)
    }
    this.bytes = bytes
    this.encoding = encoding ?? 'utf-8'
    this.errors = errors ?? 'strict'
    this.#newline = newline ?? null
    this.#codec = textCodec(this.encoding, this.errors)
  }

  /** Decodes more; false at the end of the stream, null where it would block. */
  *#fill(): Steps<boolean | null> {
    if (this.#ended) return false
    const data = yield* this.bytes.read1(CHUNK)
    if (data === null) return null
    this.#ended = data.length === 0
    const more = this.#codec.decode(data, this.#ended)
    this.#ahead += more
    if (this.#newline === null) this.#translate()
    return !this.#ended || more.length > 0
  }

  /** Universal newlines: a CR at the very end may be half of a CR LF. */
  #translate(): void {
    const held = this.#ahead.endsWith('\r') && !this.#ended
    const whole = held ? this.#ahead.slice(0, -1) : this.#ahead
    this.#ahead = whole.replace(/\r\n?/g, '\n') + (held ? '\r' : '')
  }

  /** How much of what is there may be read: a held CR may not. */
  #readable(): string {
    const held = this.#newline === null && !this.#ended && this.#ahead.endsWith('\r')
    return held ? this.#ahead.slice(0, -1) : this.#ahead
  }

  #take(units: number): string {
    const taken = this.#ahead.slice(0, units)
    this.#ahead = this.#ahead.slice(units)
    return taken
  }

  /** Up to n characters, fewer only at the end. */
  *read(size?: unknown): Steps<string | null> {
    this.bytes.raw.check('reading')
    const n = sizeOf(size)
    for (;;) {
      const there = this.#readable()
      const units = unitsOf(there, n)
      if (units !== null) return this.#take(units)
      const more = yield* this.#fill()
      if (more === null && there === '') return null
      if (!more) return this.#take(this.#readable().length)
    }
  }

  /** A line with its newline; the rest without one at the end of the stream. */
  *readline(size?: unknown): Steps<string | null> {
    this.bytes.raw.check('reading')
    const limit = sizeOf(size)
    for (;;) {
      const there = this.#readable()
      const end = this.#lineEnd(there)
      const units = unitsOf(there, limit)
      if (end !== null && (units === null || end <= units)) return this.#take(end)
      if (units !== null) return this.#take(units)
      const more = yield* this.#fill()
      if (more === null && there === '') return null
      if (!more) {
        const last = this.#readable()
        return this.#take(Math.min(this.#lineEnd(last) ?? last.length, last.length))
      }
    }
  }

  /** Where the first line of a text ends, behind its newline; null while it does not. */
  #lineEnd(text: string): number | null {
    if (this.#newline === '') {
      const found = /\r\n|\n|\r(?!$)/.exec(text) ?? (this.#ended ? /\r$/.exec(text) : null)
      return found === null ? null : found.index + found[0].length
    }
    const newline = this.#newline ?? '\n'
    const at = text.indexOf(newline)
    return at < 0 ? null : at + newline.length
  }

  /** Encodes and buffers the text; gives its length in characters. */
  *write(text: unknown): Steps<number> {
    this.bytes.raw.check('writing')
    if (typeof text !== 'string') {
      throw new TypeError(`write() argument must be string, not ${typeName(text)}`)
    }
    const newline = this.#newline ?? '\n'
    const out = newline === '' || newline === '\n' ? text : text.replaceAll('\n', newline)
    yield* this.bytes.write(this.#codec.encode(out))
    return [...text].length
  }
}

/** How many UTF-16 units the first n characters of a text are; null if it is shorter. */
function unitsOf(text: string, n: number): number | null {
  if (text.length < n) return null
  let units = 0
  for (let i = 0; i < n; i++) {
    if (units >= text.length) return null
    units += (text.codePointAt(units) as number) > 0xffff ? 2 : 1
  }
  return units
}
