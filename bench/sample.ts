// One run of one contestant at one work, whole or in slices.

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
}

interface Worked extends Printed {
  readonly user: number
  readonly system: number
}

interface Loaded extends Printed {
  /** With those that were not timed. */
  readonly all: number
}

/** How often the contestants take turns within a round. */
export const SLICES = 4

/**
 * A contestant that is warm, and measures when it is told to; its other end stays for it.
 * An import is never warm: each slice of it is a process.
 */
export interface Player {
  slice(): Promise<Sample>
  leave(): Promise<void>
}

/** In so many milliseconds all clients of a server have had their turn several times. */
const enough = (ms: number, connections: number): number => Math.max(ms, connections / 20)

/**
 * How long to warm up, in milliseconds: by then V8 has compiled what runs. Calls do with less
 * where they are measured for less time; a server makes too few of them for that.
 */
export const WARM = 300

const scripts = { ours: 'ours/import.js', node: 'node/empty.js' }

/** Milliseconds from the start of a process to its end. */
async function script(shop: Workshop, who: Contestant): Promise<Sample> {
  const path = fileURLToPath(new URL(scripts[who === 'ours' ? 'ours' : 'node'], import.meta.url))
  const start = performance.now()
  const program = shop.launch(process.execPath, [path])
  await program.end()
  return { import: performance.now() - start }
}

/** The processor time of a server once it has done what is under way, and has next to nothing to do. */
async function settled(server: Program): Promise<number> {
  for (let before = server.processor(); ; ) {
    await setTimeout(5)
    const now = server.processor()
    if (!(now - before > 0.0001)) return now
    before = now
  }
}

/** One slice of a load on a server. */
async function loaded(load: Program, server: Program): Promise<Sample> {
  const before = server.processor()
  const { ops, seconds, all } = JSON.parse(await load.ask('go')) as Loaded
  const processor = ((await settled(server)) - before) / all
  return Number.isNaN(processor) ? { rate: ops / seconds } : { rate: ops / seconds, processor }
}

/** Starts a contestant and what is at its other end, and waits until it is warm. */
export async function player(
  shop: Workshop,
  row: Row,
  who: Contestant,
  times: Times,
): Promise<Player> {
  const { id, size, chunk } = row
  if (row.how === 'import') return { slice: () => script(shop, who), async leave() {} }
  const [address, peer] = await other(shop, row, who)
  const load = row.how === 'load'
  const [warm, ms] = [load ? WARM : times.warm, times.ms / SLICES].map((ms) =>
    load ? enough(ms, chunk) : ms,
  )
  const args = [load ? 'load' : id, size, chunk, warm, ms, 1]
  const under = row.peer === undefined ? [] : shop.pin(0)
  const program = shop.start(load ? 'c' : who, [...args, address, 'paced'], under)
  await program.line()
  return {
    async slice() {
      if (load && peer !== null) return loaded(program, peer)
      const { ops, seconds, user, system } = JSON.parse(await program.ask('go')) as Worked
      return { time: seconds / ops, processor: (user + system) / ops }
    },
    async leave() {
      await program.stop()
      await peer?.stop()
    },
  }
}

const callgrind = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null']
/**
 * valgrind runs one thread at a time: where V8 compiles in another, a loop runs uncompiled
 * for as long as that one has to wait.
 */
const alone = ['--single-threaded']

/**
 * The address of a fresh process at the other end, and the process; nothing where none
 * is needed. A file to send is part of the address.
 */
async function other(
  shop: Workshop,
  row: Row,
  who: Contestant,
): Promise<[address: string, peer: Program | null]> {
  if (row.peer === undefined) return ['', null]
  const { by, work, address } = row.peer
  const where = address === 'path' ? [shop.path()] : []
  const args = [work, row.size, 0, 0, 0, 0, ...where]
  const peer = shop.start(by === 'c' ? 'c' : who, args, shop.pin(1))
  const said = await peer.line()
  return [row.file ? `${said}:${shop.file(row.size)}` : said, peer]
}

/**
 * The instructions that one operation takes outside the kernel, which no other
 * program can disturb: those of many operations less those of few.
 */
async function instructions(shop: Workshop, row: Row, who: Contestant) {
  const count = async (operations: number): Promise<number> => {
    const [address, peer] = await other(shop, row, who)
    const args = [row.id, row.size, row.chunk, 0, 0, operations, address]
    const program = shop.start(who, args, callgrind, alone)
    await program.line()
    const said = await program.end()
    await peer?.stop()
    const [, collected] = /Collected : (\d+)/.exec(said) ?? []
    if (collected === undefined) throw new Error(`valgrind counted nothing: ${said}`)
    return Number(collected)
  }
  const { counted = 100_000 } = row
  const few = await count(counted / 2)
  return { instructions: ((await count(counted * 1.5)) - few) / counted }
}

/**
 * How long connections are idle until their memory is looked at, in ms. Nobody forces a
 * collection. V8 looks every eight seconds whether a program had little to do of late, and
 * mostly makes one then, and gives back the room that it kept for young objects.
 */
const IDLE = 15_000

/** How much more memory a server has with more connections, each of which was used once. */
async function memory(shop: Workshop, row: Row, who: Contestant): Promise<Sample> {
  const [address, server] = await other(shop, row, who)
  if (server === null) throw new Error(`${row.id}: no server`)
  const clients: Program[] = []
  const open = async (connections: number) => {
    const client = shop.start('c', ['idle', row.size, connections, 0, 0, 1, address])
    clients.push(client)
    await client.line()
    await setTimeout(IDLE)
    return Number(await server.ask('rss'))
  }
  const before = await open(row.chunk / 2) // what the first few need stays out of it
  const after = await open(row.chunk)
  for (const program of [...clients, server]) await program.stop()
  return { memory: (after - before) / row.chunk }
}

/** What is measured as a whole; the rest is played in slices. */
export const whole = ({ how }: Row, { counting }: Times): boolean =>
  counting === true || how === 'memory'

/** Runs a contestant once, with a fresh process at either end. */
export function sample(shop: Workshop, row: Row, who: Contestant, times: Times): Promise<Sample> {
  return times.counting ? instructions(shop, row, who) : memory(shop, row, who)
}
