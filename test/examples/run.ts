// The examples and their Python originals, as programs that run beside a test.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { bare, Peer } from '../peer.js'

export type Language = 'ours' | 'python'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The source of an example, or of its Python original. */
export const source = (language: Language, name: string): string =>
  at(language === 'ours' ? `../../examples/${name}.ts` : `python/${name}.py`)

/** The built form of an example. */
export const built = (name: string): string => at(`../../dist/examples/${name}.js`)

/** The words of the command that runs an example. */
const command = (language: Language, name: string): [string, ...string[]] =>
  language === 'ours'
    ? [process.execPath, built(name)]
    : ['python3', bare, '-u', source('python', name)]

/** Starts an example that goes on until it is ended; the test's end kills it. */
export function start(language: Language, name: string, ...args: string[]): Peer {
  const [file, ...words] = command(language, name)
  const peer = new Peer(file, [...words, ...args])
  onTestFinished(() => {
    peer.child.kill('SIGKILL')
  })
  return peer
}

/** Starts a server on a free port: the server and the port it printed. */
export async function serve(language: Language, name: string): Promise<[Peer, number]> {
  const server = start(language, name, '0')
  const port = (await server.line()).split(':').pop()
  return [server, Number(port)]
}

/** Runs an example to its end, with `input` typed in, and gives what it printed. */
export async function run(
  language: Language,
  name: string,
  args: readonly string[] = [],
  input = '',
): Promise<string> {
  const [file, ...words] = command(language, name)
  const running = promisify(execFile)(file, [...words, ...args], { timeout: 15_000 })
  running.child.stdin?.end(input)
  return (await running).stdout
}

/** Presses Ctrl-C, and tells how the program ended: a signal's name or an exit code. */
export async function interrupt({ child }: Peer): Promise<string | number | null> {
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  const [code, signal] = await exit
  return signal ?? code
}
