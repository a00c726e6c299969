// What a schedule plays on: a socket of the promise twin, and what is on its
// other side. The other side is of the blocking twin and never waits, so that
// nothing of what is tested helps the test.

import { openSync } from 'node:fs'
import * as blocking from 'bsd-socket'
import * as socket from 'bsd-socket/promises'

const { AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOL_SOCKET, SO_LINGER, SO_RCVBUF, SO_SNDBUF } = socket

/** A number below `below`, by chance; the same in every replay. */
export type Chance = (below: number) => number

/** Chance that a seed and the number of a schedule determine. */
export function random(seed: number, n: number): Chance {
  let x = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b) || 1
  const chance = (below: number) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
  for (let i = 0; i < 8; i++) chance(1) // seeds beside each other begin alike
  return chance
}

/** What a test finds wrong; any other error is the kernel's answer. */
export class Fault extends Error {}

export interface Closable {
  close(): unknown
}

export const tolerant = (action: () => void): void => {
  try {
    action()
  } catch (error) {
    if (!(error instanceof socket.OSError)) throw error
  }
}

const nothing = () => {}

const bytes = (from: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => (from + i) & 255))

export class Stage {
  s: socket.socket
  far: blocking.socket
  /** A timeout was set here. */
  limited = false
  /** The other side has closed or shut down. */
  gone = false
  /** Nothing is heard of that. */
  deaf = false
  /** The socket, before others took its descriptor over, and whatever else is open. */
  readonly kept: Closable[] = []
  readonly chance: Chance
  #ended = false
  #sent = 0
  #seen = 0
  /** A makefile() or makestream() over the socket; a file keeps the descriptor. */
  file: socket.AsyncBinaryFile | null = null
  stream: socket.SocketStream | null = null
  /** Lets sendfile() have what it reads. */
  pour = nothing
  /** What sendfile() sends. */
  source = program
  /** Where connect() goes. */
  address: socket.Address = ['127.0.0.1', 1]

  constructor(chance: Chance, s: socket.socket, far: blocking.socket) {
    this.chance = chance
    this.s = s
    this.far = far
    far.settimeout(0)
  }

  /** The other side sends: numbered bytes, so that a lost one is seen. */
  data(count = 1 + this.chance(300)): void {
    tolerant(() => {
      this.#sent += this.far.send(bytes(this.#sent, count))
    })
  }

  /** Closed here, or given away. */
  get ended(): boolean {
    return this.#ended || this.stream?.destroyed === true
  }

  /** The other side can let what waits end. */
  get answers(): boolean {
    return !(this.deaf && this.gone)
  }

  /** The deadline of a call is that of the socket when it began. */
  get plain(): boolean {
    return this.file === null && this.stream === null && this.source === program
  }

  /** The makefile(). */
  book(): socket.AsyncBinaryFile {
    if (this.file === null) throw new Error('not a scene with a file')
    return this.file
  }

  /** The makestream(). */
  open(): socket.SocketStream {
    if (this.stream === null) throw new Error('not a scene with a stream')
    return this.stream
  }

