// Calls of the promise twin under randomised schedules, in a process of its own.

import { randomInt } from 'node:crypto'
import { expect } from 'vitest'
import { program, told } from './node.js'

interface Played {
  schedules: number
  /** What went wrong, each with the command that plays that schedule again. */
  faults: string[]
  /** Await points that were never called, and those that never heard their signal. */
  uncalled: string[]
  unaborted: string[]
  /** How often each ended in which way. */
  ends: Record<string, Record<string, number>>
}

/** Plays so many schedules; SEED=… in the environment plays the same ones again. */
export async function schedules(
  count: number,
  env: Record<string, string> = {},
): Promise<Omit<Played, 'schedules' | 'faults'>> {
  const seed = Number(process.env.SEED ?? randomInt(1 << 30))
  console.log(`${count} schedules; again: SEED=${seed}`)
  const player = program('schedules', [seed, count], { env })
  const { schedules, faults, ...rest } = await told<Played>(player)
  expect(faults).toEqual([])
  expect(schedules).toBe(count)
  await player.end() // nothing keeps its loop alive
  return rest
}
