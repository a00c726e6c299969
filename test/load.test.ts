// How the addon is found, and how the package is used by a project that has
// installed it.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { folder } from './peer.js'
import { root } from './project.js'

const addon = join(root, 'build/Release/bsd_socket.node')

/** The built TypeScript alone, where no addon is near. */
function bare(): string {
  const home = folder()
  cpSync(join(root, 'dist/lib'), join(home, 'dist/lib'), { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
  return home
}

/** Copies a file, or writes a text, where no folder may be yet. */
function place(path: string, text?: string): void {
  mkdirSync(dirname(path), { recursive: true })
  if (text === undefined) cpSync(addon, path)
  else writeFileSync(path, text)
}

/** What node prints; on stderr too if it fails. */
function node(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  return status === 0 ? stdout : `${stdout}${stderr}exit code ${status}`
}

const program = (index: string) => `
  import * as socket from ${JSON.stringify(pathToFileURL(index).href)}
  const [a, b] = socket.socketpair()
  a.sendall(Buffer.from('it works'))
  console.log(b.recv(100).toString())
`

/** Uses the package in a folder; what was printed. */
function use(home: string): string {
  const args = ['--input-type=module', '-e', program(join(home, 'dist/lib/index.js'))]
  return node(args, home)
}

/** What dlopen says of a file that is not there: on Linux, and on macOS. */
const missing = /No such file|no such file/

/** The places that the error names, each with the reason why not. */
const tried = (output: string) =>
  [...output.matchAll(/^ {2}(\/.*?): (.*)$/gm)].map(([, path, reason]) => ({ path, reason }))

it('without an addon the error says what was tried and how to build it', () => {
  const home = bare()
  const output = use(home)
  expect(output).toMatch(/Error: bsd-socket has no addon for \w+-\w+\. Tried:\n/)
  expect(output).toContain('Build it with "npm run build"')
  expect(output).toContain('python3, make and g++')
  const [built, prebuilt, ...more] = tried(output)
  expect(built.path).toBe(join(home, 'build/Release/bsd_socket.node'))
  expect(prebuilt.path).toMatch(/\/prebuilds\/\w+-\w+\/bsd-socket(\.glibc|\.musl)?\.node$/)
  for (const { reason } of [built, prebuilt]) expect(reason).toMatch(missing)
  expect(more).toEqual([])
})

it('a prebuilt addon is found, also behind one that cannot be loaded', () => {
  const home = bare()
  const [built, prebuilt] = tried(use(home))
  place(prebuilt.path)
  expect(use(home)).toBe('it works\n')
  place(built.path, 'not a library')
  expect(use(home)).toBe('it works\n')
})

it('the addon built here goes before the prebuilt one', () => {
  const home = bare()
  const [built, prebuilt] = tried(use(home))
  place(prebuilt.path, 'not a library')
  expect(tried(use(home))[1].reason).not.toMatch(missing)
  place(built.path)
  expect(use(home)).toBe('it works\n')
})

it('a project that installed the package imports it, requires it and compiles', () => {
  const project = folder()
  const run = (...args: string[]) => node(args, project)
  expect(run(join(root, 'scripts/consumer.js'), project, addon)).toBe('')
  expect(run(join(root, 'node_modules/typescript/bin/tsc'), '-p', project)).toBe('')
  expect(run('namespace.mjs')).toBe('import * as socket EBADF\n')
  expect(run('default.mjs')).toBe('import socket 127.0.0.1 true\n')
  expect(run('required.cjs')).toBe('require true\n')
  expect(run('plain.cjs')).toBe('plain require true\n')
})

it('many workers load it at once', async () => {
  const code = program(join(root, 'dist/lib/index.js'))
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
  const outputs = Array.from({ length: 8 }, async () => {
    const worker = new Worker(url, { stdout: true })
    worker.stdout.setEncoding('utf8')
    return (await worker.stdout.toArray()).join('')
  })
  expect(await Promise.all(outputs)).toEqual(Array(8).fill('it works\n'))
})
