// npm run runtimes: the same programs on Bun and Deno, which come from npm into a
// temporary folder: echo with both twins, AsyncLocalStorage, ending in the middle of
// waits, randomised schedules. Exits 1 if one of them fails; says so, and exits 0,
// where a runtime cannot be had.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const runtimes = [
  {
    name: 'Bun',
    package: '@oven/bun-linux-x64@1.4.5',
    command: ['package/bin/bun'],
    // Its own pipeline() goes on listening to the signal.
    without: ['makestream, pipeline'],
  },
  {
    name: 'Deno',
    package: '@deno/linux-x64-glibc@2.9.6',
    command: ['package/deno', 'run', '-A'],
    // So does this one.
    without: ['makestream, pipeline'],
  },
]

const programs = fileURLToPath(new URL('../dist/test/', import.meta.url))
const PATIENCE = 120_000

/** Unpacks a package from npm; false if it cannot be had. */
function fetch(name, folder) {
  mkdirSync(folder)
  const npm = ['pack', name, '--silent', '--pack-destination', folder]
  const { status, stdout } = spawnSync('npm', npm, { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) return false
  const archive = join(folder, stdout.trim().split('\n').at(-1))
  return spawnSync('tar', ['xzf', archive, '-C', folder]).status === 0
}

/** A program under a runtime: its lines, and how it ends. */
class Run {
  #lines
  #end
  #stderr = ''

  constructor([command, ...args], program, programArgs, env) {
    const child = spawn(command, [...args, join(programs, program), ...programArgs.map(String)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    })
    child.stderr.on('data', (data) => {
      this.#stderr += data
    })
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    this.#end = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(signal ?? code))
    })
  }

  /** The next line, parsed. */
  async told() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`ended with ${await this.#end}: ${this.#stderr}`)
    return JSON.parse(value)
  }

  async end(code = 0) {
    const ended = await this.#end
    if (ended !== code) throw new Error(`ended with ${ended}: ${this.#stderr}`)
  }
}

function same(what, is, wanted) {
  const [a, b] = [is, wanted].map((value) => JSON.stringify(value))
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`)
}

const checks = {
  async 'blocking echo'(start) {
    const server = start('programs/echo.js', ['serve'])
    const client = start('programs/echo.js', ['ask', await server.told(), 50, 20])
    same('right', await client.told(), { right: 1000 })
    await client.end()
    await server.end()
  },

  async 'promise echo, 200 connections at once'(start) {
    const server = start('promises/programs/echo.js', ['serve'])
    const client = start('promises/programs/echo.js', ['ask', await server.told(), 200, 20])
    const asked = await client.told()
    same('right and wrong', [asked.right, asked.wrong, asked.held], [4000, 0, false])
    const served = await server.told()
    same('served', [served.most, served.served, served.held], [200, 200, false])
    for (const { before, after } of [asked, served]) same('descriptors', after, before)
    await client.end()
    await server.end()
  },

  async AsyncLocalStorage(start) {
    const run = start('promises/programs/context.js', [])
    const heard = ['data', 'write', 'write later']
    same('contexts', await run.told(), { lost: [], unended: [], heard })
    await run.end()
  },

  async 'process.exit() in the middle of waits'(start) {
    const run = start('promises/programs/waits.js', ['exit'])
    same('waits', await run.told(), 100)
    await run.end(3)
  },

  async '300 schedules'(start, { without }) {
    const seed = Math.floor(Math.random() * 2 ** 30)
    const run = start('promises/programs/schedules.js', [seed, 300], { WITHOUT: without.join('|') })
    const { faults } = await run.told()
    same('faults', faults, [])
    await run.end()
  },
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('the packages of Bun and Deno named here are for Linux on x64: nothing was run')
  process.exit(0)
}
const home = mkdtempSync(join(tmpdir(), 'bsd-socket-runtimes-'))
process.on('exit', () => rmSync(home, { recursive: true }))
for (const runtime of runtimes) {
  const folder = join(home, runtime.name)
  if (!fetch(runtime.package, folder)) {
    console.log(`${runtime.name}: ${runtime.package} is not to be had from npm: nothing was run`)
    continue
  }
  const [binary, ...args] = runtime.command
  const start = (...program) => new Run([join(folder, binary), ...args], ...program)
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(start, runtime)
      console.log(`${runtime.name}: ${name}: passed`)
    } catch (error) {
      console.log(`${runtime.name}: ${name}: FAILED: ${error.message}`)
      process.exitCode = 1
    }
  }
}
