// scripts/build.js: what it builds and when, and what it says where it cannot.

import { mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ask, folder } from './peer.js'
import { Copy, root } from './project.js'

const script = 'scripts/build.js'

/** A project with an addon of one line and a module of one function: built in no time. */
function little(): Copy {
  const copy = new Copy([
    script,
    'scripts/bundle.js',
    'binding.gyp',
    'package.json',
    'package-lock.json',
  ])
  for (const path of ['native', 'lib']) mkdirSync(copy.at(path))
  copy.edit('native/sources.txt', () => 'native/addon.cc\n')
  copy.edit('native/addon.cc', () => '#include "value.h"\nextern int value;\nint value = VALUE;\n')
  copy.edit('native/value.h', () => '#define VALUE 1\n')
  copy.edit('lib/index.ts', () => 'export const twice = (n: number): number => 2 * n\n')
  const options = { outDir: 'dist', rootDir: '.', target: 'ES2022', types: [] }
  copy.edit('tsconfig.json', () => JSON.stringify({ compilerOptions: options, include: ['lib'] }))
  return copy
}

const fine = { status: 0, output: '' }

describe('what is up to date', () => {
  const addon = 'build/Release/bsd_socket.node'
  const module = 'dist/lib/index.js'
  const made = (copy: Copy, path: string) => statSync(copy.at(path)).mtimeMs

  /** Which products a change makes anew. */
  function anew(copy: Copy, change: () => void): string[] {
    const products = [addon, module]
    const before = products.map((path) => made(copy, path))
    change()
    expect(copy.run(script)).toEqual(fine)
    return products.filter((path, i) => made(copy, path) !== before[i])
  }

  it('goes by the content of the sources', { timeout: 60_000 }, () => {
    const copy = little()
    copy.edit('native/unused.h', () => '\n')
    copy.edit('lib/gone.ts', () => 'export {}\n')
    expect(copy.run(script)).toEqual(fine)
    const now = new Date()
    expect(anew(copy, () => {})).toEqual([])
    expect(anew(copy, () => utimesSync(copy.at('native/addon.cc'), now, now))).toEqual([])
    expect(anew(copy, () => copy.edit('native/value.h', () => '#define VALUE 2\n'))).toEqual([
      addon,
    ])
    expect(anew(copy, () => rmSync(copy.at('native/unused.h')))).toEqual([addon])
    expect(anew(copy, () => rmSync(copy.at('lib/gone.ts')))).toEqual([module])
    expect(() => made(copy, 'dist/lib/gone.js')).toThrow('ENOENT')
  })

  it('is nothing after a failure', { timeout: 60_000 }, () => {
    const copy = little()
    const good = 'extern int value;\nint value = 1;\n'
    copy.edit('native/addon.cc', () => `${good}int cut(long n);\nint cut(long n) { return n; }\n`)
    for (const _ of [1, 2]) {
      const { status, output } = copy.run(script)
      expect(output).toMatch(/^bsd-socket: building the addon failed\.\n/)
      expect(output).toMatch(/native\/addon\.cc:4:\d+: error: .*conversion/)
      expect(status).toBe(1)
    }
    copy.edit('native/addon.cc', () => good)
    copy.edit('lib/index.ts', () => 'export const n: number = "text"\n')
    for (const _ of [1, 2]) {
      const { status, output } = copy.run(script)
      expect(output).toMatch(/^bsd-socket: compiling the TypeScript failed\.\n/)
      expect(output).toMatch(/lib\/index\.ts.*TS2322/)
      expect(status).toBe(1)
    }
  })
})

/** The environment with a PATH of these programs alone. */
function only(programs: readonly string[]): NodeJS.ProcessEnv {
  const bin = folder()
  for (const program of programs) {
    const find = `import json, shutil; print(json.dumps(shutil.which(${JSON.stringify(program)})))`
    // python3 itself, for what the PATH has may be a script that needs a shell.
    const itself = 'import json, sys; print(json.dumps(sys.executable))'
    symlinkSync(ask<string>(program === 'python3' ? itself : find), join(bin, program))
  }
  const { CXX, MAKE, PYTHON, ...env } = process.env
  return { ...env, PATH: bin }
}

describe('a missing tool is named in one sentence', () => {
  const how = (tools: string) => `Debian: apt-get install ${tools}; macOS: xcode-select --install`
  const rows: [there: string[], missing: string, install: string][] = [
    [['python3', 'make'], 'g++', 'g++'],
    [['python3', 'g++'], 'make', 'make'],
    [['make', 'g++'], 'python3', 'python3'],
    [['make'], 'python3 and g++', 'python3 g++'],
    [[], 'python3, make and g++', 'python3 make g++'],
  ]
  it.each(rows)('with %j alone', (there, missing, install) => {
    const output = `bsd-socket: to build the addon, install ${missing} (${how(install)}).\n`
    expect(little().run(script, only(there))).toEqual({ status: 1, output })
  })
})

it('missing dependencies are named in one sentence', () => {
  const copy = little()
  rmSync(copy.at('node_modules'))
  const output = 'bsd-socket: the development dependencies are not installed: run "npm ci".\n'
  expect(copy.run(script)).toEqual({ status: 1, output })
})

it('the headers come from the first place that has them', async () => {
  const { headers } = (await import(pathToFileURL(join(root, script)).href)) as {
    headers(where?: (string | undefined)[]): string | undefined
  }
  const [empty, first, second] = [folder(), folder(), folder()]
  for (const place of [first, second]) {
    mkdirSync(join(place, 'include/node'), { recursive: true })
    writeFileSync(join(place, 'include/node/node_api.h'), '')
  }
  expect(headers([undefined, empty, first, second])).toBe(first)
  expect(headers([undefined, empty])).toBeUndefined()
  expect(headers()).toBeDefined() // it was built here
})
