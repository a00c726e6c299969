import { expect, it } from 'vitest'
import { program, told } from './node.js'

it.each([{}, { REACTOR: 'thread' }])('AsyncLocalStorage survives every await %j', async (env) => {
  const peer = program('context', [], { env })
  expect(await told(peer)).toEqual({
    lost: [],
    unended: [],
    heard: ['data', 'write', 'write later'],
  })
  await peer.end()
})
