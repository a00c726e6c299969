import { expect, it } from 'vitest'
import { schedules } from '../promises/schedules.js'

const rows = [
  ['ten thousand schedules', {}],
  ['as many where a thread waits for the set', { REACTOR: 'thread' }],
] as const

it.each(rows)('%s', async (_, env) => {
  const { uncalled, unaborted, ends } = await schedules(10_000, env)
  console.table(ends)
  expect([uncalled, unaborted]).toEqual([[], []])
})
