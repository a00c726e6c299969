// Loads the addon. Below is the contract of every native function: one system
// call each, the result or -errno, addresses in the scratch memory. Nothing but
// a wrong argument makes one of them throw.
//
// `native` is a plain object on purpose: a test that needs a failure which the
// kernel cannot be made to give replaces one of its functions.

import { fs, url } from './builtins.js'
import type { Layout } from './layout.gen.js'

/** A result of 0 or more, or -errno. */
export type Result = number

/** An empty function in a worker, to learn whether it is being ended; null on the main thread. */
export type Tick = (() => void) | null

export interface Native {
  socket(domain: number, type: number, protocol: number): Result
  /** The two descriptors come in `value`. */
  socketpair(domain: number, type: number, protocol: number): Result
  bind(fd: number, addressLength: number): Result
  listen(fd: number, backlog: number): Result
  /** The peer's address comes in the scratch memory, if it is to be `named`. */
  accept(fd: number, nonblocking: boolean, named: boolean): Result
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

  sendfile(socket: number, file: number, offset: number, count: number): Result
  /** Up to 65536 bytes; `later` as of the resolver's. */
  read<L extends boolean>(fd: number, size: number, later: L): Later<L, Buffer | Result>
  /** lseek(2) from the beginning. */
  seek(fd: number, offset: number): Result
  /** How far behind a multiple of `alignment` memory begins. */
  misalignment(buffer: Uint8Array, alignment: number): Result
  /** The two descriptors come in `value`, the reading end first. */
  pipe(flags: number): Result
  /** An offset of -1 is none. */
  splice(
    source: number,
    sourceOffset: number,
    target: number,
    targetOffset: number,
    count: number,
    flags: number,
  ): Result
  /** An address length of 0 is no address; null stands for `controlRoom`. */
  sendmsg(
    fd: number,
    buffers: Uint8Array | readonly Uint8Array[],
    control: Uint8Array | null,
    controlLength: number,
    flags: number,
    addressLength: number,
  ): Result
  /** msg_flags and the length of the control data come in `value`. */
  recvmsg(
    fd: number,
    buffers: Uint8Array | readonly Uint8Array[],
    control: Uint8Array | null,
    controlLength: number,
    flags: number,
  ): Result
  /**
   * How many messages went. The rows of the table are those of native/batch.cc; each
   * message has a sockaddr_storage in `addresses`, and `room` bytes in `control`.
   */
  sendmmsg(
    fd: number,
    memory: Uint8Array,
    addresses: Uint8Array,
    control: Uint8Array | null,
    room: number,
    table: Uint8Array,
    first: number,
    count: number,
    flags: number,
  ): Result
  /** How many messages came; what they are comes in the table. */
  recvmmsg(
    fd: number,
    memory: Uint8Array,
    addresses: Uint8Array,
    control: Uint8Array | null,
    room: number,
    table: Uint8Array,
    first: number,
    count: number,
    flags: number,
  ): Result
  /** CMSG_LEN, or CMSG_SPACE. */
  cmsgSize(length: number, space: boolean): Result
  /** Level, type, offset and length of each message's data, flat. */
  cmsgWalk(control: Uint8Array, controlLength: number): number[]

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
  /** -EFAULT for an option whose value would hold an address. */
  setsockoptBytes(
    fd: number,
    level: number,
    name: number,
    buffer: Uint8Array | null,
    offset: number,
    length: number,
  ): Result
  /** An option whose value is a classic BPF program: 8 bytes an instruction. */
  setsockoptProgram(fd: number, level: number, name: number, instructions: Uint8Array): Result

