// How long each single operation takes.

/**
 * What counts latencies. `createHistogram()` of node:perf_hooks gives one: it is an
 * HDR histogram, exact to three digits at any number of values. Any other library
 * fits with one line: `{ record: (ns) => theirs.recordValue(ns) }`.
 */
export interface Recorder {
  record(nanoseconds: number): void
}

export interface LatencyOptions {
  /** How many operations are recorded; 10,000 if left out. */
  operations?: number
  /** How many are done first and not recorded; 1,000 if left out. */
  warmup?: number
}

/**
 * Does an operation again and again, one after the other, and records how long each
 * took, in whole nanoseconds and at least 1. Reading the clock costs some 50 ns, which
 * are in it.
 */
export async function latencies(
  operation: () => unknown,
  histogram: Recorder,
  { operations = 10_000, warmup = 1000 }: LatencyOptions = {},
): Promise<void> {
  for (let i = -warmup; i < operations; i++) {
    const start = performance.now()
    const done = operation()
    if (done instanceof Promise) await done
    const time = performance.now() - start
    if (i >= 0) histogram.record(Math.max(1, Math.round(time * 1e6)))
  }
}
