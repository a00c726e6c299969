// The module functions that make sockets.

import { type Int, int, intOr } from './args.js'
import type { BaseSocket } from './base.js'
import { socket } from './callable.js'
import { check, explained, OSError, ValueError } from './errors.js'
import type { Address, Family, Inet } from './family/types.js'
import { Handle } from './handle.js'
import { constants, errnos, native, value } from './native.js'
import { getaddrinfo } from './netdb.js'
import { repr } from './repr.js'
import { Socket } from './socket.js'

const { AF_INET, AF_INET6, AF_UNIX, IPPROTO_IPV6, IPV6_V6ONLY, SOCK_STREAM } = constants
const { SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET } = constants

/** What a TCP connection made by name may turn out to be. */
export type InetFamily = Family<'AF_INET'> | Family<'AF_INET6'>

/** Whether the headers know IPv6. */
export const has_ipv6: boolean = AF_INET6 !== undefined

/** Whether one AF_INET6 socket can serve IPv4 as well. */
export function has_dualstack_ipv6(): boolean {
  try {
    using s = new socket(AF_INET6, SOCK_STREAM)
    s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
    return true
  } catch (error) {
    if (error instanceof OSError) return false
    throw error
  }
}

/**
 * Two connected sockets. socketpair(2)
 * @param family AF_UNIX if left out
 */
export function socketpair<F extends number = Family<'AF_UNIX'>>(
  family?: F | null,
  type?: Int,
  proto?: Int,
): [Socket<F>, Socket<F>] {
  const domain = family === null ? AF_UNIX : intOr(family, AF_UNIX)
  const kind = intOr(type, SOCK_STREAM)
  const protocol = intOr(proto, 0)
  check(native.socketpair(domain, kind, protocol), 'socketpair')
  const fds = [value(0), value(1)]
  const made: Socket[] = []
  try {
    for (const fileno of fds) {
      made.push(new socket({ family: domain, type: kind, proto: protocol, fileno }))
    }
    return made as [Socket<F>, Socket<F>]
  } catch (error) {
    for (const s of made) s.close()
    for (const fd of fds.slice(made.length)) native.close(fd)
    throw error
  }
}

/** A socket on a duplicate of a descriptor, which stays the caller's. dup(2) */
export function fromfd<F extends number>(fd: Int, family: F, type: Int, proto: Int = 0): Socket<F> {
  const [domain, kind, protocol] = [int(family), int(type), int(proto)]
  const fileno = dup(fd)
  try {
    return new socket({ family: domain as F, type: kind, proto: protocol, fileno })
  } catch (error) {
    native.close(fileno)
    throw error
  }
}

/**
 * The blocking twin of a socket of `bsd-socket/promises`, on the same descriptor;
 * the other object is closed by it, and what waits there is rejected.
 */
export function fromsocket<F extends number>(s: BaseSocket<F>): Socket<F> {
  if (s.fileno() < 0) check(native.getsockname(-1), 'fromsocket')
  const { family, type, proto, timeout } = s._h
  const h = new Handle(s.detach(), family, type, proto, timeout)
  const adopted = new Socket<F>(h)
  h.applyTimeout()
  return adopted
}

/** A duplicate of a descriptor, close-on-exec. dup(2) */
export const dup = (fd: Int): number => check(native.dup(int(fd)), 'dup')

/** Closes a descriptor that belongs to no socket object; never ECONNRESET. close(2) */
export function close(fd: Int): void {
  const result = native.close(int(fd))
  if (result !== -errnos.ECONNRESET) check(result, 'close')
}

export interface CreateConnectionOptions {
  /** Seconds for each attempt, or null for none; left out, the default timeout. */
  timeout?: number | null
  /** The address to bind to first. */
  source_address?: Inet | null
  /** Raise an AggregateError of every attempt's error, not the last one alone. */
  all_errors?: boolean
}

/**
 * Connects to a TCP service: tries every address of the host in turn.
 * @param address `[host, port]`
 * @param timeout seconds, or null; or an options object from here on
 * @throws gaierror the host is not known
 * @throws OSError what the last attempt failed with
 */
export function create_connection(
  address: readonly [host: string | null, port: Int | string],
  timeout?: number | null | CreateConnectionOptions,
  source_address?: Inet | null | CreateConnectionOptions,
  options?: CreateConnectionOptions,
): Socket<InetFamily> {
  const chosen = connectionOptions(timeout, source_address, options)
  const [host, port] = pair(address)
  const errors: OSError[] = []
  for (const [family, type, proto, , sockaddr] of getaddrinfo(host, port, 0, SOCK_STREAM)) {
    try {
      return attempt(family, type, proto, sockaddr, chosen)
    } catch (error) {
      if (!(error instanceof OSError)) throw error
      errors.push(error)
    }
  }
  throw connectionError(errors, chosen.all_errors)
}

