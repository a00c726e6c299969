// The ops: each checks its arguments once and gives a function that makes the
// system call and decodes what it gave. Both twins wait for the same ops.

import { encode, received } from './address.js'
import { bytes, int, intOr, size } from './args.js'
import { room, take } from './bytes.js'
import type { Op } from './drive.js'
import { ValueError } from './errors.js'
import type { AddressOut } from './family/types.js'
import type { Handle } from './handle.js'
import { constants, errnos, native, value } from './native.js'

const { MSG_TRUNC, SOL_SOCKET, SO_ERROR } = constants
const { EALREADY, EINPROGRESS, EINTR, EISCONN } = errnos

/** accept4(2): the new descriptor and the peer's address. */
export const accept =
  (nonblocking: boolean): Op<[fd: number, address: AddressOut]> =>
  (fd) => {
    const accepted = native.accept(fd, nonblocking)
    return accepted < 0 ? accepted : [accepted, received()]
  }

/** connect(2); then, once the socket is writable, what became of it. */
export function connect(h: Handle, address: unknown, who = 'connect'): Op<0> {
  let begun = false
  let interrupted = false
  return (fd) => {
    if (begun) {
      const failed = native.getsockopt(fd, SOL_SOCKET, SO_ERROR)
      return failed < 0 ? failed : (-value(0) as 0)
    }
    const result = native.connect(fd, encode(h.family, address, who))
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

/** recv(2) of at most `bufsize` bytes. */
export function recv(bufsize: unknown, flags: unknown): Op<Buffer> {
  const n = size(bufsize, 'recv')
  const f = intOr(flags, 0)
  return (fd) => {
    const memory = room(n, (f & MSG_TRUNC) !== 0)
    const received = native.recv(fd, memory, 0, n, f)
    return received < 0 ? received : take(memory, Math.min(received, n))
  }
}

/** recvfrom(2) of at most `bufsize` bytes. */
export function recvfrom(
  bufsize: unknown,
  flags: unknown,
): Op<[data: Buffer, address: AddressOut]> {
  const n = size(bufsize, 'recvfrom')
  const f = intOr(flags, 0)
  return (fd) => {
    const memory = room(n, (f & MSG_TRUNC) !== 0)
    const count = native.recvfrom(fd, memory, 0, n, f)
    return count < 0 ? count : [take(memory, Math.min(count, n)), received()]
  }
}

/** The memory that a receive may fill, and how much of it. */
function target(buffer: unknown, nbytes: unknown, method: string): [into: Uint8Array, n: number] {
  const into = bytes(buffer)
  const n = nbytes === undefined ? 0 : size(nbytes, method)
  if (n > into.length) throw new ValueError('buffer too small for requested bytes')
  return [into, n === 0 ? into.length : n]
}

/** recv(2) into the caller's memory. */
export function recvInto(buffer: unknown, nbytes: unknown, flags: unknown): Op<number> {
  const [into, n] = target(buffer, nbytes, 'recv_into')
  const f = intOr(flags, 0)
  return (fd) => native.recv(fd, into, 0, n, f)
}

/** recvfrom(2) into the caller's memory. */
export function recvfromInto(
  buffer: unknown,
  nbytes: unknown,
  flags: unknown,
): Op<[nbytes: number, address: AddressOut]> {
  const [into, n] = target(buffer, nbytes, 'recvfrom_into')
  const f = intOr(flags, 0)
  return (fd) => {
    const count = native.recvfrom(fd, into, 0, n, f)
    return count < 0 ? count : [count, received()]
  }
}

/** send(2), once. */
export function send(data: unknown, flags: unknown): Op<number> {
  const from = bytes(data)
  const f = intOr(flags, 0)
  return (fd) => native.send(fd, from, 0, from.length, f)
}

/** send(2) until everything is sent; between two tries it remembers how far it came. */
export function sendall(data: unknown, flags: unknown): Op<null> {
  const from = bytes(data)
  const f = intOr(flags, 0)
  let sent = 0
  return (fd) => {
    do {
      const count = native.send(fd, from, sent, from.length - sent, f)
      if (count < 0) return count
      sent += count
    } while (sent < from.length)
    return null
  }
}

/** sendto(2) to an address without a name in it. */
export function sendto(h: Handle, data: unknown, flags: unknown, address: unknown): Op<number> {
  const from = bytes(data)
  const f = int(flags)
  return (fd) => native.sendto(fd, from, 0, from.length, f, encode(h.family, address, 'sendto'))
}
