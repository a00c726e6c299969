// The promise twin: what waits, a line each. The ops are those of socket.ts.

import type { DuplexOptions } from 'node:stream'
import { encode } from './address.js'
import { type AfAlgOptions, afalgControl } from './afalg.js'
import type { AncData, AncItem } from './ancillary.js'
import type { BytesLike, Int } from './args.js'
import { type AsyncBinaryFile, type AsyncTextFile, openAsyncFile } from './asyncfile.js'
import { runLater } from './asyncsteps.js'
import { gather, gatherInto, gathers } from './asyncwaitall.js'
import { BaseSocket, getdefaulttimeout, type SocketOptions } from './base.js'
import { type Batch, type BatchMessage, slotsOf } from './batch.js'
import { type Op, READ, WRITE } from './drive.js'
import { ConnectionAbortedError, check } from './errors.js'
import type { Address, AddressOut } from './family/types.js'
import { fileOptions, type MakefileOptions } from './file/open.js'
import { constants, native } from './native.js'
import * as ops from './ops.js'
import { type AsyncOwner, receive, type WaitOptions, Watch, wait } from './reactor.js'
import { nameIn, resolved } from './resolve.js'
import { type FileLike, sendfile } from './sendfile.js'
import { run } from './steps.js'
import { SocketStream } from './stream.js'
import {
  completions,
  sendallZerocopy,
  type ZerocopyCompletion,
  type ZerocopyResult,
} from './zerocopy.js'

const { SOCK_STREAM } = constants

/** Whether a last argument is options: no address is a plain object. */
const isOptions = (value: unknown): value is WaitOptions =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** How much `for await` reads of a stream at a time; a datagram is never longer. */
const CHUNK = 65536

/**
 * Calls with an address that has a numeric host in it: at once, unless it takes
 * a look-up, so that calls begin in the order in which they are made.
 */
async function numeric<T>(
  owner: AsyncOwner,
  address: unknown,
  options: WaitOptions | undefined,
  call: (address: unknown) => T | Promise<T>,
): Promise<T> {
  const name = nameIn(owner._h, address)
  if (name === null) return call(address)
  return call(await runLater(resolved(owner._h, address, name), options, owner))
}

function accepted<F extends number>(by: Watch, fd: number): AsyncSocket<F> {
  const h = new Watch(fd, by.family, by.type, by.proto, getdefaulttimeout())
  h.nonblocking = true
  h.drains = by.drains
  return new AsyncSocket<F>(h)
}

/** The same call again and again; closing the socket ends it, any other error is thrown. */
async function* repeat<T>(h: Watch, call: () => Promise<T>): AsyncGenerator<T, void, undefined> {
  while (!h.closed) {
    let item: T
    try {
      item = await call()
    } catch (error) {
      if (h.closed) return
      // A peer that gave up before its turn is no failure of the server.
      if (error instanceof ConnectionAbortedError && error.syscall === 'accept') continue
      throw error
    }
    yield item
  }
}

/**
 * A socket whose calls give promises; made by `socket()` of `bsd-socket/promises`.
 * `Item` is what `for await` gives.
 */
export class AsyncSocket<F extends number = number, Item = Buffer> extends BaseSocket<F> {
  /** @internal */
  declare readonly _h: Watch

  /** @internal */
  constructor(from: Watch | SocketOptions) {
    super(from, Watch)
  }

  /** Gives the socket an address; waits only for a name to be looked up. bind(2) */
  async bind(address: Address<F>, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await numeric(this, address, options, (to) =>
      check(native.bind(this._h.fd, encode(this._h, to, 'bind')), 'bind'),
    )
  }

  /**
   * Waits for a connection. accept(2)
   * @returns a new socket with the default timeout, and the peer's address
   */
  accept(options?: WaitOptions): Promise<[AsyncSocket<F>, AddressOut<F>]> {
    const start = () => ops.accept(this._h, true, (fd) => accepted<F>(this._h, fd))
    return wait(this, READ, 'accept', start, options) as Promise<[AsyncSocket<F>, AddressOut<F>]>
  }

