/**
 * A kit for benchmarks: loops with warm-up, histograms of latency, the kernel's
 * own times, and ratios that stand on a noisy machine.
 *
 * @module
 */

export { type Distribution, distribution, ratios } from './bench/compare.js'
export { type Measured, type MeasureOptions, measure, type Work } from './bench/measure.js'
