// examples/ip_addr.ts against a kernel that lies: real replies with bytes changed,
// lengths above all. Each run must end by itself, with an answer or an error.

import { readdirSync } from 'node:fs'
import { constants, errnos, native } from '#lib/native'

const descriptors = () => readdirSync('/proc/self/fd')

const [seed, runs] = process.argv.slice(2).map(Number)
let state = seed
/** A small generator, so that a seed repeats a run. */
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const { recv } = native
native.recv = (fd, buffer, offset, length, flags) => {
  // The end may have been changed too: then the connection breaks.
  const count = recv(fd, buffer, offset, length, flags | constants.MSG_DONTWAIT)
  if (count <= 0) return -errnos.ECONNRESET
  for (let i = 0; i < 1 + random(4); i++)
    buffer[offset + random(Math.min(count, 200))] = random(256)
  return random(3) === 0 ? random(count + 1) : count
}

console.log = () => {}
let before = 0
let errors = 0
for (let i = 0; i < runs; i++) {
  try {
    await import(`../../examples/ip_addr.js?${i}`)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    errors++
  }
  if (i === 0) before = descriptors().length // Node has opened what it opens by now
}
const leaked = descriptors().length - before // before stdout is opened
process.stdout.write(JSON.stringify({ errors, leaked }))