  /**
   * Connects to an address; a datagram socket only remembers it. connect(2)
   * @throws ConnectionRefusedError nobody listens there
   * @throws TimeoutError the timeout is over; the attempt goes on underneath
   */
  async connect(address: Address<F>, options?: WaitOptions): Promise<void> {
    await numeric(this, address, options, (to) =>
      wait(this, WRITE, 'connect', () => ops.connect(this._h, to), options),
    )
  }

  /**
   * As `connect`, but gives the errno, 0 for success, instead of rejecting with
   * it. EAGAIN stands for a timeout. A bad address rejects all the same.
   */
  async connect_ex(address: Address<F>, options?: WaitOptions): Promise<number> {
    const connect = (to: unknown) =>
      wait(this, WRITE, 'connect', () => ops.connect(this._h, to, 'connect_ex'), options)
    return numeric(this, address, options, (to) => connect(to).catch(ops.connectErrno))
  }

  /**
   * Receives up to `bufsize` bytes; none means that the peer has ended the
   * stream. recv(2)
   * @param flags MSG_PEEK, MSG_WAITALL, …; what MSG_WAITALL has of a stream when
   *   the wait is ended early is given, and not lost
   */
  recv(bufsize: Int, flags?: Int, options?: WaitOptions): Promise<Buffer> {
    const h = this._h
    if (gathers(h, flags))
      return gather(this, bufsize, flags, 'recv', options).then(([data]) => data)
    return receive(this, 'recv', flags, () => ops.recv(bufsize, flags), options)
  }

  /** Receives a datagram of up to `bufsize` bytes, with its sender. recvfrom(2) */
  recvfrom(bufsize: Int, flags?: Int, options?: WaitOptions): Promise<[Buffer, AddressOut<F>]> {
    const h = this._h
    const start = () => ops.recvfrom(h, bufsize, flags)
    const received = gathers(h, flags)
      ? gather(this, bufsize, flags, 'recvfrom', options)
      : receive(this, 'recvfrom', flags, start, options)
    return received as Promise<[Buffer, AddressOut<F>]>
  }

  /** Receives into memory of the caller's, which must stay untouched until then. recv(2) */
  recv_into(buffer: BytesLike, nbytes?: Int, flags?: Int, options?: WaitOptions): Promise<number> {
    const h = this._h
    if (gathers(h, flags)) {
      return gatherInto(this, buffer, nbytes, flags, 'recv_into', options).then(([count]) => count)
    }
    const start = () => ops.recvInto(buffer, nbytes, flags)
    return receive(this, 'recv_into', flags, start, options)
  }

  /** Receives a datagram into memory of the caller's. recvfrom(2) */
  recvfrom_into(
    buffer: BytesLike,
    nbytes?: Int,
    flags?: Int,
    options?: WaitOptions,
  ): Promise<[number, AddressOut<F>]> {
    const h = this._h
    const start = () => ops.recvfromInto(h, buffer, nbytes, flags)
    const received = gathers(h, flags)
      ? gatherInto(this, buffer, nbytes, flags, 'recvfrom_into', options)
      : receive(this, 'recvfrom_into', flags, start, options)
    return received as Promise<[number, AddressOut<F>]>
  }

  /** Sends, and gives how many bytes the kernel took: maybe not all. send(2) */
  send(data: BytesLike, flags?: Int, options?: WaitOptions): Promise<number> {
    return wait(this, WRITE, 'send', () => ops.send(data, flags, this._h), options, flags)
  }

  /**
   * Sends everything; the timeout holds for the whole of it. After an error
   * there is no telling how much went out. send(2), as often as needed
   */
  sendall(data: BytesLike, flags?: Int, options?: WaitOptions): Promise<null> {
    // Only a stream may be cut: a datagram of any size is one.
    const piece = this.type === SOCK_STREAM ? ops.PIECE : undefined
    const start = () => ops.sendall(data, flags, piece, this._h)
    return wait(this, WRITE, 'sendall', start, options, flags)
  }

