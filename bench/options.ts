// The command line of `npm run bench`.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { curves } from './curves.js'
import { SLICES, WARM } from './sample.js'
import { rows } from './works.js'

/** Where the plots go. */
const page = fileURLToPath(new URL('../../bench/report.html', import.meta.url))

export const usage = `npm run bench -- [options]

  --quick         under a minute: fewer and shorter rounds, and not the memory of a
                  connection, which is idle for fifteen seconds first
  --curves        also how figures grow with connections and with sizes
  --only a,b      these works and curves alone
  --rounds n      how often each contestant is started
  --ms n          how long it is measured each time, in milliseconds
  --processor     shows processor time (user + system) for every work
  --instructions  counts user-space instructions instead of time, with valgrind;
                  some forty minutes
  --json file|-   writes the results as JSON
  --html file     writes a page with plots; bench/report.html if left out, and
                  nothing with --only
  --markdown      prints the tables of docs/performance.md
  --help

Works: ${rows.map(({ id }) => id).join(', ')}.
Curves: ${curves.map(({ id }) => id).join(', ')}.

Each contestant (this package, C, CPython, Node's net and dgram) does the same work. In
a round they take turns, ${SLICES} short ones each. A ratio is ours to theirs in the same turn:
the median, and in brackets the quartiles. Below 1 we are faster; of messages a second,
above 1.`

export interface Options {
  readonly only: readonly string[] | null
  readonly curves: boolean
  readonly html: string | null
  readonly rounds: number
  readonly ms: number
  readonly warm: number
  readonly json: string | null
  readonly markdown: boolean
  readonly processor: boolean
  readonly counting: boolean
  /** Without what takes long. */
  readonly quick: boolean
}

function positive(text: string | undefined, otherwise: number, name: string): number {
  const n = text === undefined ? otherwise : Number(text)
  if (!(n > 0)) throw new TypeError(`--${name} takes a number above 0`)
  return n
}

/** The options, or null for --help. Throws TypeError for one that is not known. */
export function options(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      curves: { type: 'boolean' },
      only: { type: 'string' },
      html: { type: 'string' },
      rounds: { type: 'string' },
      ms: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'boolean' },
      processor: { type: 'boolean' },
      instructions: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return null
  const only = values.only?.split(',') ?? null
  const unknown = only?.find((id) => ![...rows, ...curves].some((known) => known.id === id))
  if (unknown !== undefined) throw new TypeError(`no work ${unknown}`)
  const ms = positive(values.ms, values.quick ? 50 : 300, 'ms')
  return {
    only,
    curves: values.curves ?? false,
    html: values.html ?? (only === null && values.json !== '-' ? page : null),
    rounds: Math.ceil(
      positive(values.rounds, values.instructions ? 1 : values.quick ? 2 : 11, 'rounds'),
    ),
    ms,
    warm: Math.min(ms, WARM),
    json: values.json ?? null,
    markdown: values.markdown ?? false,
    processor: values.processor ?? false,
    counting: values.instructions ?? false,
    quick: (values.quick ?? false) && only === null,
  }
}