/** The address of create_connection. */
export function pair<T extends readonly unknown[]>(address: T): T {
  const [...items] = address
  if (items.length !== 2) throw new ValueError('address must be a pair (host, port)')
  return address
}

/** The parameters of create_connection after the address, however they were given. */
export function connectionOptions(
  timeout?: number | null | CreateConnectionOptions,
  source_address?: Inet | null | CreateConnectionOptions,
  options?: CreateConnectionOptions,
): CreateConnectionOptions {
  return {
    ...keywords('timeout', timeout),
    ...keywords('source_address', source_address),
    ...options,
  }
}

/** What a create_connection of which every attempt failed raises. */
export function connectionError(errors: readonly OSError[], all: boolean | undefined): Error {
  if (errors.length === 0) return new OSError('getaddrinfo returns an empty list')
  return all ? new AggregateError(errors, 'create_connection failed') : errors[errors.length - 1]
}

/** A positional parameter, or the options object that stands in its place. */
function keywords(name: string, value: unknown): CreateConnectionOptions {
  if (value === undefined) return {}
  const byName = value !== null && typeof value === 'object' && !Array.isArray(value)
  return byName ? value : { [name]: value }
}

function attempt(
  family: number,
  type: number,
  proto: number,
  sockaddr: unknown,
  { timeout, source_address }: CreateConnectionOptions,
): Socket<InetFamily> {
  const s = new socket(family as InetFamily, type, proto)
  try {
    if (timeout !== undefined) s.settimeout(timeout)
    if (source_address) s.bind(source_address)
    s.connect(sockaddr as Address<InetFamily>)
    return s
  } catch (error) {
    s.close()
    throw error
  }
}

export interface CreateServerOptions<F extends number = number> {
  /** AF_INET if left out, or AF_INET6. */
  family?: F
  /** As `listen()` has it; its default if left out. */
  backlog?: Int | null
  /** Let other sockets listen on the same port. SO_REUSEPORT */
  reuse_port?: boolean
  /** Let an AF_INET6 server take IPv4 connections too. */
  dualstack_ipv6?: boolean
}

/**
 * A listening TCP socket. SO_REUSEADDR is set, so that a server can be started
 * again at once.
 * @param address `[host, port]`; host `''` is any, port 0 is a free one
 */
export function create_server<F extends number = Family<'AF_INET'>>(
  address: Address<F>,
  options: CreateServerOptions<F> = {},
): Socket<F> {
  const family = serverFamily(options)
  const s = new socket(family, SOCK_STREAM)
  try {
    setServerOptions(s, options)
    naming(address, () => s.bind(address))
    s.listen(options.backlog ?? undefined)
    return s
  } catch (error) {
    s.close()
    throw error
  }
}

/** Checks what create_server is asked for, before there is a socket. */
export function serverFamily<F extends number>(options: CreateServerOptions<F>): F {
  const family = (options.family ?? AF_INET) as F
  if (options.reuse_port && SO_REUSEPORT === undefined) {
    throw new ValueError('SO_REUSEPORT not supported on this platform')
  }
  if (options.dualstack_ipv6) {
    if (!has_dualstack_ipv6()) throw new ValueError('dualstack_ipv6 not supported on this platform')
    if (family !== AF_INET6) throw new ValueError('dualstack_ipv6 requires AF_INET6 family')
  }
  return family
}

/** The options of a server that is not bound yet. */
export function setServerOptions(s: BaseSocket, options: CreateServerOptions): void {
  s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
  if (options.reuse_port) s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
  if (s.family === AF_INET6) {
    s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, options.dualstack_ipv6 ? 0 : 1)
  }
}

/** Binds, and says in the error where to. */
function naming(address: unknown, bind: () => void): void {
  try {
    bind()
  } catch (error) {
    throw bindError(error, address)
  }
}

/** The error of a bind, with the address in it. */
export function bindError(error: unknown, address: unknown): unknown {
  if (!(error instanceof OSError) || error.errno === null) return error
  const where = typeof address === 'string' ? `'${address}'` : repr(address)
  return explained(error, `(while attempting to bind on address ${where})`)
}
