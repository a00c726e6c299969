// MSG_ZEROCOPY: sends from the program's own memory. The kernel numbers such sends
// on each socket from 0, and says in the error queue which of them it has let go of;
// until then their memory is kept here, out of reach of the garbage collector.

import { received } from './address.js'
import { type AncData, CMSG_SPACE, messages } from './ancillary.js'
import { bytes, intOr } from './args.js'
import { type Op, UNFINISHED, WRITE } from './drive.js'
import { check, ValueError } from './errors.js'
import type { AddressOut } from './family/types.js'
import { readUint } from './family/wire.js'
import type { Handle } from './handle.js'
import { constants, errnos, layout, native, polling, value } from './native.js'
import { PIECE } from './ops.js'
import { need, type Steps } from './steps.js'

const { EAGAIN, EBADF, EINTR, ENOBUFS, ENOTSOCK } = errnos
const { MSG_CTRUNC, MSG_ERRQUEUE, SOCK_STREAM, SOL_SOCKET } = constants
const { POLLERR } = polling
const { SO_COOKIE, SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY, SO_ZEROCOPY } = constants
/** 0 where the system has none: no flags contain it. */
export const MSG_ZEROCOPY = constants.MSG_ZEROCOPY ?? 0

/** Zero-copy sends that the kernel has let go of. */
export interface ZerocopyCompletion {
  /** The number of the first send: the socket's sends under MSG_ZEROCOPY count from 0, modulo 2^32. */
  first: number
  /** The number of the last. */
  last: number
  /** The kernel copied after all, as it does on loopback. */
  copied: boolean
}

/** What became of `sendall_zerocopy`. */
export interface ZerocopyResult {
  /** How many bytes were sent. */
  nbytes: number
  /** Some of them were copied after all: by a device that cannot do without, or for want of memory. */
  copied: boolean
}

/** What one `sendall_zerocopy` waits for. */
class Claim {
  left = 0
  copied = false
}

/** A send that is under way. */
interface Sent {
  /** Only kept. */
  readonly memory: unknown
  readonly claim: Claim | null
}

/** What was in the error queue, and is not ours. */
interface Stray {
  readonly data: Buffer
  readonly ancdata: AncData[]
  readonly flags: number
  readonly address: AddressOut
}

/** Where a struct sock_extended_err comes: [level, type]. */
const places: readonly (readonly [number | undefined, number | undefined])[] = [
  [constants.IPPROTO_IP, constants.IP_RECVERR],
  [constants.IPPROTO_IPV6, constants.IPV6_RECVERR],
  [constants.SOL_VSOCK, 1], // VSOCK_RECVERR
]

/** The completion in a control message, if it is one. */
function completion([level, type, data]: AncData): ZerocopyCompletion | null {
  if (layout.sock_extended_err === undefined) return null
  const { size, ee_origin, ee_code, ee_info, ee_data } = layout.sock_extended_err
  if (data.length < size || !places.some(([l, t]) => l === level && t === type)) {
    return null
  }
  if (readUint(data, ee_origin) !== SO_EE_ORIGIN_ZEROCOPY) return null
  const copied = (readUint(data, ee_code) & SO_EE_CODE_ZEROCOPY_COPIED) !== 0
  return { first: readUint(data, ee_info), last: readUint(data, ee_data), copied }
}

/** Room for what a socket of another use has in its error queue: the packet and what is said of it. */
const ROOM = 65536
const CONTROL = 1024
/** How many of these are kept; the kernel drops them too when nobody asks. */
const MOST = 1024
let payload: Buffer | null = null

/** The zero-copy sends of one socket, whichever descriptors it has here. */
export class Book {
  readonly #cookie: string
  readonly #handles = new Set<Handle>()
  #next = 0
  readonly #sent = new Map<number, Sent>()
  /** Completions that nobody has asked for yet. */
  #news: ZerocopyCompletion[] = []
  #unclaimed = 0
  readonly #strays: Stray[] = []

  constructor(cookie: string) {
    this.#cookie = cookie
  }

  /** Sends under way. */
  get outstanding(): number {
    return this.#sent.size
  }

  /** Sends under way that no `sendall_zerocopy` waits for. */
  get unclaimed(): number {
    return this.#unclaimed
  }

  join(h: Handle): void {
    this.#handles.add(h)
    h.zerocopy = this
  }

