// The blocking twin: what waits, a line each.

import { encode } from './address.js'
import { type AfAlgOptions, afalgControl } from './afalg.js'
import type { AncData, AncItem } from './ancillary.js'
import type { BytesLike, Int } from './args.js'
import { BaseSocket, getdefaulttimeout, type SocketOptions } from './base.js'
import { type Batch, type BatchMessage, slotsOf } from './batch.js'
import { block, READ, WRITE } from './drive.js'
import { check } from './errors.js'
import type { Address, AddressOut } from './family/types.js'
import { fileOptions, type MakefileOptions } from './file/open.js'
import { Handle, mustNotBlock } from './handle.js'
import { type BinaryFile, openFile, type TextFile } from './makefile.js'
import { native } from './native.js'
import * as ops from './ops.js'
import { here } from './resolve.js'
import { type FileLike, sendfile } from './sendfile.js'
import { run } from './steps.js'
import { gather, gatherInto, gathers } from './waitall.js'
import {
  completions,
  sendallZerocopy,
  type ZerocopyCompletion,
  type ZerocopyResult,
} from './zerocopy.js'

/** A blocking socket; made by `socket()`. */
export class Socket<F extends number = number> extends BaseSocket<F> {
  /** @internal */
  constructor(from: Handle | SocketOptions) {
    super(from, Handle)
  }

  /**
   * Gives the socket an address. bind(2)
   * @throws PermissionError a port below 1024, without the capability
   * @throws OSError EADDRINUSE, EADDRNOTAVAIL, …
   */
  bind(address: Address<F>): void {
    const length = encode(this._h, here(this._h, address), 'bind')
    check(native.bind(this._h.fd, length), 'bind')
  }

  /**
   * Waits for a connection. accept(2)
   * @returns a new socket with the default timeout, and the peer's address
   */
  accept(): [Socket<F>, AddressOut<F>] {
    const seconds = getdefaulttimeout()
    const nonblocking = mustNotBlock(seconds)
    const made = (fd: number) => {
      const h = new Handle(fd, this.family, this.type, this.proto, seconds)
      h.nonblocking = nonblocking
      return new Socket<F>(h)
    }
    const op = ops.accept(this._h, nonblocking, made)
    return block(this._h, READ, 'accept', op) as [Socket<F>, AddressOut<F>]
  }

  /**
   * Connects to an address; a datagram socket only remembers it. connect(2)
   * @throws ConnectionRefusedError nobody listens there
   * @throws TimeoutError the timeout is over; the attempt goes on underneath
   * @throws BlockingIOError EINPROGRESS, on a non-blocking socket
   */
  connect(address: Address<F>): void {
    const to = here(this._h, address)
    block(this._h, WRITE, 'connect', ops.connect(this._h, to))
  }

  /**
   * As `connect`, but gives the errno, 0 for success, instead of raising it.
   * EAGAIN stands for a timeout. A bad address raises all the same.
   */
  connect_ex(address: Address<F>): number {
    const to = here(this._h, address)
    const op = ops.connect(this._h, to, 'connect_ex')
    try {
      block(this._h, WRITE, 'connect', op)
      return 0
    } catch (error) {
      return ops.connectErrno(error)
    }
  }

  /**
   * Receives up to `bufsize` bytes; none means that the peer has ended the
   * stream. recv(2)
   * @param flags MSG_PEEK, MSG_WAITALL, …
   */
  recv(bufsize: Int, flags?: Int): Buffer {
    if (gathers(this._h, flags)) return gather(this._h, bufsize, flags, 'recv')[0]
    return block(this._h, READ, 'recv', ops.recv(bufsize, flags), flags)
  }

  /**
   * Receives a datagram of up to `bufsize` bytes, with its sender. recvfrom(2)
   * @returns the data and the address, null on a connected stream
   */
  recvfrom(bufsize: Int, flags?: Int): [Buffer, AddressOut<F>] {
    const h = this._h
    const received = gathers(h, flags)
      ? gather(h, bufsize, flags, 'recvfrom')
      : block(h, READ, 'recvfrom', ops.recvfrom(h, bufsize, flags), flags)
    return received as [Buffer, AddressOut<F>]
  }

