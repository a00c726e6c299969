// The ops: each checks its arguments once and gives a function that makes the
// system call and decodes what it gave. Both twins wait for the same ops.

import { encode, received } from './address.js'
import {
  type AncData,
  closeDescriptors,
  type Item,
  itemsOf,
  lay,
  messages,
  packed,
  roomOf,
} from './ancillary.js'
import { bytes, bytesList, int, intOr, size, whole } from './args.js'
import { emptied } from './batch.js'
import { room, start, take } from './bytes.js'
import { cameShort, type Op, UNFINISHED } from './drive.js'
import { OSError, TimeoutError, ValueError } from './errors.js'
import type { AddressOut } from './family/types.js'
import type { Handle } from './handle.js'
import { constants, controlRoom, errnos, native, value } from './native.js'
import type { Slots } from './slots.js'
import { keep, keeping, keepingMany, MSG_ZEROCOPY, stray } from './zerocopy.js'

const { AF_ALG, MSG_ERRQUEUE, MSG_TRUNC, SOL_SOCKET, SO_ERROR } = constants
const { EAGAIN, EALREADY, EINPROGRESS, EINTR, EISCONN, ENOTCONN } = errnos

/** accept4(2): what `made` makes of the new descriptor, and the peer's address. */
export const accept =
  <S>(
    h: Handle,
    nonblocking: boolean,
    made: (fd: number) => S,
  ): Op<[accepted: S, address: AddressOut]> =>
  (fd) => {
    const accepted = native.accept(fd, nonblocking, h.family !== AF_ALG)
    if (accepted < 0) return accepted
    try {
      const address = received(h.proto)
      return [made(accepted), address]
    } catch (error) {
      native.close(accepted) // nobody else will ever know of it
      throw error
    }
  }

/** connect(2); then, once the socket is writable, what became of it. */
export function connect(h: Handle, address: unknown, who = 'connect'): Op<0> {
  let begun = false
  let interrupted = false
  return (fd) => {
    if (begun) {
      const failed = native.getsockopt(fd, SOL_SOCKET, SO_ERROR)
      if (failed < 0 || value(0) !== 0) return failed < 0 ? failed : (-value(0) as 0)
      // Readiness may have been an older event: without a peer it goes on.
      return native.getpeername(fd) === -ENOTCONN ? (-EINPROGRESS as 0) : 0
    }
    const result = native.connect(fd, encode(h, address, who))
    begun = result === -EINPROGRESS
    if (result === -EALREADY && h.timeout === null) {
      // An earlier call was interrupted: the kernel would wait for its attempt.
      begun = true
      return -EINPROGRESS
    }
    // Interrupted, the attempt went on, and may have succeeded since.
    const joined = interrupted && result === -EISCONN
    interrupted = result === -EINTR
    return joined ? 0 : (result as 0)
  }
}

/** What connect_ex gives for a failed connect: an errno, EAGAIN for a timeout. */
export function connectErrno(error: unknown): number {
  if (!(error instanceof OSError)) throw error
  if (error instanceof TimeoutError) return error.errno ?? EAGAIN
  if (error.errno === null || error.syscall === undefined) throw error
  return error.errno
}

/** Python asks the kernel for no bytes only by recvfrom. */
const nothing: Op<Buffer> = () => Buffer.alloc(0)

/** Notes whether a receive got less than it asked for. */
function told(flags: number, n: number, received: number): number {
  cameShort(flags === 0 && received > 0 && received < n)
  return received
}

/**
 * Keeps the op that was made last, until one of its numbers is another: a program asks for
 * the same again and again, and of its sockets thousands may wait with it.
 */
function kept<T>(make: (n: number, flags: number, proto: number) => Op<T>): typeof make {
  let op: Op<T> | null = null
  let [size, flags, proto] = [0, 0, 0]
  return (n, f, p) => {
    if (op === null || n !== size || f !== flags || p !== proto) {
      size = n
      flags = f
      proto = p
      op = make(n, f, p)
    }
    return op
  }
}

/** recv(2) of at most `bufsize` bytes. */
export function recv(bufsize: unknown, flags: unknown): Op<Buffer> {
  const n = size(bufsize, 'recv')
  const f = intOr(flags, 0)
  return n === 0 ? nothing : receiving(n, f, 0)
}

const receiving = kept<Buffer>((n, flags) => (fd) => {
  const memory = room(n, (flags & MSG_TRUNC) !== 0)
  const received = told(flags, n, native.recv(fd, memory, start, n, flags))
  return received < 0 ? received : take(memory, Math.min(received, n))
})

