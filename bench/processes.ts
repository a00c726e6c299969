// The contestants' programs: what starts them, and what they print.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Contestant } from './works.js'

/** The folder of the sources: C and Python are not compiled into dist. */
const sources = fileURLToPath(new URL('../../bench', import.meta.url))
const compiled = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The processors that this process may run on; none where the system does not tell. */
function processors(): number[] {
  const status = '/proc/self/status'
  if (!existsSync(status)) return []
  const [, list = ''] = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync(status, 'utf8')) ?? []
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

const tasksetWorks = (): boolean => spawnSync('taskset', ['--version']).status === 0

/**
 * Without what concerns Node: NODE_EXTRA_CA_CERTS alone has it read certificates at its
 * start, for longer than an import takes.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')),
)

/** The interpreter itself: "python3" may be a script that looks for one. */
function python(): string {
  const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'])
  return stdout?.toString().trim() || 'python3'
}

/** A folder for what a run makes: the C program, Unix sockets, a file to send. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'bsd-socket-bench-'))
  readonly #python = python()
  readonly #running = new Set<ChildProcess>()
  #sockets = 0
  #file: string | null = null

  constructor() {
    const c = readdirSync(join(sources, 'c')).filter((name) => name.endsWith('.c'))
    const files = c.map((name) => join(sources, 'c', name))
    const { status, stderr, error } = spawnSync('cc', ['-O2', '-o', this.c, ...files])
    if (status !== 0) throw new Error(`cc failed: ${error?.message ?? stderr}`)
  }

  get c(): string {
    return join(this.folder, 'bench')
  }

  /** A path for a Unix socket that nobody has used. */
  path(): string {
    return join(this.folder, `socket-${this.#sockets++}`)
  }

  /** A file of so many bytes. */
  file(size: number): string {
    if (this.#file === null) {
      this.#file = join(this.folder, 'file')
      writeFileSync(this.#file, Buffer.alloc(size, 'x'))
    }
    return this.#file
  }

  #command(who: Contestant, node: string[]): string[] {
    const programs = {
      ours: [process.execPath, ...node, compiled('ours/main.js')],
      node: [process.execPath, ...node, compiled('node/main.js')],
      python: [this.#python, join(sources, 'python/main.py')],
      c: [this.c],
    }
    return programs[who]
  }

  /**
   * What holds a program on the first or the second processor. Two that talk to
   * each other are held apart: whether they share one makes more difference than
   * anything that is measured, and the scheduler decides it by chance.
   */
  readonly pin = ((): ((which: 0 | 1) => string[]) => {
    const allowed = processors()
    const pinned = allowed.length >= 2 && tasksetWorks()
    return (which) => (pinned ? ['taskset', '-c', `${allowed[which]}`] : [])
  })()

  /** Starts a contestant's program, maybe under another one; `node` are options of Node's. */
  start(
    who: Contestant,
    args: readonly (string | number)[],
    under: string[] = [],
    node: string[] = [],
  ): Program {
    const [command, ...rest] = [...under, ...this.#command(who, node)]
    return this.launch(command, [...rest, ...args.map(String)])
  }

  /** Starts any program; it ends with the workshop at the latest. */
  launch(command: string, args: readonly string[]): Program {
    const program = new Program(command, args)
    this.#running.add(program.child)
    program.child.once('exit', () => this.#running.delete(program.child))
    return program
  }

  [Symbol.dispose](): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A program that runs, read line by line. */
export class Program {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #what: string
  readonly #closed: Promise<void>
  #stderr = ''

  constructor(command: string, args: readonly string[]) {
    this.#what = [command, ...args].join(' ')
    const stdio = ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe']
    const child = spawn(command, args, { stdio, env: environment })
    child.on('error', (error) => {
      this.#stderr += error.message
    })
    child.stderr.on('data', (chunk) => {
      this.#stderr += chunk
    })
    child.stdin.on('error', () => {}) // it has ended
    this.child = child
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()))
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.#what} ended: ${this.#stderr}`)
    return value
  }

  /** Says a line to it and gives the answer. */
  ask(line: string): Promise<string> {
    this.child.stdin?.write(`${line}\n`)
    return this.line()
  }

  /** Seconds of processor time that its threads have had; NaN where the system does not tell. */
  processor(): number {
    const threads = `/proc/${this.child.pid}/task`
    if (!existsSync(threads)) return Number.NaN
    const spent = readdirSync(threads).map((thread) =>
      Number.parseInt(readFileSync(join(threads, thread, 'schedstat'), 'utf8'), 10),
    )
    return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e9
  }

  /** Ends it, and waits until it has gone. */
  async stop(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.#closed
  }

  /** Waits until it has ended by itself; gives what it printed about errors. */
  async end(): Promise<string> {
    await this.#closed
    return this.#stderr
  }
}
