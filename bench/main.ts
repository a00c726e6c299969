// `npm run bench`: this package beside C, CPython and Node's own modules.

import { writeFileSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { machine } from './machine.js'
import { type Options, options, usage } from './options.js'
import { Workshop } from './processes.js'
import { type Result, rounds } from './results.js'
import { markdown, place, table } from './table.js'
import { contestants, type Row, rows } from './works.js'

/** A bar on the terminal; nothing where nobody looks. */
function progress(total: number): { step(what: string): void; stop(): void } {
  if (!process.stderr.isTTY) return { step() {}, stop() {} }
  const bar = new SingleBar({ format: '{bar} {value}/{total} {what}', stream: process.stderr })
  bar.start(total, 0, { what: '' })
  return { step: (what) => bar.increment({ what }), stop: () => bar.stop() }
}

async function measureAll(chosen: readonly Row[], options: Options): Promise<Result[]> {
  using shop = new Workshop()
  const stop = () => {
    shop[Symbol.dispose]()
    process.exit(130)
  }
  process.once('SIGINT', stop)
  const turns = chosen.map((row) => contestants(row).length * options.rounds)
  const bar = progress(turns.reduce((sum, n) => sum + n, 0))
  const found: Result[] = []
  try {
    for (const row of chosen) {
      found.push(...(await rounds(shop, row, options.rounds, options, bar.step)))
    }
  } finally {
    bar.stop()
    process.removeListener('SIGINT', stop)
  }
  return found
}

async function main(options: Options): Promise<void> {
  const wanted = rows.filter(({ id }) => options.only?.includes(id) ?? true)
  const missing = wanted.filter((row) => row.missing !== undefined)
  const where = machine()
  const results = await measureAll(
    wanted.filter((row) => !missing.includes(row)),
    options,
  )
  const skipped = missing.map(({ id, missing }) => ({ id, reason: missing }))
  const { rounds, ms, warm } = options
  const all = { machine: where, settings: { rounds, ms, warm }, results, skipped }
  if (options.json === '-') return console.log(JSON.stringify(all))
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`)
  for (const line of place(where)) console.log(line)
  console.log(`${rounds} rounds of ${ms} ms; ratios ours to theirs: median (quartiles) target`)
  console.log(options.markdown ? markdown(results) : table(results))
  for (const { id, reason } of skipped) console.log(`${id}: not measured: ${reason}`)
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