  /** revents; 0 when the time is over. A negative time waits for ever. */
  poll(fd: number, events: number, milliseconds: number, tick: Tick): Result
  /** poll(2) on an array of struct pollfd: how many are ready, their revents in the array. */
  pollMany(rows: Uint8Array, milliseconds: number, tick: Tick): Result
  /** select(2) on such an array: POLLIN, POLLOUT and POLLPRI stand for the three sets. */
  select(rows: Uint8Array, milliseconds: number, tick: Tick): Result
  /** These three are missing where `polling.EPOLLIN` is. */
  epollCreate(): Result
  epollCtl(set: number, operation: number, fd: number, events: number): Result
  /** How many are ready: [fd, events] pairs of 32 bits in the memory, which bounds their number. */
  epollWait(set: number, pairs: Uint8Array, milliseconds: number, tick: Tick): Result
  /**
   * Begins to watch for readiness. `dispatch` is called with the count of
   * [token, events] pairs in the memory that is given back.
   */
  reactorOpen(
    dispatch: (count: number, byThread: boolean) => void,
    thread: boolean,
  ): ArrayBuffer | Result
  reactorAdd(fd: number, token: number): Result
  reactorRemove(fd: number): Result
  reactorNext(): Result
  /** Keeps the event loop alive, or no longer. */
  reactorRef(on: boolean): Result
  /** Whether the signal is noted from here on: 1, or 0 while it has no handler. */
  watchSignal(signo: number): Result
  /** The signals noted, as bits; none is noted afterwards. */
  takeSignals(): number
  /** A descriptor that becomes readable when a signal is noted. */
  signalPipe(): Result