/** recvfrom(2) of at most `bufsize` bytes. */
export function recvfrom(
  h: Handle,
  bufsize: unknown,
  flags: unknown,
): Op<[data: Buffer, address: AddressOut]> {
  return receivingFrom(size(bufsize, 'recvfrom'), intOr(flags, 0), h.proto)
}

const receivingFrom = kept<[data: Buffer, address: AddressOut]>((n, flags, proto) => (fd) => {
  const memory = room(n, (flags & MSG_TRUNC) !== 0)
  const count = native.recvfrom(fd, memory, start, n, flags)
  return count < 0 ? count : [take(memory, Math.min(count, n)), received(proto)]
})

/** Python's words for a count beyond the buffer. */
const tooSmall: Readonly<Record<string, string>> = {
  recv_into: 'buffer too small for requested bytes',
  recvfrom_into: 'nbytes is greater than the length of the buffer',
}

/** The memory that a receive may fill, and how much of it. */
export function target(
  buffer: unknown,
  nbytes: unknown,
  method: string,
): [into: Uint8Array, n: number] {
  const into = bytes(buffer)
  const n = nbytes === undefined ? 0 : size(nbytes, method)
  if (n > into.length) throw new ValueError(tooSmall[method])
  return [into, n === 0 ? into.length : n]
}

/** recv(2) into the caller's memory. Of no bytes it is no call at all, as in Python. */
export function recvInto(buffer: unknown, nbytes: unknown, flags: unknown): Op<number> {
  const [into, n] = target(buffer, nbytes, 'recv_into')
  const f = intOr(flags, 0)
  if (n === 0) return () => 0
  return (fd) => told(f, n, native.recv(fd, into, 0, n, f))
}

/** recvfrom(2) into the caller's memory. */
export function recvfromInto(
  h: Handle,
  buffer: unknown,
  nbytes: unknown,
  flags: unknown,
): Op<[nbytes: number, address: AddressOut]> {
  const [into, n] = target(buffer, nbytes, 'recvfrom_into')
  const f = intOr(flags, 0)
  return (fd) => {
    const count = native.recvfrom(fd, into, 0, n, f)
    return count < 0 ? count : [count, received(h.proto)]
  }
}

/** send(2), once. Under MSG_ZEROCOPY the socket `h` keeps the memory. */
export function send(data: unknown, flags: unknown, h?: Handle): Op<number> {
  const from = bytes(data)
  const f = intOr(flags, 0)
  const op: Op<number> = (fd) => native.send(fd, from, 0, from.length, f)
  return h !== undefined && (f & MSG_ZEROCOPY) !== 0 ? keeping(h, from, op) : op
}

/**
 * How much of a stream the promise twin sends before others have their turn. A
 * peer that reads as fast as it comes would otherwise keep the loop for all of it.
 */
export const PIECE = 0x80000

/**
 * send(2) until everything is sent; between two tries it remembers how far it
 * came. UNFINISHED after every `piece` bytes.
 */
export function sendall(
  data: unknown,
  flags: unknown,
  piece = Number.POSITIVE_INFINITY,
  h?: Handle,
): Op<null> {
  const from = bytes(data)
  const f = intOr(flags, 0)
  let sent = 0
  return (fd) => {
    const pause = sent + piece
    do {
      const count = native.send(fd, from, sent, Math.min(from.length, pause) - sent, f)
      if (h !== undefined && (f & MSG_ZEROCOPY) !== 0) keep(h, count, from)
      if (count < 0) return count
      sent += count
      if (sent >= pause && sent < from.length) return UNFINISHED
    } while (sent < from.length)
    return null
  }
}

/** Whether it is `sendto(data, flags, address)`, and not `sendto(data, address)`. */
export function hasFlags(count: number): boolean {
  if (count === 2 || count === 3) return count === 3
  throw new TypeError(`sendto() takes 2 or 3 arguments (${count} given)`)
}

/** sendto(2) to an address without a name in it. */
export function sendto(h: Handle, data: unknown, flags: unknown, address: unknown): Op<number> {
  const from = bytes(data)
  const f = int(flags)
  const op: Op<number> = (fd) =>
    native.sendto(fd, from, 0, from.length, f, encode(h, address, 'sendto'))
  return (f & MSG_ZEROCOPY) !== 0 ? keeping(h, from, op) : op
}

const none: readonly Item[] = []

