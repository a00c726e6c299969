// The results as one page that needs nothing else.

import { bars, lines } from './plots.js'
import type { CurveResult, Everything } from './results.js'
import { heading, place, value, verdict } from './table.js'
import { type Contestant, names, type Other } from './works.js'

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c)

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; color: #222 }
table { border-collapse: collapse; font-size: 13px } td, th { padding: 2px 10px; text-align: left }
tr:nth-child(even) { background: #f4f4f4 } figure { margin: 1.5em 0 } svg { max-width: 100% }
svg text { font: 12px system-ui, sans-serif; fill: #333 } h2 { margin-top: 2em }`

const others: readonly Other[] = ['c', 'python', 'node']

function table({ results }: Everything): string {
  const cells = (tag: string, parts: readonly string[]) =>
    `<tr>${parts.map((part) => `<${tag}>${escaped(part)}</${tag}>`).join('')}</tr>`
  const rows = results.map((result) =>
    cells('td', [
      heading(result),
      ...(['ours', ...others] as Contestant[]).map((who) =>
        value(result.quantity, result.values[who]),
      ),
      ...others.map((who) => verdict(result.quantity, result.ratios[who])),
    ]),
  )
  const heads = ['work', 'ours', ...others.map((who) => names[who])]
  return `<table>${cells('th', [...heads, ...others.map((who) => `to ${names[who]}`)])}${rows.join('')}</table>`
}

const figure = (title: string, svg: string): string =>
  `<h2>${escaped(title)}</h2><figure>${svg}</figure>`

const curve = (one: CurveResult): string => figure(one.title, lines(one))

/** The whole page. */
export function page(all: Everything): string {
  const { machine, settings, results } = all
  const charts = others.map((who) => {
    const svg = bars(results, who)
    return svg === null ? '' : figure(`Ours to ${names[who]}`, svg)
  })
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>bsd-socket: benchmark</title><style>${style}</style>
<h1>bsd-socket beside C, CPython and Node</h1>
<p>${place(machine).map(escaped).join('<br>')}<br>${machine.date}</p>
<p>${settings.rounds} rounds, each contestant in turn for ${settings.ms} ms. A bar is the median of the
ratios of single rounds, ours to theirs, for one operation; the thin line spans the quartiles. To the
left of 1 we are faster or smaller. The black mark is what was asked for.</p>
${charts.join('\n')}
${all.curves.map(curve).join('\n')}
<h2>Figures</h2>
${table(all)}
</html>
`
}
