// Peers that are not ours: python3 programs that run beside a test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** A program running beside the test, read line by line. */
export class Peer {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>
  #stderr = ''

  /** @param fds descriptors that the peer gets as 3, 4, … */
  constructor(command: string, args: readonly string[], fds: readonly number[] = []) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe', ...fds] })
    this.child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk
    })
    if (this.child.stdout === null) throw new Error('the peer has no stdout')
    this.#lines = createInterface(this.child.stdout)[Symbol.asyncIterator]()
  }

  /** The next line that the peer prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`the peer ended: ${this.#stderr}`)
    return value
  }

  /** Waits for the end; throws unless the exit code was 0. */
  async end(): Promise<void> {
    const { child } = this
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('close', resolve))
    }
    if (child.exitCode !== 0) throw new Error(`the peer failed: ${this.#stderr}`)
  }
}

/** To look for what is installed beside Python's own library takes longer than to start. */
export const bare = '-S'

/** Starts python3 on a program; it is ended with the test. `socket` and `sys` are imported. */
export function python(program: string, ...args: string[]): Peer {
  const prelude = 'import socket, sys\nsocket.setdefaulttimeout(10)\n'
  const peer = new Peer('python3', [bare, '-u', '-c', prelude + program, ...args])
  onTestFinished(() => {
    peer.child.kill('SIGKILL')
  })
  return peer
}

/** Runs python3 to its end and parses the JSON that it prints. */
export function ask<T>(program: string, input = ''): T {
  const { status, stdout, stderr } = spawnSync('python3', [bare, '-c', program], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(`python3 failed: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** A folder that goes away with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'bsd-socket-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** The descriptors that a process, or this one, has open (Linux). */
export const descriptors = (pid: number | string = 'self'): string[] =>
  readdirSync(`/proc/${pid}/fd`)
