// The await points of the promise twin, a row each: its name; what it plays on;
// the call; and what lets it end well, done again and again until it has, or null
// where nothing does so soon. A call that takes no options hears no AbortSignal.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as blocking from 'bsd-socket'
import * as socket from 'bsd-socket/promises'
import type { Chance, Stage } from './stage.js'
import * as set from './stage.js'

type Call = (t: Stage, options: socket.WaitOptions) => Promise<unknown>

export interface Scene {
  readonly name: string
  readonly stage: (chance: Chance) => Stage
  readonly call: Call
  readonly rescue: ((t: Stage) => void) | null
  /** The call takes `{signal}`. */
  readonly hears: boolean
}

const { MSG_DONTWAIT, MSG_ERRQUEUE, MSG_WAITALL } = socket
const big = Buffer.alloc(300_000)
const some = Buffer.alloc(9)
/** More than one piece of sendall(), and more calls than end in one turn of the loop. */
const huge = Buffer.alloc(1_500_000)
async function many(call: () => Promise<unknown>): Promise<void> {
  const calls = Array.from({ length: 50 }, call)
  for (const each of calls) each.catch(() => {})
  for (const each of calls) await each
}

function batch(...messages: readonly Buffer[]): socket.Batch {
  const made = new socket.Batch({ messages: 2, size: 9 })
  for (const message of messages) made.add(message)
  return made
}

const feed = (t: Stage) => t.data()
const drain = (t: Stage) => t.drain()
const nothing = () => {}

/** What came as an object of its own, closed. */
const shut = (x: { close(): unknown } | undefined): void => void x?.close()

/** The first of an iteration. */
async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}

/** Into memory of ours, of a stream. */
async function filled(
  t: Stage,
  call: (memory: Buffer) => Promise<number | readonly [number, ...unknown[]]>,
): Promise<void> {
  const memory = Buffer.alloc(90)
  return call(memory).then((result) => {
    t.take(memory.subarray(0, typeof result === 'number' ? result : result[0]))
  })
}

/** A connection by name, to where both IPv6 and IPv4 may be tried. */
function connection(t: Stage, port: number, options: socket.WaitOptions): Promise<void> {
  t.limited = true
  return socket.create_connection(['localhost', port], { timeout: 0.02, ...options }).then(shut)
}

/** A call that does not wait; to have nothing is no failure. */
const instant = (t: Stage) =>
  t.s.recv(9, MSG_DONTWAIT).then(
    (data) => t.take(data),
    (error) => {
      if (!(error instanceof socket.BlockingIOError)) throw error
    },
  )

const portOf = (t: Stage) => (t.address as [string, number])[1]

/** Something comes over a stream, or it ends. */
function heard(t: Stage): Promise<void> {
  const stream = t.open()
  return new Promise((resolve) => {
    const names = ['data', 'end', 'error', 'close']
    const over = () => {
      for (const name of names) stream.off(name, over)
      resolve()
    }
    if (stream.closed || stream.readableEnded) resolve()
    else for (const name of names) stream.on(name, over)
  })
}

const written = (t: Stage) =>
  new Promise<void>((resolve, reject) => {
    t.open().write(big, (error) => (error ? reject(error) : resolve()))
  })