  /** Of a stream: every byte came, in order. */
  take(data: Uint8Array): void {
    if (!bytes(this.#seen, data.length).equals(data)) {
      throw new Fault(`after ${this.#seen} bytes came [${data.subarray(0, 8)}], out of order`)
    }
    this.#seen += data.length
  }

  /** The other side makes room for what is sent. */
  drain(): void {
    tolerant(() => {
      while (this.far.recv(1 << 16).length > 0);
    })
  }

  shutdown(): void {
    this.gone = true
    const how = this.chance(3)
    tolerant(() => this.far.shutdown(how))
  }

  reset(): void {
    tolerant(() => {
      this.far.setsockopt(SOL_SOCKET, SO_LINGER, socket.linger.encode({ onoff: true, linger: 0 }))
    })
    this.leave()
  }

  leave(): void {
    this.gone = true
    tolerant(() => this.far.close())
  }

  close(): void {
    this.#ended = true
    // What a file holds back it writes when it is closed, as long as that takes.
    void this.file?.close().catch(() => {})
    if (this.stream === null) tolerant(() => this.s.close())
    else this.stream.destroy()
  }

  /** Gives the descriptor away; now and then to a new object, with the same token. */
  detach(): void {
    const adopt = this.chance(2) === 0 && this.file === null && this.stream === null
    const fileno = this.s.detach()
    this.#ended = true
    if (fileno < 0) return
    if (adopt) this.s = new socket.socket({ fileno })
    else {
      this.kept.push({ close: () => blocking.close(fileno) })
    }
  }

  /** The end of the schedule: nothing may stay open. */
  end(): void {
    this.leave()
    // What a file holds back may take minutes on TCP: a peer that has shut down opens
    // its window no more, and is asked for it ever more rarely.
    if (this.file !== null) tolerant(() => this.s.shutdown(socket.SHUT_RDWR))
    for (const x of this.kept) tolerant(() => void x.close())
    this.close()
  }
}

const program = openSync(process.execPath, 'r')

/** Little room. With TCP it has to be told before there is a connection. */
function small(...sockets: readonly blocking.socket[]): void {
  for (const s of sockets) {
    s.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 13)
    s.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 15)
  }
}

const doors = [
  blocking.create_server(['127.0.0.1', 0]),
  blocking.socket(AF_UNIX) as unknown as blocking.socket,
]
doors[1].bind(Buffer.from(`\0bsd-socket-schedules-${process.pid}`))
doors[1].listen()
const between = blocking.create_server(['127.0.0.1', 0])
small(between)

/** The port of one who listens. */
export const port = (doors[0].getsockname() as [string, number])[1]

/** Two that are connected, over TCP. */
function connected(): [blocking.socket, blocking.socket] {
  const a = new blocking.socket() as unknown as blocking.socket
  small(a)
  a.connect(between.getsockname())
  const [b] = between.accept()
  return [a, b as unknown as blocking.socket]
}

type Pair = [blocking.socket, blocking.socket]
const stage = (chance: Chance, [a, b]: Pair): Stage => new Stage(chance, socket.fromsocket(a), b)

function local(type?: number): Pair {
  const pair = blocking.socketpair(AF_UNIX, type) as unknown as Pair
  small(...pair)
  return pair
}

/** A stream, now and then with no room for what is sent. */
export function streamed(chance: Chance): Stage {
  const pair = chance(2) === 0 ? connected() : local()
  if (chance(2) === 0) fill(pair[0])
  return stage(chance, pair)
}

function fill(s: blocking.socket): void {
  s.settimeout(0)
  tolerant(() => {
    for (;;) s.send(Buffer.alloc(1 << 16))
  })
  s.settimeout(null)
}

/** A stream with room for some hundred sends, of a buffer of the kernel's each: a few calls need no help. */
export const roomy = (chance: Chance): Stage =>
  stage(chance, blocking.socketpair() as unknown as Pair)

/** A stream of which what came is not looked at: an iteration may drop some. */
export const flowing = (chance: Chance): Stage => streamed(chance)

/** A stream whose sendfile() sends what comes from elsewhere, if something does. */
export function piped(chance: Chance): Stage {
  const t = streamed(chance)
  const [source, feed] = local()
  t.source = source.fileno()
  feed.settimeout(0)
  t.pour = () => {
    t.drain()
    tolerant(() => void feed.send(Buffer.alloc(100)))
  }
  if (chance(2) === 0) t.pour()
  t.kept.push(feed, source)
  return t
}

/** Datagrams between two. */
export function datagrams(chance: Chance): Stage {
  const type = [SOCK_DGRAM, SOCK_SEQPACKET, 0][chance(3)]
  const pair = type === 0 ? udp() : local(type)
  if (type !== 0 && chance(2) === 0) fill(pair[0])
  const t = stage(chance, pair)
  t.deaf = type !== SOCK_SEQPACKET
  return t
}

function udp(): Pair {
  const pair = [0, 1].map(() => new blocking.socket(blocking.AF_INET, SOCK_DGRAM))
  for (const s of pair) s.bind(['127.0.0.1', 0])
  pair[0].connect(pair[1].getsockname())
  pair[1].connect(pair[0].getsockname())
  return pair as unknown as Pair
}

