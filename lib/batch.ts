// A batch: many messages for sendmmsg(2), or room for those of recvmmsg(2), kept
// and used again.

import { type AncData, type AncItem, pack } from './ancillary.js'
import { type BytesLike, bytes, type Int, whole } from './args.js'
import { aligned_alloc, LINE } from './bytes.js'
import { ValueError } from './errors.js'
import type { Address, AddressOut } from './family/types.js'
import { COLUMNS, FLAGS, LENGTH, MOST, OFFSET, ROOM, SENT, Slots } from './slots.js'

/** The largest offset that native code takes. */
const LARGEST = 0x7fffffff

export interface BatchOptions {
  /** For how many messages there is room: 1 to 1,024, which is what the kernel takes at once. */
  messages: Int
  /** Bytes of data of a message, at most. */
  size: Int
  /** Bytes of control messages of a message, at most: a sum of `CMSG_SPACE()`; 0 if left out. */
  ancbufsize?: Int
  /** Where the data lies, message `i` at `i * size`; if left out, memory of its own. */
  memory?: BytesLike
}

function count(value: unknown, low: number, high: number, name: string): number {
  const n = whole(value)
  if (n < low || n > high) throw new ValueError(`${name} must be ${low}-${high}`)
  return n
}

const listed = (ancdata: unknown): Uint8Array | null =>
  ancdata === undefined || ancdata === null ? null : pack(ancdata, 'ancdata')

/**
 * Many messages in one piece of memory. `recvmmsg` fills a batch, `sendmmsg` sends
 * one; either may be done again and again, and allocates nothing for a message.
 * What was received may be sent as it is: each message goes back to its sender.
 */
export class Batch<F extends number = number> {
  /** @internal */
  readonly _slots: Slots
  /** Bytes of data of a message, at most. */
  readonly size: number
  readonly #views: (Buffer | undefined)[]

  /** @throws ValueError the memory is too small, or a number out of range */
  constructor(options: BatchOptions) {
    const messages = count(options.messages, 1, MOST, 'messages')
    const size = count(options.size, 0, LARGEST, 'size')
    const { ancbufsize = 0, memory } = options
    const room = count(ancbufsize, 0, 0x100000, 'ancbufsize')
    const whole = messages * size
    if (whole > LARGEST) throw new ValueError('a batch has 2 GiB at most')
    const given = memory === undefined ? aligned_alloc(LINE, whole) : bytes(memory)
    if (given.length < whole) {
      throw new ValueError(`memory of ${given.length} bytes is too small: ${whole} are needed`)
    }
    this._slots = new Slots(messages, given, room)
    this.size = size
    this.#views = new Array(messages).fill(undefined)
    for (let i = 0; i < messages; i++) {
      this._slots.table[i * COLUMNS + OFFSET] = i * size
      this._slots.table[i * COLUMNS + ROOM] = size
    }
  }

  /** For how many messages there is room. */
  get messages(): number {
    return this._slots.most
  }

  /** How many messages there are: received, or to be sent. */
  get length(): number {
    return this._slots.count
  }

  /** Bytes of control messages of a message, at most: rounded up to a multiple of 8. */
  get ancbufsize(): number {
    return this._slots.room
  }

  /** All of the data: message `i` begins at `i * size`. */
  get memory(): Uint8Array {
    return this._slots.memory
  }

  /**
   * Takes all messages out. Received descriptors that nobody has seen, for want of
   * a call of `ancdata`, are closed; so they are by the next `recvmmsg`, `add` or `set`.
   */
  clear(): void {
    this._slots.clear()
  }

  [Symbol.dispose](): void {
    this.clear()
  }

  /**
   * Appends a message.
   * @param data bytes, which are copied; or how many bytes lie in `slot()` already
   * @param address where to; left out or null, the peer. A name in it is looked up
   *   when it is sent.
   * @param ancdata any iterable of `[cmsg_level, cmsg_type, data]`
   * @returns its number
   * @throws ValueError the batch is full, or the message too long
   */
  add(
    data: BytesLike | Int,
    address?: Address<F> | null,
    ancdata?: Iterable<AncItem> | null,
  ): number {
    const i = this._slots.count
    this.set(i, data, address ?? null, ancdata)
    return i
  }

  /**
   * Replaces message `i`, or appends one if `i` is `length`.
   * @param data bytes, which are copied; or how many bytes lie in `slot(i)` already
   * @param address where to; null for the peer; left out, it stays as it is: of a
   *   received message the sender
   * @param ancdata control messages; left out, none
   */
  set(
    i: Int,
    data: BytesLike | Int,
    address?: Address<F> | null,
    ancdata?: Iterable<AncItem> | null,
  ): void {
    const slots = this._slots
    const at = this.#index(i, Math.min(slots.count, slots.most - 1))
    const from = typeof data === 'object' ? bytes(data) : null
    const length = from === null ? whole(data) : from.length
    if (length < 0 || length > this.size) {
      throw new ValueError(`a message of ${length} bytes in a batch of size ${this.size}`)
    }
    const control = listed(ancdata)
    slots.release()
    slots.attach(at, control)
    if (address !== undefined) slots.to(at, address)
    else if (at === slots.count) slots.to(at, null)
    if (from !== null) slots.memory.set(from, at * this.size)
    slots.table[at * COLUMNS + LENGTH] = length
    slots.table[at * COLUMNS + FLAGS] = 0
    if (at === slots.count) slots.count++
  }

