// What the two twins share: everything of a socket that never waits.

import { received } from './address.js'
import { type BytesLike, bytes, type Int, int, intOr, timeout } from './args.js'
import { timers, util } from './builtins.js'
import { check, OSError, ValueError } from './errors.js'
import type { AddressOut } from './family/types.js'
import { familyOf } from './family/wire.js'
import { Handle, mustNotBlock } from './handle.js'
import { constants, errnos, native, polling, address as scratch, value } from './native.js'
import { repr } from './repr.js'

// Taken out once: for the engine the table is a dictionary.
const { AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, TCP_ULP } = constants
const { SOL_SOCKET, SOMAXCONN, SO_TYPE, SO_PROTOCOL } = constants
const SOCK_NONBLOCK = constants.SOCK_NONBLOCK ?? 0
const SOCK_CLOEXEC = constants.SOCK_CLOEXEC ?? 0
const HAS_RDHUP = polling.EPOLLRDHUP !== undefined

let defaultTimeout: number | null = null

/**
 * The timeout of new sockets, in seconds; null, unless set, for none.
 * Python's `getdefaulttimeout`.
 */
export const getdefaulttimeout = (): number | null => defaultTimeout

/**
 * Sets the timeout of sockets made from now on: seconds, 0 for non-blocking,
 * null for none. Python's `setdefaulttimeout`.
 */
export function setdefaulttimeout(seconds: number | null): void {
  defaultTimeout = timeout(seconds)
}

/** The constructor's arguments as one object. */
export interface SocketOptions<F extends number = number> {
  family?: F
  type?: number
  proto?: number
  fileno?: number | null
}

/** An optional constructor argument; Python's -1 stands for "choose". */
const chosen = (value: unknown): number => intOr(value, -1)

function open(options: SocketOptions, made: typeof Handle): Handle {
  const family = chosen(options.family)
  const type = chosen(options.type)
  const proto = chosen(options.proto)
  const { fileno = null } = options
  return fileno === null
    ? create(family, type, proto, made)
    : adopt(int(fileno), family, type, proto, made)
}

/** A type without the flags that socket(2) takes along with it. */
const plain = (type: number): number => type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)

/** The timeout that a new socket of a type begins with. */
const firstTimeout = (type: number): number | null => (type & SOCK_NONBLOCK ? 0 : defaultTimeout)

function create(family: number, type: number, proto: number, made: typeof Handle): Handle {
  const domain = family === -1 ? AF_INET : family
  const kind = type === -1 ? SOCK_STREAM : type
  const protocol = proto === -1 ? 0 : proto
  const seconds = firstTimeout(kind)
  const nonblocking = made.prototype.reactive || mustNotBlock(seconds)
  const fd = native.socket(domain, kind | (nonblocking ? SOCK_NONBLOCK : 0), protocol)
  check(fd, 'socket')
  const h = new made(fd, domain, plain(kind), protocol, seconds)
  h.nonblocking = nonblocking && SOCK_NONBLOCK !== 0
  h.drains = isTcp(domain, h.type, protocol)
  return h
}

/** Plain TCP, where the end of a stream and urgent data have events of their own. */
const isTcp = (family: number, type: number, proto: number): boolean =>
  type === SOCK_STREAM &&
  (family === AF_INET || family === AF_INET6) &&
  (proto === 0 || proto === IPPROTO_TCP) &&
  HAS_RDHUP

/** A descriptor that is there already; what is -1 is asked of the kernel. */
function adopt(
  fd: number,
  family: number,
  type: number,
  proto: number,
  made: typeof Handle,
): Handle {
  if (fd < 0) throw new ValueError('negative file descriptor')
  const named = native.getsockname(fd)
  // A family without names has no answer here; what is no socket must not pass.
  if (family === -1 || named === -errnos.EBADF || named === -errnos.ENOTSOCK) {
    check(named, 'getsockname')
  }
  const ask = (option: number): number => {
    if (option === undefined) return 0
    check(native.getsockopt(fd, SOL_SOCKET, option), 'getsockopt')
    return value(0)
  }
  const domain = family === -1 ? familyOf(scratch) : family
  const kind = type === -1 ? ask(SO_TYPE) : type
  const protocol = proto === -1 ? ask(SO_PROTOCOL) : proto
  const seconds = firstTimeout(kind)
  const h = new made(fd, domain, plain(kind), protocol, seconds)
  if (made.prototype.reactive || seconds !== null) h.applyTimeout()
  return h
}

