// Questions to the resolver, as steps for both twins: getaddrinfo(3),
// getnameinfo(3), gethostbyname(3), gethostbyaddr(3).

import { decode, encode } from './address.js'
import { type Int, int, intOr, text, typeName, within } from './args.js'
import { check, herror, OSError, oserror } from './errors.js'
import { hostOf } from './family/inet.js'
import { formatIPv4, formatIPv6 } from './family/ipaddress.js'
import type { Inet6Out, InetOut } from './family/types.js'
import { constants, type HostEntry, native } from './native.js'
import { ascii, numericHost, resolverError } from './resolve.js'
import { answer, type Steps } from './steps.js'

const { AF_INET, AF_INET6, AF_UNSPEC, AI_NUMERICHOST, SOCK_DGRAM } = constants

/** `[family, type, proto, canonname, sockaddr]` */
export type AddrInfo = [
  family: number,
  type: number,
  proto: number,
  canonname: string,
  sockaddr: InetOut | Inet6Out,
]

/** `[hostname, aliases, addresses]` */
export type HostInfo = [hostname: string, aliases: string[], addresses: string[]]

export interface GetaddrinfoOptions {
  family?: Int
  type?: Int
  proto?: Int
  flags?: Int
}

/** The host argument of getaddrinfo. */
export type HostArgument = string | Uint8Array | null
/** The port argument of getaddrinfo: a number, a service's name, or null. */
export type PortArgument = Int | string | Uint8Array | null

/** A host name for libc: a string is encoded, bytes go as they are. */
const named = (host: string | Uint8Array): string =>
  typeof host === 'string' ? ascii(hostOf(host)) : hostOf(host)

function nodeOf(host: unknown): string | null {
  if (host === null) return null
  if (typeof host !== 'string' && !(host instanceof Uint8Array)) {
    throw new TypeError('getaddrinfo() argument 1 must be string or null')
  }
  return named(host)
}

function serviceOf(port: unknown): string | null {
  if (port === null) return null
  if (port === undefined) throw new TypeError('getaddrinfo() argument 2 (port) is missing')
  if (typeof port === 'string') return text(port, 'port')
  if (port instanceof Uint8Array) return text(Buffer.from(port).toString('latin1'), 'port')
  if (typeof port === 'bigint' || Number.isInteger(port)) return String(port)
  throw new OSError('Int or String expected')
}

export function* getaddrinfo(
  host: unknown,
  port: unknown,
  family?: Int | GetaddrinfoOptions,
  type?: Int,
  proto?: Int,
  flags?: Int,
): Steps<AddrInfo[]> {
  const byName = typeof family === 'object' && family !== null
  const hints = byName ? family : { family, type, proto, flags }
  const node = nodeOf(host)
  const service = serviceOf(port)
  const numbers = [hints.family, hints.type, hints.proto, hints.flags].map((n) => intOr(n, 0))
  const [af, kind, protocol, f] = numbers
  const found = yield* answer((later) =>
    native.getaddrinfo(node, service, af, kind, protocol, f, later),
  )
  if (typeof found === 'number') throw resolverError(found, 'getaddrinfo')
  return found.map(([af, kind, protocol, canonname, sockaddr]) => {
    const address = decode(sockaddr, sockaddr.length) as InetOut | Inet6Out
    return [af, kind, protocol, canonname, address]
  })
}

export function* getnameinfo(
  sockaddr: unknown,
  flags: unknown,
): Steps<[host: string, service: string]> {
  if (!Array.isArray(sockaddr)) throw new TypeError('getnameinfo() argument 1 must be a tuple')
  const f = int(flags)
  const [host, port, flowinfo = 0, scopeId = 0] = sockaddr as unknown[]
  if (sockaddr.length < 2 || sockaddr.length > 4 || typeof host !== 'string') {
    throw new TypeError('getnameinfo(): illegal sockaddr argument')
  }
  const number = int(port)
  const flow = within(flowinfo, 0, 0xfffff, 'getnameinfo(): flowinfo must be 0-1048575.')
  const node = text(host, 'host')
  const found = yield* answer((later) =>
    native.getaddrinfo(node, String(number), AF_UNSPEC, SOCK_DGRAM, 0, AI_NUMERICHOST, later),
  )
  if (typeof found === 'number') throw resolverError(found, 'getnameinfo')
  const [family, , , , bytes] = found[0]
  if (family === AF_INET && sockaddr.length !== 2)
    throw new OSError('IPv4 sockaddr must be 2 tuple')
  // getaddrinfo(3) refuses a negative port, and cuts off one that is too big.
  const [numeric, cut] = decode(bytes, bytes.length) as [string, number]
  const address = family === AF_INET6 ? [numeric, cut, flow, scopeId] : [numeric, cut]
  const names = yield* answer((later) =>
    native.getnameinfo(encode({ family, proto: 0 }, address, 'getnameinfo'), f, later),
  )
  if (typeof names === 'number') throw resolverError(names, 'getnameinfo')
  return names
}

/** A host argument; Python's words for one that is none. */
function hostArgument(host: unknown, method: string): string {
  if (typeof host !== 'string' && !(host instanceof Uint8Array)) {
    throw new TypeError(
      `${method}() argument 1 must be str, bytes or bytearray, not ${typeName(host)}`,
    )
  }
  return named(host)
}

export function* gethostbyname(hostname: unknown): Steps<string> {
  return yield* numericHost(AF_INET, hostArgument(hostname, 'gethostbyname'))
}

function hostInfo(entry: HostEntry | number, syscall: string): HostInfo {
  if (typeof entry === 'number') {
    const error = new herror(entry, native.hstrerror(entry))
    error.syscall = syscall
    throw error
  }
  const [name, aliases, addresses] = entry
  const format = (address: Buffer): string =>
    address.length === 4 ? formatIPv4(address, 0) : formatIPv6(address, 0)
  return [name, aliases, addresses.map(format)]
}

export function* gethostbyname_ex(hostname: unknown): Steps<HostInfo> {
  const host = hostArgument(hostname, 'gethostbyname_ex')
  yield* numericHost(AF_INET, host) // Python asks this first, and raises its gaierror
  return hostInfo(yield* answer((later) => native.gethostbyname(host, later)), 'gethostbyname')
}

export function* gethostbyaddr(address: unknown): Steps<HostInfo> {
  const host = yield* numericHost(AF_UNSPEC, hostArgument(address, 'gethostbyaddr'))
  const family = host.includes(':') ? AF_INET6 : AF_INET
  const packed = Buffer.alloc(family === AF_INET6 ? 16 : 4)
  check(native.inetPton(family, host, packed), 'inet_pton')
  const entry = yield* answer((later) => native.gethostbyaddr(packed, family, later))
  return hostInfo(entry, 'gethostbyaddr')
}

/** This host's name. gethostname(2) */
export function gethostname(): string {
  const name = native.gethostname()
  if (typeof name === 'number') throw oserror(name, 'gethostname')
  return name
}

export function* getfqdn(name = ''): Steps<string> {
  const asked = name.trim()
  const host = ['', '0.0.0.0', '::'].includes(asked) ? gethostname() : asked
  try {
    const [hostname, aliases] = yield* gethostbyaddr(host)
    return [hostname, ...aliases].find((alias) => alias.includes('.')) ?? hostname
  } catch (error) {
    if (error instanceof OSError) return host
    throw error
  }
}
