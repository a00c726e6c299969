// Descriptors over a Unix socket: SCM_RIGHTS, unix(7).

import { type AncItem, CMSG_LEN, closeDescriptors, isRights, rights } from './ancillary.js'
import { type BytesLike, type Int, int } from './args.js'
import type { Address, AddressOut } from './family/types.js'
import { constants } from './native.js'
import type { Socket } from './socket.js'

const { SCM_RIGHTS, SOL_SOCKET } = constants

/** Descriptors as a control message. */
export const rightsItem = (fds: Iterable<Int>): AncItem => [
  SOL_SOCKET,
  SCM_RIGHTS,
  Int32Array.from([...fds], int),
]

/** The room that the control message with so many descriptors takes. */
export const rightsRoom = (maxfds: Int): number =>
  // Not CMSG_SPACE, whose padding has room for one more.
  CMSG_LEN(int(maxfds) * Int32Array.BYTES_PER_ELEMENT)

/**
 * Sends descriptors along with data, of which there must be a byte at least on
 * a stream. The receiver gets duplicates.
 */
export function send_fds<F extends number>(
  sock: Socket<F>,
  buffers: Iterable<BytesLike>,
  fds: Iterable<Int>,
  flags?: Int,
  address?: Address<F> | null,
): number {
  return sock.sendmsg(buffers, [rightsItem(fds)], flags, address)
}

/**
 * Receives up to `maxfds` descriptors and up to `bufsize` bytes of data. The
 * descriptors are close-on-exec, and the caller's to close.
 * @returns `[data, fds, msg_flags, address]`
 */
export function recv_fds<F extends number>(
  sock: Socket<F>,
  bufsize: Int,
  maxfds: Int,
  flags?: Int,
): [data: Buffer, fds: number[], msg_flags: number, address: AddressOut<F>] {
  const [data, ancdata, msgFlags, address] = sock.recvmsg(bufsize, rightsRoom(maxfds), flags)
  closeDescriptors(ancdata.filter((row) => !isRights(row))) // a pidfd has no place in the result
  return [data, ancdata.flatMap(rights), msgFlags, address]
}