/** Closes what a program lost sight of, and says so. */
const lost = new FinalizationRegistry<Handle>((h) => {
  if (h.fd < 0) return
  process.emitWarning(
    `unclosed <socket fd=${h.fd}, family=${h.family}, type=${h.type}, proto=${h.proto}>`,
    'ResourceWarning',
  )
  h.files = 0
  h.close()
})

/** Sockets of this turn of the loop: one that is closed in it cannot be lost. */
let young: BaseSocket[] = []
/** How many there may be, in a turn that never ends. */
const CROWD = 1000

function mature(): void {
  for (const s of young) if (s._h.fd >= 0) lost.register(s, s._h)
  young = []
}

/** To be registered is half the price of a short connection. */
function enrol(s: BaseSocket): void {
  if (young.length === CROWD) mature()
  if (young.length === 0) timers.setImmediate(mature).unref()
  young.push(s)
}

/** The methods that never wait. */
export abstract class BaseSocket<F extends number = number> {
  /** @internal */
  readonly _h: Handle

  /** @internal */
  constructor(from: Handle | SocketOptions, made: typeof Handle) {
    this._h = from instanceof Handle ? from : open(from, made)
    enrol(this)
  }

  /** The address family, an AF_ number. */
  get family(): F {
    return this._h.family as F
  }

  /** The socket type, a SOCK_ number without SOCK_NONBLOCK and SOCK_CLOEXEC. */
  get type(): number {
    return this._h.type
  }

  /** The protocol number. */
  get proto(): number {
    return this._h.proto
  }

  /** Seconds, or null for none: what `gettimeout()` gives. */
  get timeout(): number | null {
    return this._h.timeout
  }

  /** The descriptor, or -1 once closed or detached. */
  fileno(): number {
    return this._h.fd
  }

  /**
   * Makes the socket accept connections. listen(2)
   * @param backlog how many may wait to be accepted; min(SOMAXCONN, 128) if left out
   */
  listen(backlog?: Int): void {
    const n = intOr(backlog, Math.min(SOMAXCONN, 128))
    check(native.listen(this._h.fd, Math.max(n, 0)), 'listen')
  }

  /**
   * Ends one direction of a connection, or both. shutdown(2)
   * @param how SHUT_RD, SHUT_WR or SHUT_RDWR
   */
  shutdown(how: Int): void {
    check(native.shutdown(this._h.fd, int(how)), 'shutdown')
  }

