// Programs of ours that need a process of their own: to crash, to be measured.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs `programs/NAME.ts` under node, which must exit with 0; parses the last line it prints. */
export function run<T>(name: string, ...args: string[]): T {
  const path = fileURLToPath(new URL(`../dist/test/programs/${name}.js`, import.meta.url))
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', path, ...args],
    { encoding: 'utf8', timeout: 60_000 },
  )
  if (status !== 0) {
    throw new Error(`${name} ${args.join(' ')} ended with ${signal ?? status}: ${stdout}${stderr}`)
  }
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T
}
