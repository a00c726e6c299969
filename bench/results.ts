// Many runs in turns, and what they come to.

import { type Distribution, distribution, ratios } from 'bsd-socket/bench'
import type { Machine } from './machine.js'
import type { Workshop } from './processes.js'
import { type Player, player, type Sample, SLICES, sample, type Times, whole } from './sample.js'
import { type Contestant, contestants, type Other, type Quantity, type Row } from './works.js'

export interface Ratio extends Distribution {
  /** At most; of a rate, at least. Null where nothing was asked for. */
  readonly target: number | null
  readonly holds: boolean | null
}

/** One quantity of one work. */
export interface Result {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly quantity: Quantity
  /** Seconds, bytes, messages a second, or for the import milliseconds. */
  readonly values: Partial<Record<Contestant, Distribution>>
  /** Ours to the other's; for the import the difference in milliseconds. */
  readonly ratios: Partial<Record<Other, Ratio>>
  /** Everybody's best turn: the one from which other programs took the least. */
  readonly best: Partial<Record<Contestant, number>>
}

/** What was measured along a curve. */
export interface CurveResult {
  readonly id: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly points: readonly { readonly x: number; readonly result: Result }[]
}

/** All that one run of the benchmark gives. */
export interface Everything {
  readonly machine: Machine
  readonly settings: { readonly rounds: number; readonly ms: number; readonly warm: number }
  readonly results: readonly Result[]
  readonly curves: readonly CurveResult[]
}

const holds = (quantity: Quantity, ratio: number, target: number): boolean =>
  quantity === 'rate' ? ratio >= target : ratio <= target

type Series = Map<Contestant, Sample[]>

const of = (series: Series, who: Contestant, quantity: Quantity): number[] =>
  (series.get(who) ?? []).map((one) => one[quantity] ?? Number.NaN)

function compare(series: Series, who: Other, quantity: Quantity, target: number | null): Ratio {
  const ours = of(series, 'ours', quantity)
  const theirs = of(series, who, quantity)
  const compared =
    quantity === 'import' ? distribution(ours.map((ms, i) => ms - theirs[i])) : ratios(ours, theirs)
  // A server that gave back more memory than its connections took leaves nothing to compare.
  const sound = quantity === 'import' || [ours, theirs].every((all) => distribution(all).median > 0)
  return {
    ...compared,
    target,
    holds: target === null ? null : sound && holds(quantity, compared.median, target),
  }
}

/**
 * What is read off the runs of a work: what is asked for, if this system tells it, and
 * always the processor time.
 */
function quantities({ targets, how }: Row, series: Series, counting = false): Quantity[] {
  if (counting) return ['instructions']
  const asked = Object.keys(targets) as Quantity[]
  const all = how === undefined ? [...new Set<Quantity>([...asked, 'processor'])] : asked
  return all.filter((quantity) => of(series, 'ours', quantity).some(Number.isFinite))
}

const bestOf = (quantity: Quantity, values: readonly number[]): number =>
  quantity === 'rate' ? Math.max(...values) : Math.min(...values)

/** What the runs of one work come to. */
function results(row: Row, series: Series, counting?: boolean): Result[] {
  const { id, title, unit } = row
  return quantities(row, series, counting).map((quantity) => {
    const targets = row.targets[quantity] ?? {}
    const everyone = contestants(row)
    const others = everyone.filter((who) => who !== 'ours')
    return {
      id,
      title,
      unit,
      quantity,
      values: Object.fromEntries(
        everyone.map((who) => [who, distribution(of(series, who, quantity))]),
      ),
      ratios: Object.fromEntries(
        others.map((who) => [who, compare(series, who, quantity, targets[who] ?? null)]),
      ),
      best: Object.fromEntries(
        everyone.map((who) => [who, bestOf(quantity, of(series, who, quantity))]),
      ),
    }
  })
}

/**
 * The order of a turn. In as many turns as there are contestants (in twice as many, of an
 * odd number) each follows each other one equally often: what a program leaves behind, in
 * the caches or still at work in a thread of its own, is nobody's lot alone. (Williams 1949)
 */
function ordered<T>(items: readonly T[], turn: number): T[] {
  const n = items.length
  const zigzag = items.map((_, i) => (i % 2 === 1 ? (i + 1) / 2 : n - i / 2))
  const order = zigzag.map((at) => items[(at + turn) % n])
  return turn % (2 * n) < n ? order : order.reverse()
}

/**
 * One round: every contestant in a fresh process, all of them warm; then they take turns,
 * one slice of time each, again and again. So what slows the machine down for a tenth of
 * a second slows all of them.
 */
async function sliced(
  everyone: readonly Contestant[],
  turns: readonly number[],
  join: (who: Contestant) => Promise<Player>,
  note: (who: Contestant, sample: Sample) => void,
): Promise<void> {
  const players: [Contestant, Player][] = []
  for (const who of everyone) players.push([who, await join(who)])
  for (const turn of turns) {
    for (const [who, player] of ordered(players, turn)) note(who, await player.slice())
  }
  for (const [, player] of players) await player.leave()
}

/** A work whose contestants meet again in each round. */
export interface Contest {
  /** Runs every contestant. */
  round(number: number): Promise<void>
  results(): Result[]
}

export function contest(
  shop: Workshop,
  row: Row,
  times: Times,
  step: (what: string) => void,
): Contest {
  const everyone = contestants(row)
  const series: Series = new Map(everyone.map((who) => [who, []]))
  const note = (who: Contestant, sample: Sample) => void series.get(who)?.push(sample)
  const announce = (who: Contestant) => step(`${row.id}: ${who}`)
  const once = async (who: Contestant) => {
    announce(who)
    note(who, await sample(shop, row, who, times))
  }
  const join = (who: Contestant) => {
    announce(who)
    return player(shop, row, who, times)
  }
  return {
    async round(number) {
      if (!whole(row, times)) {
        const turns = Array.from({ length: SLICES }, (_, i) => number * SLICES + i)
        await sliced(everyone, turns, join, note)
      }
      // What is idle most of the time may be so beside the others.
      else if (row.how === 'memory') await Promise.all(everyone.map(once))
      else for (const who of everyone) await once(who)
    },
    results: () => results(row, series, times.counting),
  }
}
