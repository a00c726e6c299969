// Network namespaces of a test's own: nothing in them reaches the machine's
// network, and they go away with the test.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { bare, Peer } from './peer.js'

/** Without root a user namespace of its own gives the rights. */
const root = process.getuid?.() === 0
const unshare = root ? ['-n'] : ['-Urn']
const enter = root ? ['--net'] : ['--user', '--net', '--preserve-credentials']

/** Why there can be no namespace here, or null. */
export function netnsMissing(): string | null {
  const tried = spawnSync('unshare', [...unshare, 'ip', 'link'], { encoding: 'utf8' })
  if (tried.status === 0) return null
  return `no network namespace: ${tried.error?.message ?? tried.stderr.trim()}`
}

export class Netns {
  readonly #pid: number

  private constructor(pid: number) {
    this.#pid = pid
  }

  /** A namespace in which the lines of `setup` have been run by a shell. */
  static async create(setup: string): Promise<Netns> {
    const script = `set -e\n${setup}\necho ready\nexec cat\n`
    const keeper = track(new Peer('unshare', [...unshare, 'sh', '-c', script]))
    await keeper.line()
    return new Netns(keeper.child.pid ?? 0)
  }

  /** A program inside it. */
  run(command: string, ...args: string[]): Peer {
    return track(new Peer('nsenter', ['-t', String(this.#pid), ...enter, command, ...args]))
  }

  /** python3 inside it; `socket`, `sys` and `json` are imported. */
  python(program: string, ...args: string[]): Peer {
    const prelude = 'import json, socket, sys\nsocket.setdefaulttimeout(10)\n'
    return this.run('python3', bare, '-u', '-c', prelude + program, ...args)
  }

  /** A program of ours, from test/fixtures, inside it. */
  fixture(name: string, ...args: string[]): Peer {
    const path = fileURLToPath(new URL(`../dist/test/fixtures/${name}.js`, import.meta.url))
    return this.run(process.execPath, path, ...args)
  }
}

function track(peer: Peer): Peer {
  onTestFinished(() => {
    peer.child.kill('SIGKILL')
  })
  return peer
}

/** Two interfaces joined by a cable, `va` and `vb`, both up. */
export const cable = `
ip link set lo up
ip link add va address 02:00:00:00:00:0a type veth peer name vb address 02:00:00:00:00:0b
ip link set va up
ip link set vb up
`
