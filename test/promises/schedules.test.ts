// Cancel, close, time-out and the other side's doings at every await point; ten
// thousand schedules are played by npm run test:long.

import { expect, it } from 'vitest'
import { schedules } from './schedules.js'

it('500 schedules: each call settles once, nothing stays open, nothing is lost', async () => {
  const { uncalled } = await schedules(500)
  expect(uncalled).toEqual([])
})

it('100 where a thread waits for the set, as on Bun and Deno', () =>
  schedules(100, { REACTOR: 'thread' }))
