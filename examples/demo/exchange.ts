// The exchanges of the demo: messages go to the peer, come back, and are compared.

import { randomBytes } from 'node:crypto'
import * as socket from 'bsd-socket'
import type { Job, Peer } from './peer.js'

/** The first messages warm caches and compilers: they are checked, but not timed. */
const WARM_UP = 100
const ROUND_TRIPS = 1000
const LONGEST = 1400

/** Sends a message and gives what came back for it. */
export type RoundTrip = (message: Buffer) => Buffer

export interface Done {
  readonly ours: string
  readonly theirs: string
  /** Bytes that went out and came back. */
  readonly bytes: number
  /** Microseconds that the timed round trips took, the shortest first. */
  readonly times: number[]
}

/** Sends messages of every length up to LONGEST, and compares what comes back. */
export function exchange(roundTrip: RoundTrip): Pick<Done, 'bytes' | 'times'> {
  const times: number[] = []
  let bytes = 0
  for (let i = 0; i < WARM_UP + ROUND_TRIPS; i++) {
    const message = randomBytes(1 + ((i * 37) % LONGEST))
    const start = performance.now()
    const echo = roundTrip(message)
    const time = (performance.now() - start) * 1000
    if (!echo.equals(message)) throw new Error(`message ${i} came back changed`)
    bytes += message.length
    if (i >= WARM_UP) times.push(time)
  }
  return { bytes, times: times.sort((a, b) => a - b) }
}

/** A stream has no messages: it is read until as much came back as was sent. */
function overStream(s: socket.socket): RoundTrip {
  return (message) => {
    s.sendall(message)
    const echo = Buffer.alloc(message.length)
    for (let got = 0; got < echo.length; ) {
      const n = s.recv_into(echo.subarray(got))
      if (n === 0) throw new Error('the peer ended the connection too early')
      got += n
    }
    return echo
  }
}

/** A SEQPACKET connection keeps messages apart: one recv gives one message. */
function overPackets(s: socket.socket): RoundTrip {
  return (message) => {
    s.sendall(message)
    return s.recv(65536)
  }
}

/** Datagrams name their sender, who has to be the one that was sent to. */
function overDatagrams(s: socket.socket, theirs: Job['address']): RoundTrip {
  return (message) => {
    s.sendto(message, theirs)
    const [echo, sender] = s.recvfrom(65536)
    if (show(sender) !== show(theirs)) throw new Error(`a datagram from ${show(sender)}`)
    return echo
  }
}

/**
 * One row of the demo: opens a socket, has the peer open one, and exchanges data.
 * @param address where the peer binds
 * @param ours where we bind, if anywhere
 */
export async function withPeer(
  peer: Peer,
  family: Job['family'],
  type: Job['type'],
  address: Job['address'],
  ours?: Job['address'],
): Promise<Done> {
  using s = new socket.socket(socket.AddressFamily[family], socket.SocketKind[type])
  if (ours !== undefined) s.bind(ours)
  peer.send({ family, type, address })
  const theirs = (await peer.answer()).address ?? address
  let done: Done
  try {
    done = talk(s, type, theirs)
  } catch (error) {
    s.close() // ends the peer's waiting; for datagrams its timeout does
    await peer.answer().catch(() => {}) // whatever it says, it is ready for the next job
    throw error
  }
  const { echoed } = await peer.answer()
  if (echoed !== done.bytes) throw new Error(`the peer counted ${echoed} bytes`)
  return done
}

function talk(s: socket.socket, type: Job['type'], theirs: Job['address']): Done {
  if (type === 'SOCK_DGRAM') {
    const done = exchange(overDatagrams(s, theirs))
    s.sendto(Buffer.alloc(0), theirs) // an empty datagram: the end
    return { ...done, ours: show(s.getsockname()), theirs: show(theirs) }
  }
  s.connect(theirs)
  const done = exchange(type === 'SOCK_STREAM' ? overStream(s) : overPackets(s))
  s.shutdown(socket.SHUT_WR)
  return { ...done, ours: show(s.getsockname()), theirs: show(theirs) }
}

/** An address for people: `[::1]:80`, the last part of a path, `@` for an abstract name. */
export function show(address: socket.AddressOut | Job['address']): string {
  if (address === null || address === '') return 'unnamed'
  if (typeof address === 'string' || address instanceof Uint8Array) {
    const name = Buffer.from(address as string).toString()
    return name.startsWith('\0') ? `@${name.slice(1)}` : name.replace(/^.*\//, '')
  }
  const [host, port] = address as socket.Inet
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
