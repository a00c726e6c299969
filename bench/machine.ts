// Where the figures come from.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface Machine {
  readonly processor: string
  readonly memory: string
  readonly kernel: string
  readonly load: string
  readonly node: string
  readonly python: string
  readonly cc: string
  readonly package: string
  readonly date: string
}

/** The first line that a program prints about itself. */
function version(command: string): string {
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  return (stdout ?? 'missing').split('\n')[0]
}

const manifest = fileURLToPath(new URL('../../package.json', import.meta.url))

export function machine(): Machine {
  const [{ model }] = cpus()
  const loads = loadavg().map((load) => load.toFixed(1))
  return {
    processor: `${cpus().length} × ${model.trim()}, ${arch()}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
    load: loads.join(', '),
    node: process.version,
    python: version('python3'),
    cc: version('cc'),
    package: JSON.parse(readFileSync(manifest, 'utf8')).version,
    date: new Date().toISOString().slice(0, 16),
  }
}
