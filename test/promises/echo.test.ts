import { it } from 'vitest'
import { echo } from './echo.js'

it('echoes 200 connections at once, 20 messages each', () => echo(200, 20))

it('does so where a thread waits for the set, as on Bun and Deno', () =>
  echo(200, 20, { REACTOR: 'thread' }))
