// The blocking twin: what waits, a line each.

import { encode } from './address.js'
import type { BytesLike, Int } from './args.js'
import { BaseSocket, getdefaulttimeout } from './base.js'
import { block, READ, WRITE } from './drive.js'
import { check, OSError, TimeoutError } from './errors.js'
import type { Address, AddressOut } from './family/types.js'
import { Handle, mustNotBlock } from './handle.js'
import { errnos, native } from './native.js'
import * as ops from './ops.js'
import { numeric } from './resolve.js'
import { gather, gatherInto, gathers } from './waitall.js'

/** A blocking socket; made by `socket()`. */
export class Socket<F extends number = number> extends BaseSocket<F> {
  /**
   * Gives the socket an address. bind(2)
   * @throws PermissionError a port below 1024, without the capability
   * @throws OSError EADDRINUSE, EADDRNOTAVAIL, …
   */
  bind(address: Address<F>): void {
    const length = encode(this.family, numeric(this._h, address), 'bind')
    check(native.bind(this._h.fd, length), 'bind')
  }

  /**
   * Waits for a connection. accept(2)
   * @returns a new socket with the default timeout, and the peer's address
   */
  accept(): [Socket<F>, AddressOut<F>] {
    const seconds = getdefaulttimeout()
    const nonblocking = mustNotBlock(seconds)
    const [fd, address] = block(this._h, READ, 'accept', ops.accept(nonblocking))
    const h = new Handle(fd, this.family, this.type, this.proto, seconds)
    h.nonblocking = nonblocking
    return [new Socket<F>(h), address as AddressOut<F>]
  }

  /**
   * Connects to an address; a datagram socket only remembers it. connect(2)
   * @throws ConnectionRefusedError nobody listens there
   * @throws TimeoutError the timeout is over; the attempt goes on underneath
   * @throws BlockingIOError EINPROGRESS, on a non-blocking socket
   */
  connect(address: Address<F>): void {
    const to = numeric(this._h, address)
    block(this._h, WRITE, 'connect', ops.connect(this._h, to))
  }

  /**
   * As `connect`, but gives the errno, 0 for success, instead of raising it.
   * EAGAIN stands for a timeout. A bad address raises all the same.
   */
  connect_ex(address: Address<F>): number {
    const to = numeric(this._h, address)
    const op = ops.connect(this._h, to, 'connect_ex')
    try {
      block(this._h, WRITE, 'connect', op)
      return 0
    } catch (error) {
      if (error instanceof TimeoutError && error.errno === null) return errnos.EAGAIN
      if (!(error instanceof OSError) || error.errno === null) throw error
      return error.errno
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
      : block(h, READ, 'recvfrom', ops.recvfrom(bufsize, flags), flags)
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
      : block(h, READ, 'recvfrom_into', ops.recvfromInto(buffer, nbytes, flags), flags)
    return received as [number, AddressOut<F>]
  }

  /**
   * Sends, and gives how many bytes the kernel took: maybe not all. send(2)
   * @throws BrokenPipeError the other side reads no more
   */
  send(data: BytesLike, flags?: Int): number {
    return block(this._h, WRITE, 'send', ops.send(data, flags), flags)
  }

  /**
   * Sends everything; the timeout holds for the whole of it. After an error
   * there is no telling how much went out. send(2), as often as needed
   */
  sendall(data: BytesLike, flags?: Int): null {
    return block(this._h, WRITE, 'sendall', ops.sendall(data, flags), flags)
  }

  /**
   * Sends a datagram to an address: `sendto(data, address)` or
   * `sendto(data, flags, address)`. sendto(2)
   */
  sendto(data: BytesLike, address: Address<F>): number
  sendto(data: BytesLike, flags: Int, address: Address<F>): number
  sendto(...args: unknown[]): number {
    if (args.length < 2 || args.length > 3) {
      throw new TypeError(`sendto() takes 2 or 3 arguments (${args.length} given)`)
    }
    const [data, flags, address] = args.length === 2 ? [args[0], 0, args[1]] : args
    const op = ops.sendto(this._h, data, flags, numeric(this._h, address))
    return block(this._h, WRITE, 'sendto', op, flags)
  }

  /**
   * A second object, of the same class, on a second descriptor for the same
   * socket. A subclass is constructed as `new C(family, type, proto, fileno)`. dup(2)
   */
  dup(): this {
    const fileno = check(native.dup(this._h.fd), 'dup')
    const copy: this = Reflect.construct(this.constructor, [
      this.family,
      this.type,
      this.proto,
      fileno,
    ])
    copy._h.timeout = this.timeout
    copy._h.nonblocking = this._h.nonblocking
    // The two share O_NONBLOCK, and a default timeout has just set it.
    if (getdefaulttimeout() !== null) copy._h.applyTimeout()
    return copy
  }
}
