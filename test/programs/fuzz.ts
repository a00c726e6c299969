// Calls every native function with whatever there is, for a while. Run by
// addon.test.ts in a process of its own: it must come to its end.
//
//   node fuzz.js SEED CALLS

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { native as functions } from '#lib/native'

type Call = (...args: unknown[]) => unknown
type Args = unknown[]

const path = fileURLToPath(new URL('../../../build/Release/bsd_socket.node', import.meta.url))
const addon = createRequire(import.meta.url)(path) as Record<string, unknown>
/** Those of the addon, but the quick ones with what puts their numbers in the scratch memory. */
const native = Object.fromEntries(
  Object.entries(functions).filter(([, value]) => typeof value === 'function'),
) as unknown as Record<string, Call>
const scratch = new Uint8Array(addon.scratch as ArrayBuffer)

/** Descriptors of this process that are not ours to play with. */
const foreign = new Set(readdirSync('/proc/self/fd').map(Number))
/** Those that are; all of them non-blocking. */
const own: number[] = []

function adopt(fd: number): void {
  native.nonblocking(fd, true)
  own.push(fd)
}

/** The int that native code would read. */
const read = (value: unknown): number => (typeof value === 'number' ? value | 0 : -1)

/** The int that a quick call would find in the scratch memory. */
function stored(value: unknown): number {
  try {
    return Int32Array.of(value as number)[0]
  } catch {
    return -1 // so the call will fail
  }
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(64)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

/** A view of 48 bytes whose buffer was cut down to 8 behind it. */
function shrunk(): Uint8Array {
  const buffer = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 128 }])
  const bytes = new Uint8Array(buffer, 16, 48)
  Reflect.get(buffer, 'resize').call(buffer, 8)
  return bytes
}

/** A view that follows its buffer's size. */
function tracking(size: number): Uint8Array {
  const buffer = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 128 }])
  const bytes = new Uint8Array(buffer, 16)
  Reflect.get(buffer, 'resize').call(buffer, size)
  return bytes
}

class Liar extends Uint8Array {
  override get length(): number {
    return 1e9
  }
  override get byteLength(): number {
    return 1e9
  }
}

const ints = fc.oneof(
  fc.integer({ min: -2, max: 80 }),
  fc.constantFrom(64, 1, 6, 41, 17, 10, 2, 2049, 2050, 2053, 0x4000, 0x40, 0x20, 0x2000),
  fc.integer(),
  fc.double(),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 63), 2 ** 64, 1e300, Number.NaN, -0, Infinity),
)

const memory = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map((size) => new Uint8Array(size)),
  fc.integer({ min: 0, max: 128 }).map(tracking),
  fc
    .constantFrom(
      () => detached(),
      () => shrunk(),
      () => new Uint8Array(new SharedArrayBuffer(40), 8, 16),
      () => new Liar(4),
      () => Buffer.alloc(16),
      () => new Uint16Array(8),
      () => new Float64Array(8),
      () => new Uint8ClampedArray(8),
      () => new DataView(new ArrayBuffer(8)),
      () => new ArrayBuffer(8),
      () => scratch,
    )
    .map((make) => make()),
)

const oddities = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, 1n, Symbol('s'), native.poll),
  fc.string(),
  fc.constantFrom('127.0.0.1', '::1', 'localhost', 'lo', '\ud800', 'x'.repeat(3000), 'tcp', 'http'),
  fc.constantFrom<unknown>(
    new Proxy([], {}),
    new Proxy(new Uint8Array(8), {}),
    Object.create(Uint8Array.prototype),
    { length: 8, buffer: new ArrayBuffer(8) },
    {
      valueOf() {
        throw new Error('valueOf')
      },
    },
    Object.defineProperty([1, 2, 3], 1, {
      get() {
        throw new Error('getter')
      },
    }),
    new Array(2 ** 31),
  ),
  fc.array(ints, { maxLength: 5 }),
  fc.func(fc.anything()),
)

const anything = fc.oneof(ints, memory, oddities)

/** Usual arguments; a descriptor is a number of `own`, filled in later. */
const fd = fc.nat(50).map((index) => ({ own: index }))
const bool = fc.constantFrom(true, false, null)
const span = [memory, fc.integer({ min: -2, max: 70 }), fc.integer({ min: -2, max: 70 })]
const text = fc.constantFrom('127.0.0.1', '::1', '1.2.3', '', 'http', 'tcp', 'lo', 'no such thing')
const maybe = fc.oneof(text, fc.constant(null))
const list = fc.oneof(
  memory,
  fc.array(memory, { maxLength: 4 }),
  fc.array(anything, { maxLength: 3 }),
)
/** Not on another thread, whose descriptors the calls here could close. */
const now = fc.constant(false)
const control = fc.oneof(memory, fc.constant(null))
const length = fc.integer({ min: -1, max: 130 })
const offset = fc.oneof(ints, fc.constant(-1))
/** Rows for many messages, some of them fit for use. */
const cell = fc.oneof(fc.integer({ min: -2, max: 70 }), fc.constantFrom(0, 2 ** 31 - 1, -(2 ** 31)))
const table = fc
  .array(fc.oneof(fc.constantFrom([0, 8, 8, 0, 0, 0, 0], [8, 20, 4, 16, 0, 0, 0]), fc.array(cell)))
  .map((rows) => new Uint8Array(Int32Array.from(rows.flat()).buffer))
