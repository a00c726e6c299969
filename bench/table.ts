// The results as tables: for the terminal, and in Markdown.

import type { Distribution } from 'bsd-socket/bench'
import Table from 'cli-table3'
import type { Machine } from './machine.js'
import type { CurveResult, Ratio, Result } from './results.js'
import { type Contestant, names, type Other, type Quantity } from './works.js'

const others: readonly Other[] = ['c', 'python', 'node']

/** Three digits that matter. */
const digits = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString()

const scales = [
  [1e-6, 1e9, 'ns'],
  [1e-3, 1e6, 'µs'],
  [1, 1e3, 'ms'],
] as const

function duration(seconds: number): string {
  const [, factor, unit] = scales.find(([below]) => seconds < below) ?? [0, 1, 's']
  return `${digits(seconds * factor)} ${unit}`
}

const shown: Record<Quantity, (value: number) => string> = {
  time: duration,
  processor: duration,
  rate: (value) => `${digits(value)}/s`,
  memory: (value) => `${digits(value / 1024)} KiB`,
  import: (value) => `${digits(value)} ms`,
  instructions: (value) => digits(value),
}

const wording: Record<Quantity, string> = {
  time: '',
  processor: ', processor time',
  rate: ', messages',
  memory: '',
  import: '',
  instructions: ', instructions',
}

/** What a row is about. */
export const heading = ({ title, quantity }: Result): string => title + wording[quantity]

/** A value of one contestant, with its unit. */
export const value = (quantity: Quantity, amount: Distribution | undefined): string =>
  amount === undefined ? '' : shown[quantity](amount.median)

const fixed = (quantity: Quantity, n: number): string => n.toFixed(quantity === 'import' ? 1 : 2)

/** `1.04 (1.02–1.07) ≤ 1.15 yes` */
export function verdict(quantity: Quantity, ratio: Ratio | undefined): string {
  if (ratio === undefined) return ''
  const { median, low, high, target, holds } = ratio
  const spread = `${fixed(quantity, median)} (${fixed(quantity, low)}–${fixed(quantity, high)})`
  if (target === null) return spread
  return `${spread} ${quantity === 'rate' ? '≥' : '≤'} ${target} ${holds ? 'yes' : 'NO'}`
}

const head = (who: readonly Contestant[]): string[] => who.map((one) => names[one])

function cells(result: Result): string[] {
  const { quantity, values, ratios } = result
  return [
    heading(result),
    value(quantity, values.ours),
    ...others.map((who) => verdict(quantity, ratios[who])),
  ]
}

const titles = ['work', 'ours', ...head(others).map((name) => `to ${name}`)]

const everyone: readonly Contestant[] = ['ours', ...others]

/** A table is its rows; the first is the head. */
type Grid = string[][]

function along({ x, points }: CurveResult): Grid {
  const rows = points.map(({ x: at, result: { quantity, values, ratios } }) => [
    at.toLocaleString('en'),
    ...everyone.map((who) => value(quantity, values[who])),
    ...others.map((who) => verdict(quantity, ratios[who])),
  ])
  return [[x, ...head(everyone), ...head(others).map((name) => `to ${name}`)], ...rows]
}

const grids = (results: readonly Result[], curves: readonly CurveResult[]): Grid[] => [
  ...(results.length === 0 ? [] : [[titles, ...results.map(cells)]]),
  ...curves.map(along),
]

/** For a terminal. */
export function table(results: readonly Result[], curves: readonly CurveResult[]): string {
  const tables = grids(results, curves).map(([head, ...rows]) => {
    const made = new Table({ head, style: { head: [], border: [], compact: true } })
    made.push(...rows)
    return made.toString()
  })
  return tables.join('\n')
}

/** What each contestant took. */
const absolute = (results: readonly Result[]): Grid => [
  ['work', 'for one', ...head(everyone)],
  ...results.map((result) => [
    heading(result),
    result.unit,
    ...everyone.map((who) => value(result.quantity, result.values[who])),
  ]),
]

/** Ours to theirs once more, everybody's best turns. The memory is looked at in no turns. */
const atBest = (results: readonly Result[]): Grid => [
  titles,
  ...results
    .filter(({ quantity }) => quantity !== 'memory')
    .map((result) => {
      const { quantity, best } = result
      const { ours = Number.NaN } = best
      const ratio = (theirs: number | undefined): string => {
        if (theirs === undefined) return ''
        return fixed(quantity, quantity === 'import' ? ours - theirs : ours / theirs)
      }
      return [heading(result), shown[quantity](ours), ...others.map((who) => ratio(best[who]))]
    }),
]

/** For a page of the documentation: the same, the best turns, and what each contestant took. */
export function markdown(results: readonly Result[], curves: readonly CurveResult[]): string {
  const line = (parts: readonly string[]): string => `| ${parts.join(' | ')} |`
  const all = grids(results, curves)
  if (results.length > 0) all.splice(1, 0, atBest(results), absolute(results))
  const tables = all.map(([head, ...rows]) => [
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
  ])
  return tables.map((lines) => lines.join('\n')).join('\n\n')
}

/** Where the figures come from, in lines. */
export const place = (machine: Machine): string[] => [
  `${machine.processor}, ${machine.memory}, ${machine.kernel}, load ${machine.load}`,
  `bsd-socket ${machine.package}, Node ${machine.node}, ${machine.python}, ${machine.cc}`,
]