/** sendmsg(2): buffers gathered, with control messages, to an address or to the peer. */
export function sendmsg(
  h: Handle,
  buffers: unknown,
  ancdata: unknown,
  flags: unknown,
  address: unknown,
): Op<number> {
  const from = bytesList(buffers, 'sendmsg() argument 1')
  const pieces = from.length === 1 ? from[0] : from
  const rows = ancdata === undefined ? none : itemsOf(ancdata)
  const room = roomOf(rows)
  // What waits keeps its own, or the caller could change it.
  const own = h.reactive || room > controlRoom.length
  const control = own ? packed(rows, room) : null
  const f = intOr(flags, 0)
  const op: Op<number> = (fd) => {
    const length = address === null || address === undefined ? 0 : encode(h, address, 'sendmsg')
    if (control === null) lay(rows, controlRoom, room)
    return native.sendmsg(fd, pieces, control, room, f, length)
  }
  return (f & MSG_ZEROCOPY) !== 0 ? keeping(h, from, op) : op
}

/** `[data, ancdata, msg_flags, address]`; in place of data the count of bytes for recvmsg_into. */
export type Message<T> = [data: T, ancdata: AncData[], msgFlags: number, address: AddressOut]

function recvmsgOp<T>(
  h: Handle,
  ancbufsize: unknown,
  flags: unknown,
  into: () => readonly Uint8Array[],
  out: (count: number) => T,
): Op<Message<T>> {
  const controlSize = ancbufsize === undefined ? 0 : whole(ancbufsize)
  if (controlSize < 0 || controlSize > 0x7fffffff) {
    throw new ValueError('invalid ancillary data buffer length')
  }
  const f = intOr(flags, 0)
  const queued = (f & MSG_ERRQUEUE) !== 0
  return (fd) => {
    const met = queued && h.zerocopy !== null ? stray(h, into(), controlSize) : null
    if (met !== null) return [out(met.count), met.ancdata, met.flags, met.address]
    const control = Buffer.alloc(controlSize)
    const count = native.recvmsg(fd, into(), control, controlSize, f)
    if (count < 0) return count
    const [msgFlags, controlLength] = [value(0), value(1)]
    const ancdata = messages(control, controlLength)
    if (queued) h.zerocopy?.read(ancdata)
    try {
      return [out(count), ancdata, msgFlags, received(h.proto)]
    } catch (error) {
      closeDescriptors(ancdata) // nobody else will ever know of these descriptors
      throw error
    }
  }
}

/** recvmsg(2) of at most `bufsize` bytes and `ancbufsize` bytes of control messages. */
export function recvmsg(
  h: Handle,
  bufsize: unknown,
  ancbufsize: unknown,
  flags: unknown,
): Op<Message<Buffer>> {
  const n = size(bufsize, 'recvmsg', 'negative buffer size in recvmsg()')
  const cleared = (intOr(flags, 0) & MSG_TRUNC) !== 0
  let memory: Buffer
  return recvmsgOp(
    h,
    ancbufsize,
    flags,
    () => {
      memory = room(n, cleared)
      return [memory.subarray(start, start + n)]
    },
    (count) => take(memory, Math.min(count, n)),
  )
}

/** recvmsg(2) scattered into the caller's buffers. */
export function recvmsgInto(
  h: Handle,
  buffers: unknown,
  ancbufsize: unknown,
  flags: unknown,
): Op<Message<number>> {
  const into = bytesList(buffers, 'recvmsg_into() argument 1')
  return recvmsgOp(
    h,
    ancbufsize,
    flags,
    () => into,
    (count) => count,
  )
}

/** sendmmsg(2) of the messages from `start` on, whose addresses are written. */
export function sendmmsg(h: Handle, slots: Slots, flags: unknown, start: unknown): Op<number> {
  const f = intOr(flags, 0)
  const first = start === undefined ? 0 : whole(start)
  if (first < 0 || first > slots.count) {
    throw new ValueError(`start is ${first} in a batch of ${slots.count}`)
  }
  const op: Op<number> = (fd) => slots.send(fd, first, f)
  return (f & MSG_ZEROCOPY) !== 0 ? keepingMany(h, slots, slots.count - first, op) : op
}

/** recvmmsg(2), which waits for the first message alone. */
export function recvmmsg(h: Handle, batch: unknown, flags: unknown): Op<number> {
  const f = intOr(flags, 0)
  const slots = emptied(batch)
  return (fd) => slots.receive(h, fd, f)
}