const storage = fc.oneof(
  fc.nat(5).map((count) => new Uint8Array(128 * count)),
  memory,
)
const few = fc.integer({ min: -1, max: 4 })
const many = [memory, storage, control, fc.nat(20), fc.oneof(table, memory), few, few, ints]
const signatures: Record<string, fc.Arbitrary<unknown>[]> = {
  sendfile: [fd, fd, ints, ints],
  read: [fd, ints, now],
  seek: [fd, ints],
  misalignment: [memory, ints],
  pipe: [fc.constantFrom(0, 2048, 0x4000, -1)],
  splice: [fd, offset, fd, offset, ints, ints],
  sendmsg: [fd, list, control, length, ints, length],
  recvmsg: [fd, list, control, length, ints],
  sendmmsg: [fd, ...many],
  recvmmsg: [fd, ...many],
  cmsgSize: [ints, bool],
  cmsgWalk: [memory, length],
  setsockoptProgram: [fd, ints, ints, memory],
  reactorOpen: [fc.constant(() => {}), fc.constant(false)],
  reactorAdd: [fd, ints],
  reactorRemove: [fd],
  reactorNext: [],
  reactorRef: [fc.constant(false)],
  socket: [fc.constantFrom(1, 2, 10), fc.constantFrom(1, 2, 3, 5, 2049, 2050), fc.nat(17)],
  socketpair: [fc.constant(1), fc.constantFrom(1, 2, 5), fc.constant(0)],
  bind: [fd, fc.integer({ min: -1, max: 130 })],
  listen: [fd, ints],
  accept: [fd, bool, bool],
  connect: [fd, fc.integer({ min: -1, max: 130 })],
  shutdown: [fd, fc.nat(3)],
  close: [fd],
  dup: [fd],
  nonblocking: [fd, bool],
  cloexec: [fd, bool],
  getsockname: [fd],
  getpeername: [fd],
  recv: [fd, ...span, ints],
  recvfrom: [fd, ...span, ints],
  send: [fd, ...span, ints],
  sendto: [fd, ...span, ints, fc.integer({ min: -1, max: 130 })],
  getsockopt: [fd, ints, ints],
  getsockoptBytes: [fd, ints, ints, ...span],
  setsockopt: [fd, ints, ints, ints],
  setsockoptBytes: [fd, ints, ints, fc.oneof(memory, fc.constant(null)), span[1], span[2]],
  poll: [fd, fc.nat(64), fc.constantFrom(0, 1, 0.5, Number.NaN), fc.constantFrom(null, () => 1)],
  watchSignal: [fc.integer({ min: -1, max: 70 })],
  pollMany: [memory, fc.constantFrom(0, 1), fc.constantFrom(null, () => 1)],
  select: [memory, fc.constantFrom(0, 1), fc.constantFrom(null, () => 1)],
  epollCreate: [],
  epollCtl: [fd, fc.nat(4), fd, ints],
  epollWait: [fd, memory, fc.constantFrom(0, 1), fc.constantFrom(null, () => 1)],
  takeSignals: [],
  signalPipe: [],
  own: [fd, fc.constant(-1)],
  getaddrinfo: [maybe, maybe, fc.constantFrom(0, 2, 10, 99), fc.nat(3), fc.nat(17), ints, now],
  getnameinfo: [length, fc.constant(3), now],
  gethostbyname: [fc.constantFrom('127.0.0.1', '', 'x'.repeat(3000)), now],
  gethostbyaddr: [memory, fc.constantFrom(1, 99, -1), now],
  getservbyname: [text, maybe],
  getservbyport: [ints, maybe],
  getprotobyname: [text],
  gethostname: [],
  ifNameindex: [],
  ifNametoindex: [text],
  ifIndextoname: [ints],
  inetAton: [text, memory],
  inetPton: [fc.constantFrom(2, 10, 1), text, memory],
  inetNtop: [fc.constantFrom(2, 10, 1), memory],
  strerror: [ints],
  gaiStrerror: [ints],
  hstrerror: [ints],
}

/** Options that would send packets (memberships), wait (SO_LINGER) or change the firewall. */
function harmful(level: unknown, option: unknown): boolean {
  const [l, o] = [read(level), read(option)]
  if (l === 1) return o === 13
  if (l === 0) return o >= 32
  return l === 41 && ((o >= 20 && o <= 29) || o >= 42)
}

