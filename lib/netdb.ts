// Hosts, services, protocols: netdb.h, for the blocking twin. What asks the
// resolver may block as long as a name server takes.

import { type Int, text, typeName, within } from './args.js'
import { check, OSError } from './errors.js'
import * as lookups from './lookups.js'
import { native } from './native.js'
import { run } from './steps.js'

export { gethostname } from './lookups.js'

type AddrInfo = lookups.AddrInfo
type HostInfo = lookups.HostInfo

/**
 * The addresses of a host and a service. getaddrinfo(3)
 * @param host a name or numeric address; null for this host
 * @param port a number, a service's name, or null
 * @param family AF_INET, AF_INET6 or 0; or an options object from here on
 * @param flags AI_ numbers
 * @throws gaierror `errno` is an EAI_ number
 */
export const getaddrinfo = (
  host: lookups.HostArgument,
  port: lookups.PortArgument,
  family?: Int | lookups.GetaddrinfoOptions,
  type?: Int,
  proto?: Int,
  flags?: Int,
): AddrInfo[] => run(lookups.getaddrinfo(host, port, family, type, proto, flags))

/**
 * The host and service of an address. getnameinfo(3)
 * @param sockaddr `[host, port]` or `[host, port, flowinfo, scope_id]`, the host numeric
 * @param flags NI_ numbers
 * @returns `[host, service]`
 * @throws gaierror the host is not numeric, or has no name and NI_NAMEREQD is set
 */
export const getnameinfo = (
  sockaddr: readonly [string, Int, Int?, Int?],
  flags: Int,
): [host: string, service: string] => run(lookups.getnameinfo(sockaddr, flags))

/** The IPv4 address of a host, `'127.0.0.1'`. getaddrinfo(3); @throws gaierror */
export const gethostbyname = (hostname: string): string => run(lookups.gethostbyname(hostname))

/**
 * The IPv4 addresses and other names of a host. gethostbyname(3)
 * @throws gaierror @throws herror
 */
export const gethostbyname_ex = (hostname: string): HostInfo =>
  run(lookups.gethostbyname_ex(hostname))

/**
 * The names of an address, IPv4 or IPv6. gethostbyaddr(3)
 * @throws gaierror @throws herror
 */
export const gethostbyaddr = (ip_address: string): HostInfo =>
  run(lookups.gethostbyaddr(ip_address))

/** The first name of a host that has a dot in it; the name itself when none is known. */
export const getfqdn = (name?: string): string => run(lookups.getfqdn(name))

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

/** Sets this host's name; @throws PermissionError without CAP_SYS_ADMIN. sethostname(2) */
export function sethostname(name: string | Uint8Array): void {
  if (typeof name !== 'string' && !(name instanceof Uint8Array)) {
    throw new TypeError(`expected str, bytes or os.PathLike object, not ${typeName(name)}`)
  }
  check(native.sethostname(Buffer.from(name as string)), 'sethostname')
}