const rows: readonly [string, Scene['stage'], Call, Scene['rescue']][] = [
  ['accept', set.listening, (t, o) => t.s.accept(o).then(([s]) => shut(s)), feed],
  ['connections()', set.listening, (t) => first(t.s.connections()).then((c) => shut(c?.[0])), feed],

  ['connect', set.connecting, (t, o) => t.s.connect(t.address, o), nothing],
  ['connect_ex', set.connecting, (t, o) => t.s.connect_ex(t.address, o), nothing],
  [
    'connect by name',
    set.connectingInet,
    (t, o) => t.s.connect(['localhost', set.port], o),
    nothing,
  ],
  ['bind by name', set.connectingInet, (t, o) => t.s.bind(['localhost', 0], o), nothing],
  ['connect, full, Unix', set.knockingLocal, (t, o) => t.s.connect(t.address, o), feed],
  ['connect, full, TCP', set.knockingInet, (t, o) => t.s.connect(t.address, o), null],

  ['create_connection', set.connectingInet, (t, o) => connection(t, set.port, o), nothing],
  ['create_connection, refused', set.connectingInet, (t, o) => connection(t, 1, o), nothing],
  ['create_connection, full', set.knockingInet, (t, o) => connection(t, portOf(t), o), nothing],
  [
    'create_server',
    set.connectingInet,
    (_, o) => socket.create_server(['localhost', 0], o).then(shut),
    nothing,
  ],
  ['getaddrinfo', set.connectingInet, (_, o) => socket.getaddrinfo('localhost', 80, o), nothing],
  ['gethostbyname', set.connectingInet, (_, o) => socket.gethostbyname('localhost', o), nothing],
  [
    'getnameinfo',
    set.connectingInet,
    (_, o) => socket.getnameinfo(['127.0.0.1', 80], 0, o),
    nothing,
  ],

  ['recv', set.streamed, (t, o) => t.s.recv(50, 0, o).then((data) => t.take(data)), feed],
  ['recvfrom', set.streamed, (t, o) => t.s.recvfrom(90, 0, o).then(([data]) => t.take(data)), feed],
  [
    'recvmsg',
    set.streamed,
    (t, o) => t.s.recvmsg(99, 9, 0, o).then(([data]) => t.take(data)),
    feed,
  ],
  ['recv_into', set.streamed, (t, o) => filled(t, (m) => t.s.recv_into(m, 40, 0, o)), feed],
  ['recvfrom_into', set.streamed, (t, o) => filled(t, (m) => t.s.recvfrom_into(m, 0, 0, o)), feed],
  ['recvmsg_into', set.streamed, (t, o) => filled(t, (m) => t.s.recvmsg_into([m], 0, 0, o)), feed],
  ['recv, MSG_DONTWAIT', set.streamed, (t) => instant(t), feed],
  ['send', set.streamed, (t, o) => t.s.send(big, 0, o), drain],
  ['sendall', set.streamed, (t, o) => t.s.sendall(big, 0, o), drain],
  ['sendall, in pieces', set.streamed, (t, o) => t.s.sendall(huge, 0, o), drain],
  ['send, fifty times', set.roomy, (t, o) => many(() => t.s.send(some, 0, o)), drain],
  ['sendmsg', set.streamed, (t, o) => t.s.sendmsg([big, big], [], 0, null, o), drain],
  ['sendfile', set.streamed, (t, o) => t.s.sendfile(t.source, 0, 300_000, o), drain],
  ['sendfile, from a pipe', set.piped, (t, o) => t.s.sendfile(t.source, 0, 99, o), (t) => t.pour()],

  ['recv, datagram', set.datagrams, (t, o) => t.s.recv(500, 0, o), feed],
  ['recvfrom, datagram', set.datagrams, (t, o) => t.s.recvfrom(500, 0, o), feed],
  [
    'recv_fds',
    set.datagrams,
    (t, o) => socket.recv_fds(t.s, 9, 3, 0, o).then(([, fds]) => fds.forEach(blocking.close)),
    feed,
  ],
  ['datagrams()', set.datagrams, (t) => first(t.s.datagrams()), feed],
  ['send, datagram', set.datagrams, (t, o) => t.s.send(some, 0, o), drain],
  ['sendall, datagram', set.datagrams, (t, o) => t.s.sendall(some, 0, o), drain],
  ['send_fds', set.datagrams, (t, o) => socket.send_fds(t.s, [some], [0], 0, null, o), drain],
  ['sendmmsg', set.datagrams, (t, o) => t.s.sendmmsg(batch(some, some), 0, 0, o), drain],
  ['recvmmsg', set.datagrams, (t, o) => t.s.recvmmsg(batch(), 0, o), feed],
  ['sendto', set.crowded, (t, o) => t.s.sendto(some, t.address, o), drain],
  ['sendmsg to an address', set.crowded, (t, o) => t.s.sendmsg([some], [], 0, t.address, o), drain],
  ['MSG_ERRQUEUE', set.refused, (t, o) => t.s.recvmsg(99, 512, MSG_ERRQUEUE, o), feed],
  ['recvmsg beside MSG_ERRQUEUE', set.refused, (t, o) => t.s.recvmsg(99, 512, 0, o), null],

  ['recv, MSG_WAITALL', set.flowing, (t, o) => t.s.recv(500, MSG_WAITALL, o), feed],
  ['chunks()', set.flowing, (t) => first(t.s.chunks()), feed],
  ['for await', set.flowing, (t) => first(t.s), feed],
  ['makefile, read', set.filed, (t) => t.book().read(10), feed],
  ['makefile, readline', set.filed, (t) => t.book().readline(50), feed],
  ['makefile, readinto', set.filed, (t) => t.book().readinto(Buffer.alloc(99)), feed],
  ['makefile, read1', set.filed, (t) => t.book().read1(9), feed],
  ['makefile, lines', set.filed, (t) => first(t.book()), feed],
  ['makefile, write', set.filed, (t) => t.book().write(big), drain],
  ['makefile, flush', set.filed, (t) => t.book().flush(), drain],
  ['makestream, read', set.streamlined, heard, feed],
  ['makestream, write', set.streamlined, written, drain],
  [
    'makestream, pipeline',
    set.streamlined,
    (t, o) => pipeline(Readable.from([big, some]), t.open(), { ...o, end: false }),
    drain,
  ],
]

/** What a runtime cannot play. */
const without = new Set(process.env.WITHOUT?.split('|'))

export const scenes: readonly Scene[] = rows
  .filter(([name]) => !without.has(name))
  .map(([name, stage, call, rescue]) => ({ name, stage, call, rescue, hears: call.length > 1 }))
