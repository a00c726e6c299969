// The code in the documents runs. What a block is, its first line says:
//
//   ```ts            a program: compiled under the project's own rules, and run.
//                    A comment behind console.log is what that prints; … is anything.
//   ```python        a program too. Right in front of a ```ts one it is the same
//                    program, and both must print the same.
//   ```ts lib/x.ts   a quotation: to be found in that file, apart from indentation
//                    and from what … leaves out.
//   ```ts sketch     neither

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as socket from 'bsd-socket'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bare } from './peer.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const text = (path: string) => readFileSync(join(root, path), 'utf8')

interface Block {
  /** `README.md:12` */
  readonly where: string
  /** Of the compiled program. */
  readonly file: string
  readonly language: string
  readonly what: string
  readonly code: string
  /** The program in Python that this one is the same as. */
  readonly python: string | undefined
}

/** The code blocks of a document. */
function blocks(path: string): Block[] {
  const document = text(path)
  const found: Block[] = []
  let before = ''
  let end = 0
  for (const match of document.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)) {
    const [whole, language, what, code] = match
    const line = document.slice(0, match.index).split('\n').length
    const pair = document.slice(end, match.index).trim() === '' && before !== ''
    found.push({
      where: `${path}:${line}`,
      file: `${basename(path, '.md')}-${line}`,
      language,
      what,
      code,
      python: pair ? before : undefined,
    })
    before = language === 'python' ? code : ''
    end = match.index + whole.length
  }
  return found
}

const documents = ['README.md', 'CONTRIBUTING.md']
for (const name of readdirSync(join(root, 'docs'))) documents.push(`docs/${name}`)

const all = documents.flatMap(blocks)
const programs = all.filter(({ language, what }) => language === 'ts' && what === '')
const quotations = all.filter(({ what }) => what !== '' && what !== 'sketch')

// Inside the package, so that it finds itself by its name.
const folder = mkdtempSync(join(root, 'dist/documents-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a command, gives what it printed; throws with what it complained about. */
function output(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 15_000 })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`)
  return stdout
}

/** What the comments behind console.log say that is printed, with … for anything. */
function promised(code: string): RegExp[] {
  const comments = [...code.matchAll(/^\s*console\.log\(.*\) \/\/ (.*)$/gm)]
  return comments.map(([, line]) => {
    const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`)
  })
}

describe('the programs', () => {
  beforeAll(() => {
    for (const { file, code } of programs) writeFileSync(join(folder, `${file}.ts`), code)
    const compilerOptions = {
      rootDir: '.',
      outDir: 'js',
      declaration: false,
      noUnusedLocals: false,
    }
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const package_ = createRequire(import.meta.url).resolve('typescript/package.json')
    output(process.execPath, join(dirname(package_), 'bin/tsc'), '-p', folder)
  }, 60_000)

  it.each(programs)('$where', ({ file, code, python }) => {
    const printed = output(process.execPath, join(folder, 'js', `${file}.js`))
    const lines = printed.split('\n').slice(0, -1)
    const wanted = promised(code)
    for (const [i, pattern] of wanted.entries()) expect(lines[i]).toMatch(pattern)
    if (wanted.length > 0) expect(lines).toHaveLength(wanted.length)
    if (python !== undefined) expect(printed).toBe(output('python3', bare, '-c', python))
  })
})

it.each(quotations)('$where is what $what says', ({ what, code }) => {
  const trimmed = (source: string) => source.replace(/^[ \t]+/gm, '')
  const source = trimmed(text(what))
  let from = 0
  for (const part of trimmed(code).split(/…\n?/)) {
    const at = source.indexOf(part, from)
    expect(at, `${what} has no\n${part}`).toBeGreaterThanOrEqual(0)
    from = at + part.length
  }
})

it('the documents have code', () => {
  expect(programs.length).toBeGreaterThan(10)
  expect(quotations.length).toBeGreaterThan(2)
})

it('what the README calls missing is missing', () => {
  const missing = /^Next, and not there yet: ([\s\S]*?)\n\n/m.exec(text('README.md'))?.[1] ?? ''
  const names = [...missing.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
  const { exports } = JSON.parse(text('package.json'))
  const entries = Object.keys(exports).map((path) => path.replace('.', 'bsd-socket'))
  const there = [...Object.keys(socket), ...entries]
  const isThere = (name: string) => there.includes(name) || name in socket.socket.prototype
  expect(missing).not.toBe('')
  expect(names.filter(isThere)).toEqual([])
})

it('links between the documents lead somewhere', () => {
  for (const document of documents) {
    for (const [, path] of text(document).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(() => text(join(dirname(document), path)), `${document}: ${path}`).not.toThrow()
    }
  }
})
