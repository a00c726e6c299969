// Hosts in addresses: a name has to become a numeric address before the kernel
// can use it.

import { codec, decode } from './address.js'
import { url } from './builtins.js'
import { gaierror, OSError, oserror, ValueError } from './errors.js'
import type { Handle } from './handle.js'
import { EAI } from './names.gen.js'
import { constants, native, value } from './native.js'
import { answer, run, type Steps } from './steps.js'

/** The error for an EAI_ code; call it at once after the native function. */
export function resolverError(code: number, syscall: string): Error {
  if (code === constants.EAI_SYSTEM) return oserror(-value(0), syscall)
  const error = new gaierror(code, native.gaiStrerror(code))
  error.code = EAI.find((name) => constants[name] === code)
  error.syscall = syscall
  return error
}

/** A host name in ASCII, an international one encoded; null where that cannot be. */
function toAscii(name: string): string | null {
  return /^[\0-\x7f]*$/.test(name) ? name : url.domainToASCII(name) || null
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
export function* lookup(family: number, name: string): Steps<[host: string, scopeId: number]> {
  const found = yield* answer((later) => native.getaddrinfo(name, null, family, 0, 0, 0, later))
  if (typeof found === 'number') throw resolverError(found, 'getaddrinfo')
  const sockaddr = found[0][4]
  const address = decode(sockaddr, sockaddr.length) as [string, number, number?, number?]
  return [address[0], address[3] ?? 0]
}

/** A host as a numeric address, IPv4's or any: Python's rule for `''` and `'<broadcast>'` too. */
export function* numericHost(family: number, host: string): Steps<string> {
  if (host === '<broadcast>') return '255.255.255.255'
  if (host === '') {
    if (family === constants.AF_INET) return '0.0.0.0'
    throw new OSError('wildcard resolved to multiple address')
  }
  return (yield* lookup(family, host))[0]
}

/** The name in an address that has to be looked up before the kernel can use it, or null. */
export const nameIn = (h: Handle, address: unknown): string | null =>
  codec(h.family).name?.(address) ?? null

/** The address with the numeric host of the name in it. */
export function* resolved(h: Handle, address: unknown, name: string): Steps<unknown> {
  const encoded = toAscii(name)
  if (encoded === null) throw new TypeError(`encoding of host name failed: ${name}`)
  const [host, scopeId] = yield* lookup(h.family, encoded)
  return codec(h.family).named?.(address, host, scopeId)
}

/** The address with a numeric host in it, by a blocking look-up if it takes one. */
export function here(h: Handle, address: unknown): unknown {
  const name = nameIn(h, address)
  return name === null ? address : run(resolved(h, address, name))
}
