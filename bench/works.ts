// What is measured, and what is wanted: a row for each work.

import { SEGMENTS } from './job.js'

export type Contestant = 'ours' | 'c' | 'python' | 'node'
export type Other = Exclude<Contestant, 'ours'>
export const names: Readonly<Record<Contestant, string>> = {
  ours: 'ours',
  c: 'C',
  python: 'CPython',
  node: 'Node',
}

/** What can be read off one run. All but the rate are for one operation. */
export type Quantity = 'time' | 'processor' | 'rate' | 'memory' | 'import' | 'instructions'

/**
 * The ratio to each other contestant that is wanted: at most, or for a rate at least.
 * Null compares without asking for anything.
 */
export type Targets = Partial<Record<Other, number | null>>

/** The process at the other end of a work. */
export interface Peer {
  readonly work: string
  /** Whose it is: of the same kind as the contestant, or C for every contestant. */
  readonly by: 'own' | 'c'
  readonly address: 'port' | 'path'
}

export interface Row {
  readonly id: string
  readonly title: string
  /** What an operation is. */
  readonly unit: string
  /** How it is measured; a call if left out. */
  readonly how?: 'load' | 'memory' | 'import'
  /** Bytes of a message. */
  readonly size: number
  /** Operations of a chunk; for servers, connections. */
  readonly chunk: number
  readonly peer?: Peer
  /** The work sends this file. */
  readonly file?: true
  /** Of how many operations the instructions are counted; of 100,000 if left out. */
  readonly counted?: number
  readonly targets: Partial<Record<Quantity, Targets>>
}

/** Everyone is compared, and nothing is asked for. */
export const everyone: Targets = { c: null, python: null, node: null }

const own = (work: string, address: Peer['address']): Peer => ({ work, by: 'own', address })
const c = (work: string, address: Peer['address'] = 'port'): Peer => ({ work, by: 'c', address })

const MEGABYTES_64 = 64 * 2 ** 20

const calls: Row[] = [
  {
    id: 'send-recv',
    title: 'send + recv, 64 B, socketpair',
    unit: 'pair of calls',
    size: 64,
    chunk: 1000,
    targets: { time: { c: 1.15, python: 0.85 } },
  },
  {
    id: 'send-recv-into',
    title: 'send + recv_into, 64 B, socketpair',
    unit: 'pair of calls',
    size: 64,
    chunk: 1000,
    targets: { time: { c: null, python: 1 } },
  },
  {
    id: 'getsockopt',
    title: 'getsockopt, int',
    unit: 'call',
    size: 0,
    chunk: 2000,
    targets: { time: { c: 1.35, python: 0.95 } },
  },
  {
    id: 'sendto',
    title: 'sendto, 64 B, UDP',
    unit: 'call',
    size: 64,
    chunk: 640,
    peer: c('datagrams'),
    targets: { time: { c: 1.1, python: 0.95, node: 1 } },
  },
  {
    id: 'sendmmsg',
    title: 'sendmmsg, 64 × 64 B',
    unit: 'message',
    size: 64,
    chunk: 640,
    peer: c('datagrams'),
    targets: { time: { c: 1.1, node: 0.7 } },
  },
  {
    id: 'segments',
    title: 'UDP with segmentation offload',
    unit: 'segment of 1,472 B',
    size: 0,
    chunk: SEGMENTS * 20,
    peer: c('datagrams'),
    targets: { time: { c: 1.1, node: 0.25 } },
  },
  {
    id: 'recvfrom',
    title: 'recvfrom, 64 B, UDP, with address',
    unit: 'call',
    size: 64,
    chunk: 192,
    targets: { time: { c: 1.3, python: 0.7 } },
  },
  {
    id: 'recvmmsg',
    title: 'recvmmsg into owned memory, 64 × 64 B',
    unit: 'message',
    size: 64,
    chunk: 192,
    targets: { time: { c: 1.15 } },
  },
]

const pingPong = (where: string, address: Peer['address']): Row => ({
  id: `ping-pong-${where.toLowerCase()}`,
  title: `ping-pong, 64 B, ${where}`,
  unit: 'round trip',
  size: 64,
  chunk: 200,
  peer: own(`pong-${where.toLowerCase()}`, address),
  targets: { time: { c: 1.05, python: 1, node: 0.95 }, processor: { node: 0.7 } },
})

const streams: Row[] = [
  pingPong('Unix', 'path'),
  pingPong('TCP', 'port'),
  {
    id: 'stream',
    title: 'stream, 64 KiB sends, TCP',
    unit: 'send',
    size: 65536,
    chunk: 256,
    peer: c('sink'),
    targets: { time: { c: 1.05, python: 1, node: 1 } },
  },
  {
    id: 'sendfile',
    title: 'sendfile, 64 MiB, TCP',
    unit: 'file',
    size: MEGABYTES_64,
    chunk: 1,
    peer: c('sink'),
    file: true,
    counted: 400,
    targets: { time: { c: 1.05, python: 1, node: 0.65 }, processor: { node: 0.4 } },
  },
  {
    id: 'connect',
    title: 'connect + close, TCP',
    unit: 'connection',
    size: 0,
    chunk: 50,
    peer: c('acceptor'),
    counted: 20_000,
    targets: { time: { c: 1.2, python: 0.8, node: 0.4 } },
  },
  {
    id: 'connect-unix',
    title: 'connect + close, Unix',
    unit: 'connection',
    size: 0,
    chunk: 100,
    peer: c('acceptor-unix', 'path'),
    counted: 20_000,
    targets: { time: { c: 1.2, python: 0.8, node: 0.4 } },
  },
]

export const echo = (connections: number, targets: Targets, size = 64): Row => ({
  id: `echo-${connections}`,
  title: `echo server, ${connections.toLocaleString('en')} connections`,
  unit: 'message',
  how: 'load',
  size,
  chunk: connections,
  peer: own('echo', 'port'),
  targets: { rate: targets, processor: everyone },
})

const servers: Row[] = [
  echo(100, { c: 0.9, python: 2.5, node: 1.3 }),
  echo(1000, { c: 0.8, python: 3, node: 1.6 }),
  {
    id: 'memory',
    title: 'memory of an idle accepted connection',
    unit: 'connection',
    how: 'memory',
    size: 64,
    chunk: 2000,
    peer: own('echo', 'port'),
    targets: { memory: { python: 0.8, node: 0.6 } },
  },
  {
    id: 'import',
    title: 'import, over an empty script',
    unit: 'process',
    how: 'import',
    size: 0,
    chunk: 1,
    targets: { import: { node: 15 } },
  },
]

export const rows: readonly Row[] = [...calls, ...streams, ...servers]

/** The contestants of a row: this package, and those that it is compared to. */
export function contestants({ targets }: Row): Contestant[] {
  const others = new Set(Object.values(targets).flatMap((ratios) => Object.keys(ratios)))
  return ['ours', ...(['c', 'python', 'node'] as const).filter((name) => others.has(name))]
}