  /**
   * A descriptor goes. After the last one nobody can ask the kernel any more, so what
   * it has not let go of is kept for good: the peer must get what was sent.
   * @param given somebody else has it from now on, maybe we again
   */
  leave(h: Handle, given: boolean): void {
    if (!given && this.#sent.size > 0) this.drain(h)
    this.#handles.delete(h)
    h.zerocopy = null
    if (!given && this.#handles.size === 0 && this.#sent.size === 0) books.delete(this.#cookie)
  }

  /** The kernel took a send. */
  add(memory: unknown, claim: Claim | null): void {
    this.#sent.set(this.#next, { memory, claim })
    this.#next = (this.#next + 1) >>> 0
    if (claim === null) this.#unclaimed++
    else claim.left++
  }

  /** Reads the error queue until it fails: -EAGAIN at its end. */
  drain(h: Handle): number {
    payload ??= Buffer.allocUnsafeSlow(ROOM)
    for (;;) {
      const control = Buffer.alloc(CONTROL)
      const count = native.recvmsg(h.fd, [payload], control, CONTROL, MSG_ERRQUEUE)
      if (count === -EINTR) continue
      if (count < 0) return count
      const [flags, length] = [value(0), value(1)]
      const ancdata = messages(control, length)
      if (this.read(ancdata)) continue
      const data = Buffer.from(payload.subarray(0, count))
      if (this.#strays.length < MOST) {
        this.#strays.push({ data, ancdata, flags, address: received(h.proto) })
      }
    }
  }

  /** Takes note of what came out of the error queue: whether it was a completion. */
  read(ancdata: readonly AncData[]): boolean {
    const found = ancdata.map(completion).filter((row) => row !== null)
    for (const row of found) this.#complete(row)
    if (found.length > 0) for (const h of this.#handles) h.look()
    return found.length > 0
  }

  #complete({ first, last, copied }: ZerocopyCompletion): void {
    // A send may fail after it was numbered: a firewall's EPERM, a full queue.
    const ahead = (last - this.#next) >>> 0
    if (ahead < 0x80000000) this.#next = (last + 1) >>> 0
    const length = ((last - first) >>> 0) + 1
    const ids =
      length <= this.#sent.size
        ? Array.from({ length }, (_, i) => (first + i) >>> 0)
        : [...this.#sent.keys()].filter((id) => (id - first) >>> 0 < length)
    let claimed = 0
    for (const id of ids) {
      const sent = this.#sent.get(id)
      if (sent === undefined) continue
      this.#sent.delete(id)
      if (sent.claim === null) this.#unclaimed--
      else {
        claimed++
        sent.claim.left--
        sent.claim.copied ||= copied
      }
    }
    if (claimed < length) this.#tell({ first, last, copied })
  }

  #tell(row: ZerocopyCompletion): void {
    const before = this.#news.at(-1)
    const joins = before?.copied === row.copied && (before.last + 1) >>> 0 === row.first
    if (before !== undefined && joins) before.last = row.last
    else this.#news.push(row)
  }

  /** The completions since it was asked last. */
  news(): ZerocopyCompletion[] {
    return this.#news.splice(0)
  }

  /** Something of another use that was met in the error queue. */
  stray(): Stray | undefined {
    return this.#strays.shift()
  }
}

/** By SO_COOKIE, which is one for all descriptors of a socket, and never given again. */
const books = new Map<string, Book>()

/** Whether a descriptor's sends under MSG_ZEROCOPY are numbered. */
function enabled(fd: number): boolean {
  if (SO_ZEROCOPY === undefined) return false
  return native.getsockopt(fd, SOL_SOCKET, SO_ZEROCOPY) === 0 && value(0) === 1
}

/** The book of a socket with SO_ZEROCOPY. */
function bookOf(h: Handle): Book {
  if (h.zerocopy !== null) return h.zerocopy
  const memory = Buffer.alloc(8)
  check(native.getsockoptBytes(h.fd, SOL_SOCKET, SO_COOKIE, memory, 0, 8), 'getsockopt')
  const cookie = memory.toString('hex')
  const book = books.get(cookie) ?? new Book(cookie)
  books.set(cookie, book)
  book.join(h)
  return book
}

/** Whether a send of so many bytes has a number: an empty one is none on a stream. */
const numbered = (h: Handle, count: number): boolean => count > 0 || h.type !== SOCK_STREAM

/** After a send with MSG_ZEROCOPY: keeps what the kernel reads on. */
export function keep(h: Handle, result: number, memory: unknown, claim: Claim | null = null): void {
  if (result === -EAGAIN || result === -EINTR || !enabled(h.fd)) return
  if (result < 0) bookOf(h).drain(h)
  else if (numbered(h, result)) bookOf(h).add(memory, claim)
}

/** An op that sends with MSG_ZEROCOPY and keeps the memory. */
export const keeping =
  (h: Handle, memory: unknown, op: Op<number>): Op<number> =>
  (fd) => {
    const result = op(fd)
    keep(h, result, memory)
    return result
  }

/** The same for an op that sends up to `most` messages, and gives how many. */
export const keepingMany =
  (h: Handle, memory: unknown, most: number, op: Op<number>): Op<number> =>
  (fd) => {
    const result = op(fd)
    if (result < 0) keep(h, result, memory)
    for (let i = 0; i < result; i++) keep(h, 1, memory)
    // What became of the message after them the kernel will say with the next call,
    // but it may have a number.
    if (result >= 0 && result < most && h.zerocopy !== null) h.zerocopy.drain(h)
    return result
  }

/** Lets the socket do it; null where the kernel cannot, on any but TCP, UDP, vsock and RDS. */
function enable(h: Handle): Book | null {
  if (SO_ZEROCOPY === undefined) return null
  if (!enabled(h.fd)) {
    const result = native.setsockopt(h.fd, SOL_SOCKET, SO_ZEROCOPY, 1)
    if (result === -EBADF || result === -ENOTSOCK) check(result, 'sendall_zerocopy')
    if (result < 0) return null
  }
  return bookOf(h)
}

/** A sending of everything, with as many sends as it takes. */
class Sending {
  readonly #h: Handle
  readonly #from: Uint8Array
  readonly #flags: number
  readonly #book: Book | null
  readonly claim = new Claim()
  nbytes = 0

  constructor(h: Handle, from: Uint8Array, flags: number, book: Book | null) {
    this.#h = h
    this.#from = from
    this.#flags = flags
    this.#book = book
    if (book === null) this.claim.copied = from.length > 0
  }

  /** Sends on: true when all is sent, false when the kernel has to let go of something first. */
  readonly op: Op<boolean> = (fd) => {
    const { length } = this.#from
    const inPieces = this.#h.reactive && this.#h.type === SOCK_STREAM
    const pause = inPieces ? Math.min(length, this.nbytes + PIECE) : length
    for (;;) {
      const before = this.#book?.outstanding ?? 0
      let count = this.#send(fd, pause - this.nbytes, this.#book !== null)
      if (count === -ENOBUFS && this.#book !== null) {
        const { outstanding } = this.#book
        if (outstanding < before) continue
        // What sends after this one must not overtake it: it stays first in its line,
        // which hears of the error queue too.
        if (outstanding > 0) return this.#h.reactive ? -EAGAIN : false
        count = this.#send(fd, pause - this.nbytes, false)
        this.claim.copied = true
      }
      if (count < 0) return count
      if (this.nbytes >= length) return true
      if (this.nbytes >= pause) return UNFINISHED
    }
  }

  #send(fd: number, length: number, zerocopy: boolean): number {
    const flags = zerocopy ? this.#flags | MSG_ZEROCOPY : this.#flags & ~MSG_ZEROCOPY
    const count = native.send(fd, this.#from, this.nbytes, length, flags)
    if (zerocopy) keep(this.#h, count, this.#from, this.claim)
    if (count > 0) this.nbytes += count
    return count
  }
}

const NAME = 'sendall_zerocopy'

/** Sends everything; over when the kernel has let go of the memory. */
export function* sendallZerocopy(h: Handle, data: unknown, flags: unknown): Steps<ZerocopyResult> {
  const from = bytes(data)
  const f = intOr(flags, 0)
  if (h.timeout === 0) throw new ValueError('non-blocking sockets are not supported')
  const book = enable(h)
  const sending = new Sending(h, from, f, book)
  const { claim } = sending
  book?.drain(h)
  while (!(yield* need(h, WRITE, NAME, sending.op))) {
    const before = book?.outstanding ?? 0
    yield* released(h, () => (book?.outstanding ?? 0) < before)
  }
  yield* released(h, () => claim.left === 0)
  return { nbytes: sending.nbytes, copied: claim.copied }
}

/** Waits until the kernel has let go of enough. */
function* released(h: Handle, enough: () => boolean): Steps<void> {
  const op: Op<0> = () => {
    const end = enough() ? 0 : (h.zerocopy?.drain(h) ?? -EBADF)
    return enough() ? 0 : (end as 0)
  }
  if (!enough()) yield* need(h, POLLERR, NAME, op)
}

/** What the kernel has let go of since it was asked last; none if nothing is under way. */
export function* completions(h: Handle): Steps<ZerocopyCompletion[]> {
  if (h.zerocopy === null && !enabled(h.fd)) {
    check(native.getsockname(h.fd), 'recv_zerocopy_completions')
    throw new ValueError('SO_ZEROCOPY is not set on this socket')
  }
  const book = bookOf(h)
  const op: Op<ZerocopyCompletion[]> = () => {
    const end = book.drain(h)
    const news = book.news()
    return news.length > 0 || book.unclaimed === 0 ? news : end
  }
  // At once, too: a call before this one may wait for something else.
  const now = op(h.fd)
  if (typeof now !== 'number') return now
  return yield* need(h, POLLERR, 'recv_zerocopy_completions', op)
}

/** A stray as recvmsg(2) would have given it: the bytes go into the buffers. */
export function stray(
  h: Handle,
  buffers: readonly Uint8Array[],
  room: number,
): (Stray & { count: number }) | null {
  const found = h.zerocopy?.stray()
  if (found === undefined) return null
  let { data, ancdata, flags } = found
  let count = 0
  for (const buffer of buffers) {
    const part = data.subarray(count, count + buffer.length)
    buffer.set(part)
    count += part.length
  }
  const needed = ancdata.reduce((sum, row) => sum + CMSG_SPACE(row[2].length), 0)
  if (needed > room) [ancdata, flags] = [[], flags | MSG_CTRUNC]
  if (count < data.length) flags |= constants.MSG_TRUNC
  return { ...found, ancdata, flags, count }
}
