// Descriptors for the promise twin: see fds.ts and listenfds.ts.

import { closeDescriptors, isRights, rights } from './ancillary.js'
import type { BytesLike, Int } from './args.js'
import { socket } from './asynccallable.js'
import type { AsyncSocket } from './asyncsocket.js'
import type { Address, AddressOut } from './family/types.js'
import { rightsItem, rightsRoom } from './fds.js'
import { type ListenFd, type ListenFdsOptions, listenFds } from './listenfds.js'
import type { WaitOptions } from './reactor.js'

/** Sends descriptors along with data. The receiver gets duplicates. SCM_RIGHTS, unix(7) */
export async function send_fds<F extends number>(
  sock: AsyncSocket<F>,
  buffers: Iterable<BytesLike>,
  fds: Iterable<Int>,
  flags?: Int,
  address?: Address<F> | null,
  options?: WaitOptions,
): Promise<number> {
  return sock.sendmsg(buffers, [rightsItem(fds)], flags, address, options)
}

/** Receives up to `maxfds` descriptors: `[data, fds, msg_flags, address]`. SCM_RIGHTS, unix(7) */
export async function recv_fds<F extends number>(
  sock: AsyncSocket<F>,
  bufsize: Int,
  maxfds: Int,
  flags?: Int,
  options?: WaitOptions,
): Promise<[data: Buffer, fds: number[], msg_flags: number, address: AddressOut<F>]> {
  const room = rightsRoom(maxfds)
  const [data, ancdata, msgFlags, address] = await sock.recvmsg(bufsize, room, flags, options)
  closeDescriptors(ancdata.filter((row) => !isRights(row))) // a pidfd has no place in the result
  return [data, ancdata.flatMap(rights), msgFlags, address]
}

/** The descriptors that systemd passed to this process. sd_listen_fds_with_names(3) */
export const listen_fds = (options: ListenFdsOptions = {}): ListenFd<AsyncSocket>[] =>
  listenFds(options, (fileno) => new socket({ fileno }))