  /** All the room of message `i`, to write into; a view of the memory. */
  slot(i: Int): Buffer {
    const at = this.#index(i, this.messages - 1) * this.size
    const { memory } = this._slots
    return Buffer.from(memory.buffer, memory.byteOffset + at, this.size)
  }

  /** Where in `memory` message `i` begins. */
  offset(i: Int): number {
    return this.#message(i) * this.size
  }

  /** The length of message `i`; with MSG_TRUNC its length before it was cut to `size`. */
  nbytes(i: Int): number {
    return this._slots.table[this.#message(i) * COLUMNS + LENGTH]
  }

  /**
   * The data of message `i`: a view of the memory, which the next `recvmmsg` fills
   * anew. It is a new view only when the length differs from the last time.
   */
  data(i: Int): Buffer {
    const at = this.#message(i)
    const length = Math.min(this._slots.table[at * COLUMNS + LENGTH], this.size)
    const view = this.#views[at]
    if (view !== undefined && view.length === length) return view
    const { memory } = this._slots
    const made = Buffer.from(memory.buffer, memory.byteOffset + at * this.size, length)
    this.#views[at] = made
    return made
  }

  /** Who sent message `i`, or where it is to go; null where there is no address. */
  address(i: Int): AddressOut<F> {
    return this._slots.address(this.#message(i)) as AddressOut<F>
  }

  /** The msg_flags of message `i`: MSG_TRUNC if `size` was too small for it, MSG_CTRUNC, … */
  flags(i: Int): number {
    return this._slots.table[this.#message(i) * COLUMNS + FLAGS]
  }

  /**
   * The control messages of message `i`. Descriptors among them are close-on-exec,
   * and the caller's to close.
   */
  ancdata(i: Int): AncData[] {
    return this._slots.messages(this.#message(i))
  }

  /** How many bytes of message `i` the last `sendmmsg` sent: on a stream maybe not all. */
  sent(i: Int): number {
    return this._slots.table[this.#message(i) * COLUMNS + SENT]
  }

  /** The number of a message that is there. */
  #message(i: unknown): number {
    return this.#index(i, this._slots.count - 1)
  }

  #index(i: unknown, last: number): number {
    const n = whole(i)
    if (n < 0 || n > last) throw new ValueError(`no message ${n} in a batch of ${this.length}`)
    return n
  }
}

/** A message for `sendmmsg`: bytes for the peer, or what `Batch.add` takes. */
export type BatchMessage<F extends number = number> =
  | BytesLike
  | readonly [data: BytesLike, address?: Address<F> | null, ancdata?: Iterable<AncItem> | null]

type Parts = [data: Uint8Array, address: unknown, control: Uint8Array | null]

function parts(message: unknown): Parts {
  if (!Array.isArray(message)) return [bytes(message), null, null]
  if (message.length < 1 || message.length > 3) {
    throw new TypeError('[sendmmsg() messages] must be bytes or sequences of length 1 to 3')
  }
  const [data, address, ancdata] = message
  return [bytes(data), address ?? null, listed(ancdata)]
}

/** The messages of a batch, or of any iterable, of which the kernel takes the first 1,024. */
export function slotsOf(messages: unknown): Slots {
  if (messages instanceof Batch) return messages._slots
  if (messages === null || typeof messages !== 'object' || !(Symbol.iterator in messages)) {
    throw new TypeError('sendmmsg() argument 1 must be a Batch or an iterable of messages')
  }
  const all = Array.from(messages as Iterable<unknown>, parts).slice(0, MOST)
  const memory = Buffer.concat(all.map(([data]) => data))
  const room = all.reduce((most, [, , control]) => Math.max(most, control?.length ?? 0), 0)
  if (memory.length > LARGEST) throw new ValueError('a batch has 2 GiB at most')
  const slots = new Slots(all.length, memory, room)
  let offset = 0
  for (const [i, [{ length }, address, control]] of all.entries()) {
    slots.table.set([offset, length, length], i * COLUMNS + OFFSET)
    slots.attach(i, control)
    slots.to(i, address)
    offset += length
  }
  slots.count = all.length
  return slots
}

/** The room of a batch, for `recvmmsg`. */
export function emptied(batch: unknown): Slots {
  if (!(batch instanceof Batch)) throw new TypeError('recvmmsg() argument 1 must be a Batch')
  batch.clear()
  return batch._slots
}