  /** With `later` these four give a promise, and ask on a thread of the pool. */
  getaddrinfo<L extends boolean>(
    host: string | null,
    service: string | null,
    family: number,
    type: number,
    protocol: number,
    flags: number,
    later: L,
  ): Later<L, AddressEntry[] | number>
  getnameinfo<L extends boolean>(
    addressLength: number,
    flags: number,
    later: L,
  ): Later<L, [host: string, service: string] | number>
  gethostbyname<L extends boolean>(name: string, later: L): Later<L, HostEntry | number>
  gethostbyaddr<L extends boolean>(
    address: Uint8Array,
    family: number,
    later: L,
  ): Later<L, HostEntry | number>
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

/** A value, or the promise of one. */
export type Later<L extends boolean, T> = L extends true ? Promise<T> : T

/** family, type, protocol, canonname, sockaddr */
export type AddressEntry = [number, number, number, string, Buffer]
/** name, aliases, addresses */
export type HostEntry = [string, string[], Buffer[]]

/**
 * The calls of every day in C++: their numbers go in and come out by the scratch
 * memory, see native/addon.h. Only memory is left as an argument.
 */
interface Quick {
  socket(): void
  connect(): void
  close(): void
  recv(buffer: Uint8Array): void
  recvfrom(buffer: Uint8Array): void
  send(buffer: Uint8Array): void
  sendto(buffer: Uint8Array): void
  sendmsg(buffers: Uint8Array | readonly Uint8Array[], control: Uint8Array | null): void
  recvmsg(buffers: Uint8Array | readonly Uint8Array[], control: Uint8Array | null): void
  getsockopt(): void
}

interface Addon extends Omit<Native, keyof Quick>, Quick {
  readonly constants: Readonly<Record<string, number>>
  readonly errnos: Readonly<Record<string, number>>
  readonly polling: Readonly<Record<string, number>>
  readonly layout: Layout
  readonly scratch: ArrayBuffer
  /** Whether this environment runs on the first thread of the process; a worker's does not. */
  readonly mainThread: boolean
}

/** The places where the addon may lie, the one built here first. */
function* candidates(): Generator<string> {
  const at = (path: string) => url.fileURLToPath(new URL(`../../${path}`, import.meta.url))
  yield at('build/Release/bsd_socket.node')
  const libc = process.platform !== 'linux' ? '' : isMusl() ? '.musl' : '.glibc'
  yield at(`prebuilds/${process.platform}-${process.arch}/bsd-socket${libc}.node`)
}

/**
 * The first page of an executable names the loader that it wants: ld-linux or
 * ld-musl. The process report tells too, but takes 5 ms and more to make.
 */
function isMusl(): boolean {
  const page = Buffer.alloc(4096)
  const executable = fs.openSync(process.execPath, 'r')
  fs.readSync(executable, page)
  fs.closeSync(executable)
  return page.includes('/ld-musl-')
}

/** By dlopen itself, because node:module takes longer to load than the addon does. */
function load(): Addon {
  const module = { exports: {} }
  const tried: string[] = []
  for (const path of candidates()) {
    try {
      process.dlopen(module, path)
      return module.exports as Addon
    } catch (error) {
      const [reason] = (error as Error).message.split('\n')
      tried.push(`  ${path}: ${reason.replace(`${path}: `, '')}`)
    }
  }
  throw new Error(
    `bsd-socket has no addon for ${process.platform}-${process.arch}. Tried:\n${tried.join('\n')}\n` +
      'Build it with "npm run build" in the folder of bsd-socket; that needs python3, make and g++.',
  )
}

const addon = load()

export const constants = addon.constants
export const errnos = addon.errnos
/** The numbers of poll(2), select(2) and epoll(7). */
export const polling = addon.polling
export const layout = addon.layout
/** Asked of the addon, because node:worker_threads takes longer to load than the addon does. */
export const mainThread = addon.mainThread

// The scratch memory, which C++ and JavaScript share: one sockaddr, in or out, control
// messages, and behind them numbers, in the order of native/addon.h.
const CONTROL = 256
const PART = 2
const INTEGERS = 12
const numbers = addon.scratch.byteLength - 8 * PART - 4 * INTEGERS

/** Where an address goes before a call and comes from after one. */
export const address = new Uint8Array(addon.scratch, 0, numbers - CONTROL)
/** Where control messages go before sendmsg, unless they are more. */
export const controlRoom = new Uint8Array(addon.scratch, numbers - CONTROL, CONTROL)

const part = new Float64Array(addon.scratch, numbers, PART)
const integers = new Int32Array(addon.scratch, numbers + 8 * PART, INTEGERS)

const result = (): Result => integers[7]
/** The length of the address that came out last. */
export const addressLength = (): number => integers[8]
/** The second result of the last call: 0 or 1. */
export const value = (index: 0 | 1): number => integers[9 + index]
/** The signals that are noted: bit n for signal n. */
export const signalsCaught = (): number => integers[11]

/** Numbers for a quick call; which is which says its function in C++. */
function put(first: number, a: number, b = 0, c = 0): void {
  integers[0] = first
  integers[1] = a
  integers[2] = b
  integers[3] = c
}

function putPart(offset: number, length: number): void {
  part[0] = offset
  part[1] = length
}

// Not as `addon.recv`: for the engine an addon is a dictionary.
const { socket, connect, close, getsockopt } = addon as Quick
const { recv, recvfrom, send, sendto, sendmsg, recvmsg } = addon as Quick

/** The quick calls as functions like the others. */
const quick: Pick<Native, keyof Quick> = {
  socket(domain, type, protocol) {
    put(domain, type, protocol)
    socket()
    return result()
  },
  connect(fd, addressLength) {
    put(fd, addressLength)
    connect()
    return result()
  },
  close(fd) {
    put(fd, 0)
    close()
    return result()
  },
  recv(fd, buffer, offset, length, flags) {
    put(fd, flags)
    putPart(offset, length)
    recv(buffer)
    return result()
  },
  recvfrom(fd, buffer, offset, length, flags) {
    put(fd, flags)
    putPart(offset, length)
    recvfrom(buffer)
    return result()
  },
  send(fd, buffer, offset, length, flags) {
    put(fd, flags)
    putPart(offset, length)
    send(buffer)
    return result()
  },
  sendto(fd, buffer, offset, length, flags, addressLength) {
    put(fd, flags, addressLength)
    putPart(offset, length)
    sendto(buffer)
    return result()
  },
  sendmsg(fd, buffers, control, controlLength, flags, addressLength) {
    put(fd, flags, addressLength, controlLength)
    sendmsg(buffers, control)
    return result()
  },
  recvmsg(fd, buffers, control, controlLength, flags) {
    put(fd, flags, controlLength)
    recvmsg(buffers, control)
    return result()
  },
  getsockopt(fd, level, name) {
    put(fd, level, name)
    getsockopt()
    return result()
  },
}

export const native: Native = { ...addon, ...quick }
