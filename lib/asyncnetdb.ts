// What asks the resolver, for the promise twin: on a thread of the pool. Each
// takes `{signal}`; an aborted look-up goes on there, and nobody hears of it.

import type { Int } from './args.js'
import { runLater } from './asyncsteps.js'
import * as lookups from './lookups.js'
import type { WaitOptions } from './reactor.js'

/** The addresses of a host and a service. getaddrinfo(3); see the blocking twin */
export const getaddrinfo = async (
  host: lookups.HostArgument,
  port: lookups.PortArgument,
  family?: Int | (lookups.GetaddrinfoOptions & WaitOptions),
  type?: Int,
  proto?: Int,
  flags?: Int,
  options?: WaitOptions,
): Promise<lookups.AddrInfo[]> => {
  const waits = typeof family === 'object' && family !== null ? family : options
  return runLater(lookups.getaddrinfo(host, port, family, type, proto, flags), waits)
}

/** The host and service of an address. getnameinfo(3); see the blocking twin */
export const getnameinfo = async (
  sockaddr: readonly [string, Int, Int?, Int?],
  flags: Int,
  options?: WaitOptions,
): Promise<[host: string, service: string]> =>
  runLater(lookups.getnameinfo(sockaddr, flags), options)

/** The IPv4 address of a host, `'127.0.0.1'`. getaddrinfo(3) */
export const gethostbyname = async (hostname: string, options?: WaitOptions): Promise<string> =>
  runLater(lookups.gethostbyname(hostname), options)

/** The IPv4 addresses and other names of a host. gethostbyname(3) */
export const gethostbyname_ex = async (
  hostname: string,
  options?: WaitOptions,
): Promise<lookups.HostInfo> => runLater(lookups.gethostbyname_ex(hostname), options)

/** The names of an address, IPv4 or IPv6. gethostbyaddr(3) */
export const gethostbyaddr = async (
  ip_address: string,
  options?: WaitOptions,
): Promise<lookups.HostInfo> => runLater(lookups.gethostbyaddr(ip_address), options)

/** The first name of a host that has a dot in it; the name itself when none is known. */
export const getfqdn = async (name?: string, options?: WaitOptions): Promise<string> =>
  runLater(lookups.getfqdn(name), options)
