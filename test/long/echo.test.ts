import { it } from 'vitest'
import { echo } from '../promises/echo.js'

it('echoes 10,000 connections at once, 100 messages each', () => echo(10_000, 100))

it('does so where a thread waits for the set, as on Bun and Deno', () =>
  echo(10_000, 100, { REACTOR: 'thread' }))