  /**
   * Sends a datagram to an address: `sendto(data, address)` or
   * `sendto(data, flags, address)`, options last. sendto(2)
   */
  sendto(data: BytesLike, address: Address<F>, options?: WaitOptions): Promise<number>
  sendto(data: BytesLike, flags: Int, address: Address<F>, options?: WaitOptions): Promise<number>
  async sendto(...args: unknown[]): Promise<number> {
    const last = args.at(-1)
    const options = isOptions(last) ? last : undefined
    const flagged = ops.hasFlags(options === undefined ? args.length : args.length - 1)
    const flags = flagged ? args[1] : 0
    return numeric(this, flagged ? args[2] : args[1], options, (to) =>
      wait(this, WRITE, 'sendto', () => ops.sendto(this._h, args[0], flags, to), options, flags),
    )
  }

  /** Sends the buffers as one message, with control messages. sendmsg(2) */
  async sendmsg(
    buffers: Iterable<BytesLike>,
    ancdata?: Iterable<AncItem>,
    flags?: Int,
    address?: Address<F> | null,
    options?: WaitOptions,
  ): Promise<number> {
    const send = (to: unknown) => {
      const start = () => ops.sendmsg(this._h, buffers, ancdata, flags, to)
      return wait(this, WRITE, 'sendmsg', start, options, flags)
    }
    return address == null ? send(null) : numeric(this, address, options, send)
  }

  /** Receives a message and its control messages: `[data, ancdata, msg_flags, address]`. recvmsg(2) */
  recvmsg(
    bufsize: Int,
    ancbufsize?: Int,
    flags?: Int,
    options?: WaitOptions,
  ): Promise<[data: Buffer, ancdata: AncData[], msg_flags: number, address: AddressOut<F>]> {
    type Result = [Buffer, AncData[], number, AddressOut<F>]
    const start = () => ops.recvmsg(this._h, bufsize, ancbufsize, flags) as Op<Result>
    return receive(this, 'recvmsg', flags, start, options)
  }

  /** As `recvmsg`, into the caller's buffers: `[nbytes, ancdata, msg_flags, address]`. recvmsg(2) */
  recvmsg_into(
    buffers: Iterable<BytesLike>,
    ancbufsize?: Int,
    flags?: Int,
    options?: WaitOptions,
  ): Promise<[nbytes: number, ancdata: AncData[], msg_flags: number, address: AddressOut<F>]> {
    type Result = [number, AncData[], number, AddressOut<F>]
    const start = () => ops.recvmsgInto(this._h, buffers, ancbufsize, flags) as Op<Result>
    return receive(this, 'recvmsg_into', flags, start, options)
  }

  /**
   * Sends many messages in one system call, and gives how many the kernel took.
   * sendmmsg(2); see the blocking twin. A batch stays untouched until then.
   */
  async sendmmsg(
    messages: Batch | Iterable<BatchMessage<F>>,
    flags?: Int,
    start?: Int,
    options?: WaitOptions,
  ): Promise<number> {
    const slots = slotsOf(messages)
    const write = slots.write(this._h)
    // At once, unless it takes a look-up, so that calls begin in order.
    if (slots.named(this._h)) await runLater(write, options, this)
    else run(write)
    return wait(
      this,
      WRITE,
      'sendmmsg',
      () => ops.sendmmsg(this._h, slots, flags, start),
      options,
      flags,
    )
  }

  /**
   * Receives as many messages as there are, and gives how many came. recvmmsg(2);
   * see the blocking twin. The batch stays untouched until then.
   */
  recvmmsg(batch: Batch, flags?: Int, options?: WaitOptions): Promise<number> {
    return receive(this, 'recvmmsg', flags, () => ops.recvmmsg(this._h, batch, flags), options)
  }

