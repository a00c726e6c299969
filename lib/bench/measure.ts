// Loops: warm up, then time chunks of operations.

/** Work that is measured. Each function may give a promise. */
export interface Work {
  /** Called before each chunk; its time does not count. */
  prepare?(operations: number): void | Promise<void>
  /** Does so many operations. */
  chunk(operations: number): void | Promise<void>
}

export interface MeasureOptions {
  /** How many operations are timed together: enough to last longer than reading clocks. */
  chunk?: number
  /** Seconds to run untimed first, so that compilers and caches are warm. */
  warmup?: number
  /** Seconds to measure, at least. */
  seconds?: number
  /** Operations to measure, at least. */
  operations?: number
}

/** What a measurement gives. */
export interface Measured {
  readonly operations: number
  /** Time on a monotonic clock. */
  readonly seconds: number
  /** Processor time of this process outside the kernel, in seconds. */
  readonly user: number
  /** Processor time of this process inside the kernel, in seconds. */
  readonly system: number
}

async function once(work: Work, operations: number): Promise<Measured> {
  const prepared = work.prepare?.(operations)
  if (prepared !== undefined) await prepared
  const before = process.cpuUsage()
  const start = performance.now()
  const done = work.chunk(operations)
  if (done !== undefined) await done
  const seconds = (performance.now() - start) / 1e3
  const { user, system } = process.cpuUsage(before)
  return { operations, seconds, user: user / 1e6, system: system / 1e6 }
}

/**
 * Warms up, then measures chunks of operations until there are enough of them.
 * Only the chunks count, neither the start of the process nor `prepare`.
 */
export async function measure(
  work: Work,
  { chunk = 1000, warmup = 0.2, seconds = 0.5, operations = 1 }: MeasureOptions = {},
): Promise<Measured> {
  const end = performance.now() + warmup * 1e3
  while (performance.now() < end) await once(work, chunk)
  const sum = { operations: 0, seconds: 0, user: 0, system: 0 }
  while (sum.seconds < seconds || sum.operations < operations) {
    const one = await once(work, chunk)
    sum.operations += one.operations
    sum.seconds += one.seconds
    sum.user += one.user
    sum.system += one.system
  }
  return sum
}
