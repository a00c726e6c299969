// Hosts in addresses: a name has to become a numeric address before the kernel
// can use it. Here by a blocking look-up.

import { domainToASCII } from 'node:url'
import { codec, decode } from './address.js'
import { gaierror, OSError, oserror, ValueError } from './errors.js'
import type { Handle } from './handle.js'
import { constants, native, value } from './native.js'

const eai = new Map(
  Object.entries(constants)
    .filter(([name]) => name.startsWith('EAI_'))
    .map(([name, code]) => [code, name]),
)

/** The error for an EAI_ code; call it at once after the native function. */
export function resolverError(code: number, syscall: string): Error {
  if (code === constants.EAI_SYSTEM) return oserror(-value(0), syscall)
  const error = new gaierror(code, native.gaiStrerror(code))
  error.code = eai.get(code)
  error.syscall = syscall
  return error
}

/** A host name in ASCII, an international one encoded; null where that cannot be. */
function toAscii(name: string): string | null {
  return /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name) || null
}

/**
 * A host name as the resolver takes it. Python's idna codec refuses labels that
 * are too long or, but for one at the end, empty; bytes pass it by.
 */
export function ascii(name: string): string {
  const encoded = toAscii(name)
  const labels = encoded?.split('.') ?? ['']
  const last = labels.pop() as string
  if (encoded === null || last.length > 63 || !labels.every((l) => l !== '' && l.length < 64)) {
    throw new ValueError(`encoding of host name failed: ${name}`)
  }
  return encoded
}

/** The first address of an ASCII name: the numeric host, and the scope for IPv6. */
export function lookup(family: number, name: string): [host: string, scopeId: number] {
  const found = native.getaddrinfo(name, null, family, 0, 0, 0)
  if (typeof found === 'number') throw resolverError(found, 'getaddrinfo')
  const sockaddr = found[0][4]
  const address = decode(sockaddr, sockaddr.length) as [string, number, number?, number?]
  return [address[0], address[3] ?? 0]
}

/** A host as a numeric address, IPv4's or any: Python's rule for `''` and `'<broadcast>'` too. */
export function numericHost(family: number, host: string): string {
  if (host === '<broadcast>') return '255.255.255.255'
  if (host === '') {
    if (family === constants.AF_INET) return '0.0.0.0'
    throw new OSError('wildcard resolved to multiple address')
  }
  return lookup(family, host)[0]
}

/** The address with a numeric host in it; looks the name up if there is one. */
export function numeric(h: Handle, address: unknown): unknown {
  const { name, named } = codec(h.family)
  const host = name?.(address) ?? null
  if (host === null || named === undefined) return address
  const encoded = toAscii(host)
  if (encoded === null) throw new TypeError(`encoding of host name failed: ${host}`)
  return named(address, ...lookup(h.family, encoded))
}
