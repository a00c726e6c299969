// Loads the addon. Below is the contract of every native function: one system
// call each, the result or -errno, addresses in the scratch memory. Nothing but
// a wrong argument makes one of them throw.
//
// `native` is a plain object on purpose: a test that needs a failure which the
// kernel cannot be made to give replaces one of its functions.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Layout } from './layout.gen.js'

/** A result of 0 or more, or -errno. */
export type Result = number

export interface Native {
  socket(domain: number, type: number, protocol: number): Result
  /** The two descriptors come in `value`. */
  socketpair(domain: number, type: number, protocol: number): Result
  bind(fd: number, addressLength: number): Result
  listen(fd: number, backlog: number): Result
  accept(fd: number, nonblocking: boolean): Result
  connect(fd: number, addressLength: number): Result
  shutdown(fd: number, how: number): Result
  close(fd: number): Result
  dup(fd: number): Result
  /** Sets O_NONBLOCK; with null, tells it. */
  nonblocking(fd: number, on: boolean | null): Result
  /** Sets FD_CLOEXEC; with null, tells it. */
  cloexec(fd: number, on: boolean | null): Result
  /** Closes `after` with the environment, and `before` no longer; -1 for none. */
  own(before: number, after: number): Result
  getsockname(fd: number): Result
  getpeername(fd: number): Result

  recv(fd: number, buffer: Uint8Array, offset: number, length: number, flags: number): Result
  recvfrom(fd: number, buffer: Uint8Array, offset: number, length: number, flags: number): Result
  send(fd: number, buffer: Uint8Array, offset: number, length: number, flags: number): Result
  sendto(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    flags: number,
    addressLength: number,
  ): Result

  /** The integer comes in `value`. */
  getsockopt(fd: number, level: number, name: number): Result
  getsockoptBytes(
    fd: number,
    level: number,
    name: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): Result
  setsockopt(fd: number, level: number, name: number, value: number): Result
  setsockoptBytes(
    fd: number,
    level: number,
    name: number,
    buffer: Uint8Array | null,
    offset: number,
    length: number,
  ): Result

  /** revents; 0 when the time is over. A negative time waits for ever. */
  poll(fd: number, events: number, milliseconds: number, tick: (() => void) | null): Result
  /** Whether the signal is noted from here on: 1, or 0 while it has no handler. */
  watchSignal(signo: number): Result
  /** The signals noted, as bits; none is noted afterwards. */
  takeSignals(): number
  /** A descriptor that becomes readable when a signal is noted. */
  signalPipe(): Result

  getaddrinfo(
    host: string | null,
    service: string | null,
    family: number,
    type: number,
    protocol: number,
    flags: number,
  ): [number, number, number, string, Buffer][] | number
  getnameinfo(addressLength: number, flags: number): [string, string] | number
  gethostbyname(name: string): HostEntry | number
  gethostbyaddr(address: Uint8Array, family: number): HostEntry | number
  getservbyname(name: string, protocol: string | null): number
  getservbyport(port: number, protocol: string | null): string | null
  getprotobyname(name: string): number

  gethostname(): string | Result
  sethostname(name: Uint8Array): Result
  ifNameindex(): [number, string][] | Result
  ifNametoindex(name: string): Result
  ifIndextoname(index: number): string | Result
  inetAton(text: string, out: Uint8Array): Result
  inetPton(family: number, text: string, out: Uint8Array): Result
  inetNtop(family: number, address: Uint8Array): string | Result
  strerror(code: number): string
  gaiStrerror(code: number): string
  hstrerror(code: number): string
}

/** name, aliases, addresses */
export type HostEntry = [string, string[], Buffer[]]

interface Addon extends Native {
  readonly constants: Readonly<Record<string, number>>
  readonly errnos: Readonly<Record<string, number>>
  readonly layout: Layout
  readonly scratch: ArrayBuffer
}

/** The places where the addon may lie, the one built here first. */
function* candidates(): Generator<string> {
  const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
  yield at('build/Release/bsd_socket.node')
  const libc = process.platform !== 'linux' ? '' : isMusl() ? '.musl' : '.glibc'
  yield at(`prebuilds/${process.platform}-${process.arch}/bsd-socket${libc}.node`)
}

/** glibc names itself in the process report; musl does not. */
function isMusl(): boolean {
  // Left to itself the report looks up the name of every peer. @types/node 20 lacks the switch.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean }
  const { excludeNetwork = false } = report
  report.excludeNetwork = true
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }
  report.excludeNetwork = excludeNetwork
  return header !== undefined && header.glibcVersionRuntime === undefined
}

function load(): Addon {
  const require = createRequire(import.meta.url)
  const tried: string[] = []
  for (const path of candidates()) {
    try {
      return require(path) as Addon
    } catch (error) {
      tried.push(`  ${path}: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  throw new Error(
    `bsd-socket has no addon for ${process.platform}-${process.arch}. Tried:\n${tried.join('\n')}\n` +
      'Build it with "npm run build" in the folder of bsd-socket; that needs python3, make and g++.',
  )
}

const addon = load()

export const native: Native = { ...addon }
export const constants = addon.constants
export const errnos = addon.errnos
export const layout = addon.layout

// The scratch memory, which C++ and JavaScript share: one sockaddr, in or out,
// and behind it four integers.
const INTEGERS = 4
const addressRoom = addon.scratch.byteLength - 4 * INTEGERS

/** Where an address goes before a call and comes from after one. */
export const address = new Uint8Array(addon.scratch, 0, addressRoom)

const integers = new Int32Array(addon.scratch, addressRoom, INTEGERS)

/** The length of the address that came out last. */
export const addressLength = (): number => integers[0]
/** The second result of the last call: 0 or 1. */
export const value = (index: 0 | 1): number => integers[1 + index]
/** The signals that are noted: bit n for signal n. */
export const signalsCaught = (): number => integers[3]
