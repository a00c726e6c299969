// Comparing two series that were taken in turns.

/** The middle of a sample, and the quartiles, between which half of it lies. */
export interface Distribution {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** The value below which a part of the sorted sample lies, between its neighbours. */
function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part
  const below = sorted[Math.floor(at)]
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at))
}

/** The median and the quartiles of a sample; NaN of an empty one. */
export function distribution(sample: readonly number[]): Distribution {
  const sorted = [...sample].sort((a, b) => a - b)
  if (sorted.length === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN }
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  }
}

/**
 * The ratios of values that were taken one right after the other, round by round.
 * What slows a whole round down (another program, the processor's clock) slows both
 * sides of its ratio, and one bad round moves the median of ratios little.
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): Distribution {
  const rounds = Math.min(ours.length, theirs.length)
  return distribution(Array.from({ length: rounds }, (_, i) => ours[i] / theirs[i]))
}
