// `npm run bench`: this package beside C, CPython and Node's own modules.

import { writeFileSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { type Curve, curves } from './curves.js'
import { machine } from './machine.js'
import { type Options, options, usage } from './options.js'
import { Workshop } from './processes.js'
import { page } from './report.js'
import { type CurveResult, contest, type Everything, type Result } from './results.js'
import { markdown, place, table } from './table.js'
import { contestants, type Row, rows } from './works.js'

/** A bar on the terminal; nothing where nobody looks. */
function progress(total: number): { step(what: string): void; stop(): void } {
  if (!process.stderr.isTTY) return { step() {}, stop() {} }
  const bar = new SingleBar({ format: '{bar} {value}/{total} {what}', stream: process.stderr })
  bar.start(total, 0, { what: '' })
  return { step: (what) => bar.increment({ what }), stop: () => bar.stop() }
}

/**
 * Runs the works and the points of the curves, all of them in each round: so a bad minute
 * of the machine costs every work a turn, and no work all of its turns.
 */
async function measureAll(
  wanted: readonly Row[],
  along: readonly Curve[],
  options: Options,
): Promise<[Result[], CurveResult[]]> {
  using shop = new Workshop()
  const stop = () => {
    shop[Symbol.dispose]()
    process.exit(130)
  }
  process.once('SIGINT', stop)
  const all = [...wanted, ...along.flatMap(({ points }) => points.map(({ row }) => row))]
  const turns = all.map((row) => contestants(row).length * options.rounds)
  const bar = progress(turns.reduce((sum, n) => sum + n, 0))
  const contests = new Map(all.map((row) => [row, contest(shop, row, options, bar.step)]))
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const one of contests.values()) await one.round(round)
    }
  } finally {
    bar.stop()
    process.removeListener('SIGINT', stop)
  }
  const results = (row: Row) => contests.get(row)?.results() ?? []
  const grown = along.map((curve) => ({
    ...curve,
    points: curve.points.map(({ x, row }) => ({ x, result: results(row)[0] })),
  }))
  return [wanted.flatMap(results), grown]
}

function print(all: Everything, { markdown: asMarkdown, processor, counting }: Options): void {
  const { machine, settings, results } = all
  const asked = ({ id, quantity }: Result) =>
    rows.some((row) => row.id === id && quantity in row.targets)
  const shown = results.filter((result) => processor || counting || asked(result))
  for (const line of place(machine)) console.log(line)
  const { rounds, ms } = settings
  const turns = counting ? 'instructions outside the kernel' : `${rounds} rounds of ${ms} ms`
  console.log(`${turns}; ratios ours to theirs: median (quartiles) target`)
  console.log(asMarkdown ? markdown(shown, all.curves) : table(shown, all.curves))
}

/** Instructions are counted where an operation is a call or a few. */
const countable = (row: Row) => row.how === undefined

async function main(options: Options): Promise<void> {
  const named = rows.filter(({ id }) => options.only?.includes(id) ?? true)
  const wanted = named.filter(
    (row) => (!options.counting || countable(row)) && (!options.quick || row.how !== 'memory'),
  )
  const along = curves.filter(({ id }) => options.only?.includes(id) ?? options.curves)
  const { rounds: count, ms, warm } = options
  const where = machine()
  const [results, grown] = await measureAll(wanted, along, options)
  const all: Everything = {
    machine: where,
    settings: { rounds: count, ms, warm },
    results,
    curves: grown,
  }
  if (options.html !== null) writeFileSync(options.html, page(all))
  if (options.json === '-') return console.log(JSON.stringify(all))
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`)
  print(all, options)
  if (options.html !== null) console.log(`plots: ${options.html}`)
}

let chosen: Options | null = null
try {
  chosen = options(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  console.error(`bench: ${error.message}`)
  process.exit(2)
}
if (chosen === null) console.log(usage)
else await main(chosen)
