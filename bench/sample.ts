// One run of one contestant at one work.

import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Program, Workshop } from './processes.js'
import type { Contestant, Quantity, Row } from './works.js'

export type Sample = Partial<Record<Quantity, number>>

/** How long to warm up and to measure, in milliseconds. */
export interface Times {
  /** Counts instructions instead. */
  readonly counting?: boolean
  readonly warm: number
  readonly ms: number
}

interface Printed {
  readonly ops: number
  readonly seconds: number
  readonly user: number
  readonly system: number
}

async function result(program: Program): Promise<Printed> {
  const printed = JSON.parse(await program.line()) as Printed
  await program.end()
  return printed
}

async function call(shop: Workshop, row: Row, who: Contestant, times: Times, address: string) {
  const { id, size, chunk, file } = row
  const args = [id, size, chunk, times.warm, times.ms, 1]
  const target = file ? `${address}:${shop.file(size)}` : address
  const under = row.peer === undefined ? [] : shop.pin(0)
  const { ops, seconds, user, system } = await result(shop.start(who, [...args, target], under))
  return { time: seconds / ops, processor: (user + system) / ops }
}

const callgrind = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null']
const FEW = 50_000
const MANY = 150_000

/** What `use` gives with a fresh process at the other end; one that needs none has no address. */
async function withPeer<T>(
  shop: Workshop,
  row: Row,
  who: Contestant,
  use: (address: string, peer: Program | null) => Promise<T>,
): Promise<T> {
  if (row.peer === undefined) return use('', null)
  const { by, work, address } = row.peer
  const where = address === 'path' ? [shop.path()] : []
  const args = [work, row.size, 0, 0, 0, 0, ...where]
  const peer = shop.start(by === 'c' ? 'c' : who, args, shop.pin(1))
  try {
    return await use(await peer.line(), peer)
  } finally {
    await peer.stop()
  }
}

/**
 * The instructions that one operation takes outside the kernel, which no other
 * program can disturb: those of many operations less those of few.
 */
async function instructions(shop: Workshop, row: Row, who: Contestant) {
  const count = (operations: number): Promise<number> =>
    withPeer(shop, row, who, async (address) => {
      const args = [row.id, row.size, row.chunk, 0, 0, operations, address]
      const program = shop.start(who, args, callgrind)
      await program.line()
      const said = await program.end()
      const [, collected] = /Collected : (\d+)/.exec(said) ?? []
      if (collected === undefined) throw new Error(`valgrind counted nothing: ${said}`)
      return Number(collected)
    })
  const few = await count(FEW)
  return { instructions: ((await count(MANY)) - few) / (MANY - FEW) }
}

/** A server with many clients needs a while until all of them have had their turn. */
const enough = (ms: number): number => Math.max(ms, 150)

async function load(shop: Workshop, row: Row, times: Times, address: string): Promise<Sample> {
  const { size, chunk } = row
  const { ops, seconds } = await result(
    shop.start(
      'c',
      ['load', size, chunk, ...[times.warm, times.ms].map(enough), 1, address],
      shop.pin(0),
    ),
  )
  return { rate: ops / seconds }
}

/**
 * How long connections are idle until their memory is looked at, in ms. Nobody forces a
 * collection: V8 makes one by itself when a program has had little to do for some
 * eight seconds, and gives back the room that it kept for young objects.
 */
const IDLE = 10_000

/** How much more memory a server has with more connections, each of which was used once. */
async function memory(shop: Workshop, row: Row, server: Program, address: string): Promise<Sample> {
  const open = async (connections: number) => {
    const clients = shop.start('c', ['idle', row.size, connections, 0, 0, 1, address])
    await clients.line()
    await setTimeout(IDLE)
    return Number(await server.ask('rss'))
  }
  const before = await open(row.chunk / 2) // what the first few need stays out of it
  const after = await open(row.chunk)
  return { memory: (after - before) / row.chunk }
}

const scripts = { ours: 'ours/import.js', node: 'node/empty.js' }

/** Milliseconds from the start of a process to its end. */
async function script(shop: Workshop, who: Contestant): Promise<Sample> {
  const path = fileURLToPath(new URL(scripts[who === 'ours' ? 'ours' : 'node'], import.meta.url))
  const start = performance.now()
  const program = shop.launch(process.execPath, [path])
  await program.end()
  const wall = performance.now() - start
  const { user, system } = JSON.parse(await program.line()) as Printed
  return { import: wall, processor: (user + system) / 1e6 }
}

/** Runs a contestant once, with a fresh process at either end. */
export function sample(shop: Workshop, row: Row, who: Contestant, times: Times): Promise<Sample> {
  if (row.how === 'import') return script(shop, who)
  if (times.counting) return instructions(shop, row, who)
  return withPeer(shop, row, who, (address, peer) => {
    if (row.how === 'load') return load(shop, row, times, address)
    if (row.how === 'memory' && peer !== null) return memory(shop, row, peer, address)
    return call(shop, row, who, times, address)
  })
}