  /**
   * Closes the socket; closing twice does nothing. The descriptor is closed when
   * the files of `makefile()` are closed too. close(2)
   * @throws OSError what the kernel had left to say, but never ECONNRESET
   */
  close(): void {
    this._h.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Gives the descriptor away: the object is closed, the descriptor stays open. */
  detach(): number {
    return this._h.detach()
  }

  /**
   * A second object, of the same class, on a second descriptor for the same
   * socket. A subclass is constructed as `new C(family, type, proto, fileno)`. dup(2)
   */
  dup(): this {
    const { family, type, proto, timeout, surelyNonblocking } = this._h
    const fileno = check(native.dup(this._h.fd), 'dup')
    const copy: this = Reflect.construct(this.constructor, [family, type, proto, fileno])
    copy._h.timeout = timeout
    if (surelyNonblocking) copy._h.nonblocking = true
    // The two share O_NONBLOCK, and a default timeout has just set it.
    if (defaultTimeout !== null) copy._h.applyTimeout()
    return copy
  }

  /** The socket's own address. getsockname(2) */
  getsockname(): AddressOut<F> {
    check(native.getsockname(this._h.fd), 'getsockname')
    return received(this._h.proto) as AddressOut<F>
  }

  /**
   * The peer's address. getpeername(2)
   * @throws NotConnectedError there is no peer
   */
  getpeername(): AddressOut<F> {
    check(native.getpeername(this._h.fd), 'getpeername')
    return received(this._h.proto) as AddressOut<F>
  }

  /**
   * An option's value. getsockopt(2)
   * @param level SOL_SOCKET, IPPROTO_TCP, …
   * @param buflen left out or 0 for an int; else up to 1024 bytes come as a Buffer
   */
  getsockopt(level: Int, optname: Int): number
  getsockopt(level: Int, optname: Int, buflen: number): Buffer
  getsockopt(level: Int, optname: Int, buflen?: Int): number | Buffer {
    const [l, o, n] = [int(level), int(optname), intOr(buflen, 0)]
    if (n === 0) {
      check(native.getsockopt(this._h.fd, l, o), 'getsockopt')
      return value(0)
    }
    if (n < 0 || n > 1024) throw new OSError('getsockopt buflen out of range')
    const buffer = Buffer.alloc(n)
    const length = check(native.getsockoptBytes(this._h.fd, l, o, buffer, 0, n), 'getsockopt')
    return buffer.subarray(0, length)
  }

  /**
   * Sets an option. setsockopt(2)
   * @param value an int, the bytes of a struct, or null with `optlen` for an
   *   option whose value is its length
   * @throws PermissionError see `hint`
   * @throws ValueError bytes for an option whose value holds an address of memory:
   *   SO_ATTACH_FILTER (see `attach_filter`), XDP_UMEM_REG, …
   */
  setsockopt(level: Int, optname: Int, value: Int | BytesLike): void
  setsockopt(level: Int, optname: Int, value: null, optlen: Int): void
  setsockopt(level: Int, optname: Int, value: Int | BytesLike | null, optlen?: Int): void {
    const [l, o] = [int(level), int(optname)]
    check(setOption(this._h.fd, l, o, value, optlen), 'setsockopt')
    // From here on a receive may end with a record of TLS.
    if (o === TCP_ULP && l === IPPROTO_TCP) this._h.drains = false
  }

  /** true is `settimeout(null)`, false is `settimeout(0)`. */
  setblocking(flag: unknown): void {
    if (flag === undefined) throw new TypeError('setblocking() takes one argument')
    this.settimeout(flag ? null : 0)
  }

  /** Whether calls may wait: false only for a timeout of 0. */
  getblocking(): boolean {
    return this._h.timeout !== 0
  }

  /**
   * How long a call may wait: seconds, fractions allowed; 0 for not at all; null
   * for ever. A call that waited so long raises TimeoutError, `timed out`.
   */
  settimeout(value: number | null): void {
    this._h.timeout = timeout(value)
    this._h.applyTimeout()
  }

  /** Seconds, 0 for a non-blocking socket, null for no timeout. */
  gettimeout(): number | null {
    return this._h.timeout
  }

  /** Whether a child process would inherit the descriptor. fcntl(2) FD_CLOEXEC */
  get_inheritable(): boolean {
    return check(native.cloexec(this._h.fd, null), 'fcntl') === 0
  }

  /** Lets child processes inherit the descriptor, or not. */
  set_inheritable(inheritable: Int): void {
    check(native.cloexec(this._h.fd, int(inheritable) === 0), 'fcntl')
  }

  /** Python's repr: `<socket.socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>` */
  toString(): string {
    const { fd, family, type, proto } = this._h
    const parts = `fd=${fd}, family=${family}, type=${type}, proto=${proto}`
    if (this._h.closed) return `<socket.socket [closed] ${parts}>`
    const names = [
      ['laddr', native.getsockname],
      ['raddr', native.getpeername],
    ] as const
    const addresses = names.map(([name, call]) => {
      const address = call(fd) < 0 ? null : readable(proto)
      return address === null || address === '' || address === 0 ? '' : `, ${name}=${repr(address)}`
    })
    return `<socket.socket ${parts}${addresses.join('')}>`
  }

  [util.inspect.custom](): string {
    return this.toString()
  }

  get [Symbol.toStringTag](): string {
    return 'socket'
  }
}

function setOption(fd: number, level: number, name: number, value: unknown, optlen?: Int): number {
  if (value === null) {
    if (optlen === undefined) throw new TypeError("a bytes-like object is required, not 'null'")
    return native.setsockoptBytes(fd, level, name, null, 0, int(optlen))
  }
  if (optlen !== undefined) throw new TypeError('optlen goes with null alone')
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return native.setsockopt(fd, level, name, int(value))
  }
  const data = bytes(value)
  const result = native.setsockoptBytes(fd, level, name, data, 0, data.length)
  // The bytes are memory of ours, so the bad address is one inside them.
  if (result === -errnos.EFAULT) throw new ValueError(addressInside)
  return result
}

const addressInside =
  'the value of this option holds an address of memory, which bytes must not: ' +
  'for a filter there is attach_filter()'

/** The address received; null for one of a protocol without a form of address. */
function readable(proto: number): AddressOut {
  try {
    return received(proto)
  } catch {
    return null
  }
}
