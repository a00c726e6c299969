// Hosts, services, protocols: netdb.h. Each may block as long as a name server
// takes.

import { decode, encode } from './address.js'
import { type Int, int, intOr, text, typeName, within } from './args.js'
import { check, herror, OSError } from './errors.js'
import { hostOf } from './family/inet.js'
import { formatIPv4 } from './family/ipaddress.js'
import type { AddressOut } from './family/types.js'
import { constants, type HostEntry, native } from './native.js'
import { ascii, numericHost, resolverError } from './resolve.js'

const { AF_INET, AF_INET6, AF_UNSPEC, AI_NUMERICHOST, SOCK_DGRAM } = constants

/** `[family, type, proto, canonname, sockaddr]` */
export type AddrInfo = [
  family: number,
  type: number,
  proto: number,
  canonname: string,
  sockaddr: Exclude<AddressOut, null>,
]

export interface GetaddrinfoOptions {
  family?: Int
  type?: Int
  proto?: Int
  flags?: Int
}

/**
 * The addresses of a host and a service. getaddrinfo(3)
 * @param host a name or numeric address; null for this host
 * @param port a number, a service's name, or null
 * @param family AF_INET, AF_INET6 or 0; or an options object from here on
 * @param flags AI_ numbers
 * @throws gaierror `errno` is an EAI_ number
 */
export function getaddrinfo(
  host: string | Uint8Array | null,
  port: Int | string | Uint8Array | null,
  family?: Int | GetaddrinfoOptions,
  type?: Int,
  proto?: Int,
  flags?: Int,
): AddrInfo[] {
  const hints = typeof family === 'object' ? family : { family, type, proto, flags }
  const found = native.getaddrinfo(
    nodeOf(host),
    serviceOf(port),
    intOr(hints.family, 0),
    intOr(hints.type, 0),
    intOr(hints.proto, 0),
    intOr(hints.flags, 0),
  )
  if (typeof found === 'number') throw resolverError(found, 'getaddrinfo')
  return found.map(([af, kind, protocol, canonname, sockaddr]) => {
    const address = decode(sockaddr, sockaddr.length) as Exclude<AddressOut, null>
    return [af, kind, protocol, canonname, address]
  })
}

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

/**
 * The host and service of an address. getnameinfo(3)
 * @param sockaddr `[host, port]` or `[host, port, flowinfo, scope_id]`, the host numeric
 * @param flags NI_ numbers
 * @returns `[host, service]`
 * @throws gaierror the host is not numeric, or has no name and NI_NAMEREQD is set
 */
