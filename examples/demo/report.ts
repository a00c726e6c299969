// The table that the demo prints.

import * as socket from 'bsd-socket'
import Table from 'cli-table3'
import type { Done } from './exchange.js'

/** What became of one row. */
export interface Outcome {
  readonly what: string
  readonly done?: Done
  readonly error?: unknown
  /** What this machine or user lacks for it. */
  readonly missing?: string
  /** What would give the permission that is missing. */
  readonly hint?: string | undefined
}

/** What the errors of opening a socket say about the kernel rather than about us. */
const unsupported: readonly (string | undefined)[] = [
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EPROTOTYPE',
  'EADDRNOTAVAIL',
]

/** An error as an outcome: a failure, unless it only means that something is missing here. */
export function fault(what: string, error: unknown): Outcome {
  if (!(error instanceof socket.OSError)) return { what, error }
  if (error instanceof socket.PermissionError && error.syscall === 'socket') {
    return { what, missing: `not permitted: ${error.message}`, hint: error.hint }
  }
  if (!unsupported.includes(error.code)) return { what, error }
  return { what, missing: `not in this kernel: ${error.message}` }
}

const quantile = (sorted: number[], q: number): string =>
  sorted[Math.ceil(q * sorted.length) - 1].toFixed(1)

function cells({ what, done, error, missing }: Outcome): Table.Cell[] {
  if (done === undefined) {
    const words = missing ?? `FAILED: ${error instanceof Error ? error.message : error}`
    return [what, { content: words, colSpan: 7 }]
  }
  const { ours, theirs, bytes, times } = done
  const [median, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  return [what, ours, theirs, bytes, times.length, median, p99, 'yes']
}

/** The outcomes as a table, with the hints below it. */
export function report(outcomes: readonly Outcome[]): string {
  const rows = new Table({
    head: ['socket', 'from', 'to', 'bytes', 'trips', 'median µs', 'p99 µs', 'checked'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const outcome of outcomes) rows.push(cells(outcome))
  const hints = outcomes.filter(({ hint }) => hint).map(({ what, hint }) => `${what}: ${hint}`)
  return [
    rows.toString(),
    'bytes: in each direction. µs: one message there and back.',
    ...hints,
  ].join('\n')
}