  /** Sends to an AF_ALG operation socket. sendmsg(2), Python's `sendmsg_afalg` */
  async sendmsg_afalg(
    msg?: Iterable<BytesLike> | null,
    options = {} as AfAlgOptions & WaitOptions,
  ): Promise<number> {
    const control = afalgControl(this.family, options)
    return this.sendmsg(msg ?? [], control, options.flags, null, options)
  }

  /** Sends a file, or a part of it, over a stream. sendfile(2); see the blocking twin */
  async sendfile(
    file: FileLike,
    offset?: Int,
    count?: Int | null,
    options?: WaitOptions,
  ): Promise<number> {
    return runLater(sendfile(this._h, file, offset, count), options, this)
  }

  /**
   * Sends everything by MSG_ZEROCOPY, and resolves when the kernel has let go of the
   * memory, which must not change until then; see the blocking twin. A promise that
   * rejects leaves it in the kernel's hands all the same. send(2)
   */
  async sendall_zerocopy(
    data: BytesLike,
    flags?: Int,
    options?: WaitOptions,
  ): Promise<ZerocopyResult> {
    return runLater(sendallZerocopy(this._h, data, flags), options, this)
  }

  /** What the kernel has let go of among the sends under MSG_ZEROCOPY; see the blocking twin. */
  async recv_zerocopy_completions(options?: WaitOptions): Promise<ZerocopyCompletion[]> {
    return runLater(completions(this._h), options, this)
  }

  /** Lets waits here keep the event loop alive: so it is from the beginning. */
  ref(): this {
    this._h.refd = true
    return this
  }

  /** Lets the program end although something waits here. */
  unref(): this {
    this._h.refd = false
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** The connections of a listening socket, `[socket, address]`, until it is closed. */
  connections(): AsyncGenerator<[AsyncSocket<F>, AddressOut<F>], void, undefined> {
    return repeat(this._h, () => this.accept())
  }

  /** The datagrams that arrive, `[data, address]`, until the socket is closed. */
  datagrams(): AsyncGenerator<[Buffer, AddressOut<F>], void, undefined> {
    return repeat(this._h, () => this.recvfrom(CHUNK))
  }

  /** What a stream brings, piece by piece, until its end or until it is closed here. */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of repeat(this._h, () => this.recv(CHUNK))) {
      if (chunk.length === 0) return
      yield chunk
    }
  }

  /** `connections()` of a listening socket, `chunks()` of a stream, else `datagrams()`. */
  [Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    const listening = this.getsockopt(constants.SOL_SOCKET, constants.SO_ACCEPTCONN) !== 0
    const stream = this.type === SOCK_STREAM
    const items = listening ? this.connections() : stream ? this.chunks() : this.datagrams()
    return items as AsyncGenerator<Item, void, undefined>
  }

  /**
   * A file over the socket, with the methods of the blocking twin's, awaited.
   * @param mode `r`, `w` and `b` in any combination; `'r'` if left out
   */
  makefile(
    mode: `${string}b${string}`,
    buffering?: number | null | MakefileOptions,
  ): AsyncBinaryFile
  makefile(
    mode?: 'r' | 'w' | 'rw' | 'wr',
    buffering?: number | null | MakefileOptions,
    options?: MakefileOptions,
  ): AsyncTextFile
  makefile(
    mode = 'r',
    buffering?: number | null | MakefileOptions,
    options?: MakefileOptions,
  ): AsyncBinaryFile | AsyncTextFile {
    return openAsyncFile(this, mode, fileOptions(buffering, options))
  }

  /**
   * A Node stream over the socket, which the stream owns from then on: `http`,
   * `tls`, `pipeline` and Web streams take it. Reading stops while nobody
   * consumes, writing while the peer does not; `end()` closes one direction.
   */
  makestream(options: DuplexOptions = {}): SocketStream {
    return new SocketStream(this as unknown as AsyncSocket, options)
  }
}
