// Many connections at once: the server in one process, the clients in another.

import { expect } from 'vitest'
import { program, told } from './node.js'

interface Counts {
  before: number
  after: number
  held: boolean
}

/** Every message comes back to who sent it, in order; no descriptor is left on either side. */
export async function echo(
  connections: number,
  messages: number,
  env: Record<string, string> = {},
): Promise<void> {
  const server = program('echo', ['serve'], { env })
  const port = await told<number>(server)
  const client = program('echo', ['ask', port, connections, messages], { env })
  const asked = await told<Counts & { open: number; right: number; wrong: number }>(client)
  expect(asked).toMatchObject({ open: connections, right: connections * messages, wrong: 0 })
  const served = await told<Counts & { most: number; served: number }>(server)
  expect(served).toMatchObject({ most: connections, served: connections })
  for (const { before, after, held } of [asked, served]) {
    expect(after).toBe(before)
    expect(held).toBe(false)
  }
  await client.end()
  await server.end()
}