/** Whether a call could wait, ask a name server, send packets away or close a stranger's descriptor. */
function forbidden(name: string, args: Args): boolean {
  const [first, second, third] = args
  switch (name) {
    case 'sethostname':
      return true
    case 'socket': // AF_UNIX, AF_INET, AF_INET6, or no family at all
      return stored(first) > 2 && stored(first) < 100 && stored(first) !== 10
    case 'poll': // anything but a number throws
      return typeof third === 'number' && !(third >= 0 && third <= 10) && !Number.isNaN(third)
    case 'pollMany':
    case 'select':
      return typeof second === 'number' && !(second >= 0 && second <= 10)
    case 'epollWait':
      return typeof third === 'number' && !(third >= 0 && third <= 10)
    case 'own': // what is owned is closed at the end
      return second !== -1
    case 'splice':
      return foreign.has(read(first)) || foreign.has(read(third))
    case 'read': // a number may have become that of what notes signals, and then it waits
      return foreign.has(read(first)) || native.nonblocking(read(first), null) === 0
    case 'nonblocking':
      return second !== true && second !== null
    case 'setsockopt':
    case 'setsockoptBytes':
      return foreign.has(read(first)) || harmful(second, third)
    case 'getaddrinfo': // no host, or one that needs no look-up
      return typeof first === 'string' && !/^(127\.0\.0\.1|::1|localhost|)$/.test(first)
    case 'gethostbyname':
      return typeof first === 'string' && !/^(127\.0\.0\.1||x{3000})$/.test(first)
    case 'gethostbyaddr':
      return [2, 10].includes(read(second))
    case 'getnameinfo':
      return (read(second) & 3) !== 3 // NI_NUMERICHOST | NI_NUMERICSERV
    case 'reactorRef': // or the process stays
      return first === true
    case 'recv':
    case 'recvfrom':
    case 'send':
    case 'sendto':
    case 'sendmsg':
    case 'recvmsg':
    case 'getsockopt':
    case 'connect':
    case 'close':
      return foreign.has(stored(first))
    case 'gethostname':
    case 'ifNameindex':
    case 'reactorNext':
    case 'takeSignals':
    case 'signalPipe':
    case 'epollCreate':
      return false
    default:
      return foreign.has(read(first)) // for the rest a first number may be a descriptor
  }
}

/** A port on which only this process listens. */
let port: number[] = [0, 0]

function listen(type: number): void {
  adopt(native.socket(2, type, 0) as number)
  const server = own[own.length - 1]
  scratch.set([2, 0, ...port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  native.bind(server, 16)
  native.listen(server, 5)
  native.getsockname(server)
  port = [...scratch.subarray(2, 4)]
}

/** An address of this machine's, or nonsense of a family that has no address there. */
function address(kind: number, noise: Uint8Array): void {
  scratch.fill(0, 0, 128)
  if (kind === 0) scratch.set([2, 0, ...port, 127, 0, 0, 1])
  if (kind === 1) scratch.set([10, 0, ...port])
  if (kind === 1) scratch[23] = 1
  if (kind === 2) scratch.set([1, 0, 0, ...noise]) // an abstract name
  if (kind === 3) scratch.set([99, 0, ...noise])
}

function note(name: string, result: unknown): void {
  if ((name === 'socketpair' || name === 'pipe') && result === 0) {
    const values = new Int32Array(scratch.buffer, scratch.length - 12, 2)
    for (const made of values) adopt(made)
  }
  if (!['socket', 'accept', 'dup', 'epollCreate'].includes(name)) return
  if (typeof result === 'number' && result >= 0) adopt(result)
  while (own.length > 100) native.close(own.shift() as number)
}

let made = 0
let threw = 0

function run([name, usual, odd, at, kind, noise]: [
  string,
  Args,
  unknown,
  number,
  number,
  Uint8Array,
]) {
  const args = usual.map((arg) => {
    const index = (arg as { own?: number } | null)?.own
    return typeof index === 'number' ? own[index % own.length] : arg
  })
  if (at < args.length + 2) args[at] = odd // about half of the calls: one argument replaced
  if (forbidden(name, args)) return
  address(kind, noise)
  made++
  try {
    note(name, native[name](...args))
  } catch {
    threw++
  }
  if (name === 'close' || own.length < 8) {
    native.socketpair(1, 2049, 0)
    note('socketpair', 0)
  }
}

// By chance a path is bound, which is a file where the program stands.
const folder = mkdtempSync(join(tmpdir(), 'bsd-socket-fuzz-'))
process.chdir(folder)
process.on('exit', () => rmSync(folder, { recursive: true }))

const [seed, calls] = process.argv.slice(2).map(Number)
for (const type of [2049, 2050, 2053]) note('socketpair', native.socketpair(1, type, 0))
listen(1)
listen(2)
const plan = fc
  .constantFrom(...Object.keys(signatures))
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.tuple(...signatures[name]) as fc.Arbitrary<Args>,
      anything,
      fc.nat(9),
      fc.nat(4),
      fc.uint8Array({ minLength: 2, maxLength: 100 }),
    ),
  )
const missing = Object.keys(native).filter(
  (name) => !(name in signatures) && name !== 'sethostname',
)
if (missing.length > 0) throw new Error(`no signature for ${missing.join(', ')}`)
void fc.assert(fc.property(plan, run), { seed, numRuns: calls, endOnFailure: true })
console.log(JSON.stringify({ made, threw }))