  /**
   * Receives into memory of the caller's. recv(2)
   * @param nbytes how many at most; 0 or left out for the whole buffer
   * @returns how many bytes came
   */
  recv_into(buffer: BytesLike, nbytes?: Int, flags?: Int): number {
    if (gathers(this._h, flags)) return gatherInto(this._h, buffer, nbytes, flags, 'recv_into')[0]
    return block(this._h, READ, 'recv_into', ops.recvInto(buffer, nbytes, flags), flags)
  }

  /**
   * Receives a datagram into memory of the caller's. recvfrom(2)
   * @returns how many bytes came, and from whom
   */
  recvfrom_into(buffer: BytesLike, nbytes?: Int, flags?: Int): [number, AddressOut<F>] {
    const h = this._h
    const received = gathers(h, flags)
      ? gatherInto(h, buffer, nbytes, flags, 'recvfrom_into')
      : block(h, READ, 'recvfrom_into', ops.recvfromInto(h, buffer, nbytes, flags), flags)
    return received as [number, AddressOut<F>]
  }

  /**
   * Sends, and gives how many bytes the kernel took: maybe not all. send(2)
   * @throws BrokenPipeError the other side reads no more
   */
  send(data: BytesLike, flags?: Int): number {
    return block(this._h, WRITE, 'send', ops.send(data, flags, this._h), flags)
  }

  /**
   * Sends everything; the timeout holds for the whole of it. After an error
   * there is no telling how much went out. send(2), as often as needed
   */
  sendall(data: BytesLike, flags?: Int): null {
    return block(this._h, WRITE, 'sendall', ops.sendall(data, flags, undefined, this._h), flags)
  }

  /**
   * Sends a datagram to an address: `sendto(data, address)` or
   * `sendto(data, flags, address)`. sendto(2)
   */
  sendto(data: BytesLike, address: Address<F>): number
  sendto(data: BytesLike, flags: Int, address: Address<F>): number
  sendto(...args: unknown[]): number {
    const flagged = ops.hasFlags(args.length)
    const flags = flagged ? args[1] : 0
    const to = here(this._h, flagged ? args[2] : args[1])
    const op = ops.sendto(this._h, args[0], flags, to)
    return block(this._h, WRITE, 'sendto', op, flags)
  }

  /**
   * Sends the buffers as one message, with control messages. sendmsg(2)
   * @param buffers any iterable of bytes
   * @param ancdata any iterable of `[cmsg_level, cmsg_type, data]`
   * @param address where to; left out or null, the peer
   * @returns how many bytes of data the kernel took
   */
  sendmsg(
    buffers: Iterable<BytesLike>,
    ancdata?: Iterable<AncItem>,
    flags?: Int,
    address?: Address<F> | null,
  ): number {
    const to = address == null ? null : here(this._h, address)
    const op = ops.sendmsg(this._h, buffers, ancdata, flags, to)
    return block(this._h, WRITE, 'sendmsg', op, flags)
  }

  /**
   * Receives a message and its control messages. recvmsg(2)
   * @param bufsize bytes of data at most
   * @param ancbufsize bytes for control messages: a sum of `CMSG_SPACE()`; 0 if left out
   * @returns `[data, ancdata, msg_flags, address]`; MSG_CTRUNC in msg_flags says
   *   that `ancbufsize` was too small. Received descriptors are close-on-exec.
   */
  recvmsg(
    bufsize: Int,
    ancbufsize?: Int,
    flags?: Int,
  ): [data: Buffer, ancdata: AncData[], msg_flags: number, address: AddressOut<F>] {
    const op = ops.recvmsg(this._h, bufsize, ancbufsize, flags)
    return block(this._h, READ, 'recvmsg', op, flags) as [Buffer, AncData[], number, AddressOut<F>]
  }

  /**
   * As `recvmsg`, into the caller's buffers one after the other. recvmsg(2)
   * @returns `[nbytes, ancdata, msg_flags, address]`
   */
  recvmsg_into(
    buffers: Iterable<BytesLike>,
    ancbufsize?: Int,
    flags?: Int,
  ): [nbytes: number, ancdata: AncData[], msg_flags: number, address: AddressOut<F>] {
    const op = ops.recvmsgInto(this._h, buffers, ancbufsize, flags)
    return block(this._h, READ, 'recvmsg_into', op, flags) as [
      number,
      AncData[],
      number,
      AddressOut<F>,
    ]
  }