/** Datagrams to a receiver whose queue is full, and to which nobody is connected. */
export function crowded(chance: Chance): Stage {
  const [s, far] = [0, 1].map(() => new blocking.socket(AF_UNIX, SOCK_DGRAM))
  const name = Buffer.from(`\0bsd-socket-crowded-${process.pid}-${chance(1 << 30)}`)
  far.bind(name)
  s.settimeout(0)
  tolerant(() => {
    for (;;) s.sendto(Buffer.alloc(10), name)
  })
  s.settimeout(null)
  const t = stage(chance, [s, far] as unknown as Pair)
  t.address = name
  return t
}

/** A socket whose error queue will have what the kernel says of a closed port. */
export function refused(chance: Chance): Stage {
  const t = stage(chance, udp())
  t.s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVERR, 1)
  t.data = () => {
    t.leave()
    void t.s.send(Buffer.alloc(1), socket.MSG_DONTWAIT).catch(() => {})
  }
  return t
}

/** A listening socket: the other side's data is a connection. */
export function listening(chance: Chance): Stage {
  const inet = chance(2) === 0
  const s = inet ? new blocking.socket() : blocking.socket(AF_UNIX)
  s.bind((inet ? ['127.0.0.1', 0] : Buffer.alloc(0)) as never)
  s.listen(3)
  const address = s.getsockname() as blocking.Address
  const open = () => new blocking.socket(s.family)
  const t = stage(chance, [s, open()] as unknown as Pair)
  t.data = () => {
    t.kept.push(t.far)
    t.far = open() as unknown as blocking.socket
    t.far.settimeout(0)
    t.far.connect_ex(address)
  }
  return t
}

/** A socket that is to be connected. */
function towards(chance: Chance, door: blocking.socket): Stage {
  const open = () => new blocking.socket(door.family) as unknown as blocking.socket
  const t = stage(chance, [open(), open()])
  t.address = door.getsockname() as socket.Address
  t.kept.push({ close: () => doors.forEach(emptied) })
  return t
}

export const connecting = (chance: Chance): Stage => towards(chance, doors[chance(2)])
export const connectingInet = (chance: Chance): Stage => towards(chance, doors[0])

/** Accepts what was left at a door. */
function emptied(door: blocking.socket): void {
  door.settimeout(0)
  tolerant(() => {
    for (;;) door.accept()[0].close()
  })
  door.settimeout(null)
}

/** A socket whose connect() has to wait: the backlog is full. */
function knocking(chance: Chance, door: blocking.socket): Stage {
  door.listen(0)
  const address = door.getsockname() as blocking.Address
  const open = () => new blocking.socket(door.family) as unknown as blocking.socket
  const t = stage(chance, [open(), door])
  t.address = address as socket.Address
  for (let i = 0; i < 2; i++) {
    const before = open()
    before.settimeout(0)
    before.connect_ex(address)
    t.kept.push(before)
  }
  t.data = () => {
    tolerant(() => t.kept.push(door.accept()[0]))
  }
  return t
}

export function knockingLocal(chance: Chance): Stage {
  const door = blocking.socket(AF_UNIX)
  door.bind(Buffer.alloc(0))
  return knocking(chance, door as unknown as blocking.socket)
}

export function knockingInet(chance: Chance): Stage {
  const door = new blocking.socket()
  door.bind(['127.0.0.1', 0])
  return knocking(chance, door as unknown as blocking.socket)
}

/** A stream with a makefile() over it, of which 100 bytes are held back. */
export function filed(chance: Chance): Stage {
  const t = streamed(chance)
  t.file = t.s.makefile('rwb', 100)
  return t
}

/** A stream with a makestream() over it. */
export function streamlined(chance: Chance): Stage {
  const t = streamed(chance)
  t.stream = t.s.makestream({ highWaterMark: 100 })
  t.stream.setMaxListeners(0)
  t.stream.on('error', () => {})
  return t
}
