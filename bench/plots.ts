// Plots in SVG.

import { type ScaleLogarithmic, scaleBand, scaleLog } from 'd3-scale'
import type { CurveResult, Ratio, Result } from './results.js'
import { heading } from './table.js'
import { type Contestant, names, type Other } from './works.js'

const WIDTH = 900
const LABELS = 350
const ROW = 24

const colours: Record<Contestant, string> = {
  ours: '#0b6e4f',
  c: '#555555',
  python: '#c77d0a',
  node: '#2f6fb0',
}

type Attributes = Readonly<Record<string, string | number>>

function element(name: string, attributes: Attributes, content: string | number = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`)
  return `<${name}${written.join('')}>${content}</${name}>`
}

const picture = (height: number, parts: readonly string[]): string =>
  element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
    },
    parts.join('\n'),
  )

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, width = 1) =>
  element('line', { x1, y1, x2, y2, stroke, 'stroke-width': width })

const text = (x: number, y: number, content: string, anchor = 'start', fill = '#333') =>
  element('text', { x, y, 'text-anchor': anchor, style: `fill: ${fill}` }, content)

/** A ratio of costs: of a rate the other way round, so that below 1 is better in all. */
function cost({ quantity }: Result, { median, low, high, target, holds }: Ratio) {
  const [m, l, h] = quantity === 'rate' ? [1 / median, 1 / high, 1 / low] : [median, low, high]
  const wanted = target === null ? null : quantity === 'rate' ? 1 / target : target
  return { median: m, low: l, high: h, target: wanted, holds }
}

const fills = new Map<boolean | null, string>([
  [true, '#3a9d78'],
  [false, '#d1604d'],
  [null, '#aaaaaa'],
])

/** Values between the ticks of a logarithmic axis, few enough to be read. */
function ticks(scale: ScaleLogarithmic<number, number>, most = 8): number[] {
  const all = scale.ticks(most)
  const [low, high] = scale.domain()
  const round = all.filter((tick) => /^[125]/.test(tick.toExponential()))
  const tens = all.filter((tick) => tick.toExponential().startsWith('1e'))
  return high / low > 300 ? tens : round
}

const plain = (n: number): string =>
  n >= 1
    ? n.toLocaleString('en', { maximumFractionDigits: 2 })
    : Number(n.toPrecision(3)).toString()

/** A bar from 1 to the ratio of each work, and its spread. Null where there is nothing. */
export function bars(results: readonly Result[], who: Other): string | null {
  const found = results.flatMap((result) => {
    const ratio = result.quantity === 'import' ? undefined : result.ratios[who]
    return ratio === undefined ? [] : [{ title: heading(result), ...cost(result, ratio) }]
  })
  if (found.length === 0) return null
  const values = found.flatMap(({ low, high, target }) => [low, high, target ?? 1])
  const bottom = found.length * ROW
  const domain = [Math.min(0.5, ...values) / 1.1, Math.max(2, ...values) * 1.1]
  const x = scaleLog(domain, [LABELS, WIDTH - 50])
  const y = scaleBand(
    found.map(({ title }) => title),
    [0, bottom],
  ).padding(0.35)
  const axis = ticks(x).flatMap((tick) => [
    line(x(tick), 0, x(tick), bottom, tick === 1 ? '#444' : '#ddd'),
    text(x(tick), bottom + 16, plain(tick), 'middle'),
  ])
  const drawn = found.flatMap(({ title, median, low, high, target, holds }) => {
    const top = y(title) ?? 0
    const middle = top + y.bandwidth() / 2
    const [from, to] = [Math.min(x(1), x(median)), Math.max(x(1), x(median))]
    return [
      text(LABELS - 10, middle + 4, title, 'end'),
      element('rect', {
        x: from,
        y: top,
        width: Math.max(to - from, 1),
        height: y.bandwidth(),
        fill: fills.get(holds) ?? '#aaa',
      }),
      line(x(low), middle, x(high), middle, '#222', 1.5),
      target === null
        ? ''
        : line(x(target), top - 3, x(target), top + y.bandwidth() + 3, '#000', 3),
      text(WIDTH - 4, middle + 4, median.toFixed(2), 'end'),
    ]
  })
  return picture(bottom + 24, [...axis, ...drawn])
}

const MARGIN = { left: 80, right: 90, top: 10, bottom: 46 }
const HEIGHT = 380

/** The medians of each contestant along a curve, and the quartiles around them. */
export function lines({ x: xTitle, y: yTitle, points }: CurveResult): string {
  const everyone = (Object.keys(names) as Contestant[]).filter((who) =>
    points.every(({ result }) => result.values[who] !== undefined),
  )
  const spread = points.flatMap(({ result }) =>
    everyone.flatMap((who) => [result.values[who]?.low ?? 1, result.values[who]?.high ?? 1]),
  )
  const xs = points.map((point) => point.x)
  const x = scaleLog([Math.min(...xs), Math.max(...xs)], [MARGIN.left, WIDTH - MARGIN.right])
  const y = scaleLog(
    [Math.min(...spread), Math.max(...spread)],
    [HEIGHT - MARGIN.bottom, MARGIN.top],
  ).nice()
  const [left, right] = x.range()
  const [bottom, top] = y.range()
  const axes = [
    ...ticks(x).flatMap((tick) => [
      line(x(tick), top, x(tick), bottom, '#eee'),
      text(x(tick), bottom + 16, plain(tick), 'middle'),
    ]),
    ...ticks(y).flatMap((tick) => [
      line(left, y(tick), right, y(tick), '#ddd'),
      text(left - 6, y(tick) + 4, yTitle === 'seconds' ? micro(tick) : plain(tick), 'end'),
    ]),
    text((left + right) / 2, HEIGHT - 8, xTitle, 'middle'),
  ]
  const drawn = everyone.flatMap((who) => {
    const at = points.map(({ x: value, result }) => {
      const { median, low, high } = result.values[who] ?? { median: 1, low: 1, high: 1 }
      return { x: x(value), y: y(median), low: y(low), high: y(high) }
    })
    const d = at.map((point, i) => `${i === 0 ? 'M' : 'L'}${point.x},${point.y}`).join('')
    const stroke = colours[who]
    return [
      element('path', { d, fill: 'none', stroke, 'stroke-width': who === 'ours' ? 3 : 1.5 }),
      ...at.map((point) => line(point.x, point.low, point.x, point.high, stroke, 1.5)),
      ...at.map((point) => element('circle', { cx: point.x, cy: point.y, r: 3, fill: stroke })),
    ]
  })
  const legend = everyone.flatMap((who, i) => [
    line(right + 12, top + 12 + i * 20, right + 30, top + 12 + i * 20, colours[who], 3),
    text(right + 35, top + 16 + i * 20, names[who]),
  ])
  return picture(HEIGHT, [...axes, ...drawn, ...legend])
}

const micro = (seconds: number): string =>
  seconds >= 1e-3 ? `${plain(seconds * 1e3)} ms` : `${plain(seconds * 1e6)} µs`