export function getnameinfo(
  sockaddr: readonly [string, Int] | readonly [string, Int, Int] | readonly [string, Int, Int, Int],
  flags: Int,
): [host: string, service: string] {
  if (!Array.isArray(sockaddr)) throw new TypeError('getnameinfo() argument 1 must be a tuple')
  const f = int(flags)
  const [host, port, flowinfo = 0, scopeId = 0] = sockaddr as unknown[]
  if (sockaddr.length < 2 || sockaddr.length > 4 || typeof host !== 'string') {
    throw new TypeError('getnameinfo(): illegal sockaddr argument')
  }
  const number = int(port)
  const flow = within(flowinfo, 0, 0xfffff, 'getnameinfo(): flowinfo must be 0-1048575.')
  const found = native.getaddrinfo(
    text(host, 'host'),
    String(number),
    AF_UNSPEC,
    SOCK_DGRAM,
    0,
    AI_NUMERICHOST,
  )
  if (typeof found === 'number') throw resolverError(found, 'getnameinfo')
  const [family, , , , bytes] = found[0]
  if (family === AF_INET && sockaddr.length !== 2)
    throw new OSError('IPv4 sockaddr must be 2 tuple')
  // getaddrinfo(3) refuses a negative port, and cuts off one that is too big.
  const [numeric, cut] = decode(bytes, bytes.length) as [string, number]
  const address = family === AF_INET6 ? [numeric, cut, flow, scopeId] : [numeric, cut]
  const names = native.getnameinfo(encode(family, address, 'getnameinfo'), f)
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

/** The IPv4 address of a host, `'127.0.0.1'`. getaddrinfo(3); @throws gaierror */
export const gethostbyname = (hostname: string): string =>
  numericHost(AF_INET, hostArgument(hostname, 'gethostbyname'))

/** `[hostname, aliases, addresses]` */
export type HostInfo = [hostname: string, aliases: string[], addresses: string[]]

function hostInfo(entry: HostEntry | number, syscall: string): HostInfo {
  if (typeof entry === 'number') {
    const error = new herror(entry, native.hstrerror(entry))
    error.syscall = syscall
    throw error
  }
  const [name, aliases, addresses] = entry
  const format = (address: Buffer): string =>
    address.length === 4 ? formatIPv4(address, 0) : (native.inetNtop(AF_INET6, address) as string)
  return [name, aliases, addresses.map(format)]
}

/**
 * The IPv4 addresses and other names of a host. gethostbyname(3)
 * @throws gaierror @throws herror
 */
export function gethostbyname_ex(hostname: string): HostInfo {
  const host = hostArgument(hostname, 'gethostbyname_ex')
  numericHost(AF_INET, host) // Python asks this first, and raises its gaierror
  return hostInfo(native.gethostbyname(host), 'gethostbyname')
}

/**
 * The names of an address, IPv4 or IPv6. gethostbyaddr(3)
 * @throws gaierror @throws herror
 */
export function gethostbyaddr(ip_address: string): HostInfo {
  const host = numericHost(AF_UNSPEC, hostArgument(ip_address, 'gethostbyaddr'))
  const family = host.includes(':') ? AF_INET6 : AF_INET
  const packed = Buffer.alloc(family === AF_INET6 ? 16 : 4)
  check(native.inetPton(family, host.replace(/%.*/, ''), packed), 'inet_pton')
  return hostInfo(native.gethostbyaddr(packed, family), 'gethostbyaddr')
}

/** The first name of a host that has a dot in it; the name itself when none is known. */
export function getfqdn(name = ''): string {
  const asked = name.trim()
  const host = ['', '0.0.0.0', '::'].includes(asked) ? gethostname() : asked
  try {
    const [hostname, aliases] = gethostbyaddr(host)
    return [hostname, ...aliases].find((alias) => alias.includes('.')) ?? hostname
  } catch (error) {
    if (error instanceof OSError) return host
    throw error
  }
}

/** The port of a service. getservbyname(3) @param protocolname `'tcp'`, `'udp'`; any if left out */
export function getservbyname(servicename: string, protocolname?: string): number {
  const protocol = protocolname === undefined ? null : text(protocolname, 'protocolname')
  const port = native.getservbyname(text(servicename, 'servicename'), protocol)
  if (port < 0) throw new OSError('service/proto not found')
  return port
}

/** The service on a port. getservbyport(3) @param protocolname `'tcp'`, `'udp'`; any if left out */
export function getservbyport(port: Int, protocolname?: string): string {
  const number = within(port, 0, 65535, 'getservbyport: port must be 0-65535.')
  const protocol = protocolname === undefined ? null : text(protocolname, 'protocolname')
  const name = native.getservbyport(number, protocol)
  if (name === null) throw new OSError('port/proto not found')
  return name
}

/** The number of a protocol, 6 for `'tcp'`. getprotobyname(3) */
export function getprotobyname(protocolname: string): number {
  const number = native.getprotobyname(text(protocolname, 'protocolname'))
  if (number < 0) throw new OSError('protocol not found')
  return number
}

/** This host's name. gethostname(2) */
export function gethostname(): string {
  const name = native.gethostname()
  if (typeof name === 'number') check(name, 'gethostname')
  return name as string
}

/** Sets this host's name; @throws PermissionError without CAP_SYS_ADMIN. sethostname(2) */
export function sethostname(name: string | Uint8Array): void {
  if (typeof name !== 'string' && !(name instanceof Uint8Array)) {
    throw new TypeError(`expected str, bytes or os.PathLike object, not ${typeName(name)}`)
  }
  check(native.sethostname(Buffer.from(name as string)), 'sethostname')
}