  /**
   * Sends many messages in one system call. sendmmsg(2)
   * @param messages a Batch; or any iterable of bytes for the peer, or of
   *   `[data, address?, ancdata?]`
   * @param start the message to begin with, in a batch that was taken in part
   * @returns how many messages the kernel took: maybe not all, and never more than 1,024.
   *   An error is raised only if it took none.
   */
  sendmmsg(messages: Batch | Iterable<BatchMessage<F>>, flags?: Int, start?: Int): number {
    const slots = slotsOf(messages)
    if (slots.stale(this._h)) run(slots.write(this._h))
    return block(this._h, WRITE, 'sendmmsg', ops.sendmmsg(this._h, slots, flags, start), flags)
  }

  /**
   * Receives as many messages as there are, up to those that the batch has room
   * for, in one system call; waits for the first of them alone. recvmmsg(2), with
   * MSG_WAITFORONE. An empty message is the end of a stream.
   * @returns how many came; they are in the batch, which is empty after an error
   */
  recvmmsg(batch: Batch, flags?: Int): number {
    return block(this._h, READ, 'recvmmsg', ops.recvmmsg(this._h, batch, flags), flags)
  }

  /**
   * Sends a file, or a part of it, over a stream without copying it through
   * this process where the kernel can. sendfile(2); else read(2) and send(2)
   * @param file a descriptor, a FileHandle, a socket, or anything with a numeric `fd`;
   *   a pipe or a socket is waited for
   * @param offset where in the file to begin, in bytes
   * @param count how many bytes at most; to the end if left out or null
   * @returns how many bytes were sent; the file's position is behind the last of them
   * @throws ValueError the socket is no stream, or is non-blocking
   */
  sendfile(file: FileLike, offset?: Int, count?: Int | null): number {
    return run(sendfile(this._h, file, offset, count))
  }

  /**
   * Sends everything from the memory of `data` itself, by MSG_ZEROCOPY, and returns
   * when the kernel has let go of it: on TCP, when the peer has acknowledged. Until
   * then the memory must not change. SO_ZEROCOPY is set if it is not; where the kernel
   * cannot, it copies, and `copied` says so. send(2)
   * @throws TimeoutError sending, or the waiting after it, took longer than the timeout
   * @throws ValueError the socket is non-blocking
   */
  sendall_zerocopy(data: BytesLike, flags?: Int): ZerocopyResult {
    return run(sendallZerocopy(this._h, data, flags))
  }

  /**
   * What the kernel has let go of among the sends under MSG_ZEROCOPY, whose memory
   * is kept until then; waits for the first. Needs SO_ZEROCOPY. recvmsg(2) with
   * MSG_ERRQUEUE
   * @returns ranges of sends by number, from 0; none when no send is under way
   * @throws ValueError SO_ZEROCOPY is not set, so that the kernel ignores the flag
   */
  recv_zerocopy_completions(): ZerocopyCompletion[] {
    return run(completions(this._h))
  }

  /**
   * Sends to an AF_ALG operation socket: what to do, the initialisation vector,
   * and the data. sendmsg(2), Python's `sendmsg_afalg`
   * @param msg any iterable of bytes
   */
  sendmsg_afalg(msg?: Iterable<BytesLike> | null, options = {} as AfAlgOptions): number {
    return this.sendmsg(msg ?? [], afalgControl(this.family, options), options.flags)
  }

  /**
   * A file over the socket, as Python's `open()` would give it: text unless the
   * mode has a `b`. The descriptor stays open until the socket and its files are
   * all closed; closing a file sends what was written.
   * @param mode `r`, `w` and `b` in any combination; `'r'` if left out
   */
  makefile(mode: `${string}b${string}`, buffering?: number | null | MakefileOptions): BinaryFile
  makefile(
    mode?: 'r' | 'w' | 'rw' | 'wr',
    buffering?: number | null | MakefileOptions,
    options?: MakefileOptions,
  ): TextFile
  makefile(
    mode = 'r',
    buffering?: number | null | MakefileOptions,
    options?: MakefileOptions,
  ): BinaryFile | TextFile {
    return openFile(this, mode, fileOptions(buffering, options))
  }
}
