/**
 * A kit for benchmarks: loops with warm-up, histograms of latency, the kernel's
 * own times, and ratios that stand on a noisy machine.
 *
 * @module
 */

export { type Distribution, distribution, ratios } from './bench/compare.js'
export { type LatencyOptions, latencies, type Recorder } from './bench/latency.js'
export { type Measured, type MeasureOptions, measure, type Work } from './bench/measure.js'
export {
  receive_time,
  type SendTime,
  type Stamped,
  send_time,
  stamp_receives,
  stamp_sends,
  TIMES_SPACE,
} from './bench/times.js'
