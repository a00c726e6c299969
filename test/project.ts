// Copies of the project, to be broken.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folder } from './peer.js'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A copy of parts of the project, with its dependencies linked; it goes away with the test. */
export class Copy {
  readonly path = folder()

  constructor(parts: readonly string[]) {
    for (const part of parts) cpSync(join(root, part), this.at(part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), this.at('node_modules'))
  }

  at(path: string): string {
    return join(this.path, path)
  }

  /** Changes the text of a file; a new file begins empty. */
  edit(path: string, change: (text: string) => string): void {
    const file = this.at(path)
    writeFileSync(file, change(existsSync(file) ? readFileSync(file, 'utf8') : ''))
  }

  /** Runs one of the scripts. */
  run(script: string, env = process.env): { status: number | null; output: string } {
    const options = { env, encoding: 'utf8' } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.at(script)], options)
    return { status, output: stdout + stderr }
  }
}
