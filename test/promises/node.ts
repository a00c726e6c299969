// Node programs that run beside a test: those of programs/, or a text.

import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { Peer } from '../peer.js'

interface Options {
  /** Options of node, before the program. */
  flags?: readonly string[]
  env?: Readonly<Record<string, string>>
}

function start(args: readonly string[], { flags = [], env = {} }: Options): Peer {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const peer = new Peer('env', [...variables, process.execPath, ...flags, ...args])
  onTestFinished(() => {
    peer.child.kill('SIGKILL')
  })
  return peer
}

const built = fileURLToPath(new URL('../../dist/test/promises/programs/', import.meta.url))

/** Starts a program of programs/; it is ended with the test. */
export const program = (name: string, args: readonly unknown[] = [], options: Options = {}): Peer =>
  start([`${built}${name}.js`, ...args.map(String)], options)

const prelude = `
import * as socket from 'bsd-socket/promises'
import { AsyncLocalStorage } from 'node:async_hooks'
import { descriptors, reactor, settled, sleep, tell, warm } from '${built}setup.js'
`

/** Starts a text as a module; `socket`, `sleep`, `tell` and the like are there. */
export const node = (text: string, options: Options = {}): Peer =>
  start(['--input-type=module', '-e', prelude + text], options)

/** The next line of a program, parsed. */
export const told = async <T>(peer: Peer): Promise<T> => JSON.parse(await peer.line()) as T

/** Runs a text to its end and gives what it told. */
export async function run<T>(text: string, options: Options = {}): Promise<T> {
  const peer = node(text, options)
  const value = await told<T>(peer)
  await peer.end()
  return value
}
