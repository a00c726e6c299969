// The command line of a contestant in TypeScript, the same as that of the others:
// work, bytes of a message, operations of a chunk, milliseconds to warm up,
// milliseconds and operations to measure at least, the address of a server, and a word
// if it is to measure whenever a line comes on the standard input.

import { type MeasureOptions, measure, type Work } from 'bsd-socket/bench'

const [work, size, chunk, warm, ms, operations, address = '', pace = ''] = process.argv.slice(2)

export const job = {
  work,
  size: Number(size),
  chunk: Number(chunk),
  warmup: Number(warm) / 1e3,
  seconds: Number(ms) / 1e3,
  operations: Number(operations),
  /** A port or a path, and after a colon the path of a file. */
  address,
}

export const message = Buffer.alloc(1 << 20, 'x')
export const portOf = (): number => Number.parseInt(job.address, 10)
export const fileOf = (): string => job.address.slice(job.address.indexOf(':') + 1)
/** The segments of one send with segmentation offload, and the bytes of each. */
export const SEGMENTS = 44
export const SEGMENT = 1472
/** The messages of a batch. */
export const BATCH = 64

export type Works = Readonly<Record<string, () => Work | Promise<Work>>>
export type Servers = Readonly<Record<string, () => void | Promise<void>>>

async function print(work: Work, before: MeasureOptions, then?: () => void): Promise<void> {
  const { operations, ...times } = await measure(work, { ...job, ...before })
  process.stdout.write(`${JSON.stringify({ ops: operations, ...times })}\n`, then)
}

/** Does the work of the command line and prints what was measured. */
export async function run(works: Works, servers: Servers): Promise<void> {
  if (job.work in servers) return servers[job.work]()
  if (!(job.work in works)) throw new Error(`no work ${job.work}`)
  const work = await works[job.work]()
  if (pace === '') return print(work, {}, () => process.exit())
  await measure(work, { ...job, seconds: 0, operations: 0 })
  console.log('ready')
  process.stdin
    .on('end', () => process.exit())
    .on('data', async () => {
      await print(work, { warmup: job.seconds / 4 }) // others have had the caches
    })
}

/** Answers "rss" on the standard input with the bytes of memory that the process has. */
export function tellMemory(): void {
  process.stdin.on('data', () => process.stdout.write(`${process.memoryUsage.rss()}\n`))
}

/** The eight bytes that tell the sink how many bytes to confirm. */
export function agreement(bytes: number): Buffer {
  const message = Buffer.alloc(8)
  message.writeBigUInt64LE(BigInt(bytes))
  return message
}
