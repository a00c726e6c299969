// Each rule of scripts/seams.js holds, and can fail: a breach is planted in a
// copy of the project.

import { expect, it } from 'vitest'
import { Copy } from './project.js'

const parts = [
  ...['lib', 'native', 'scripts', 'test', 'dist/lib', '.gitignore', 'package-lock.json'],
  'build/Release/bsd_socket.node',
]

type Change = (text: string) => string

/** The breaches in a copy of the project after changes: where, what and the rule, a line each. */
function breachesAfter(...changes: (readonly [path: string, change: Change])[]): string[] {
  const copy = new Copy(parts)
  for (const [path, change] of changes) copy.edit(path, change)
  const { status, output } = copy.run('scripts/seams.js')
  const breaches = [...output.matchAll(/^(\S+:\d+: .*)\n {4}(.*)$/gm)]
  expect(status).toBe(breaches.length === 0 ? 0 : 1)
  return breaches.map(([, breach, rule]) => `${breach} (${rule})`)
}

it('the project has no breach', () => {
  expect(breachesAfter()).toEqual([])
})

/** Text that this file must not contain as it stands. */
const join = (...pieces: string[]) => pieces.join('')

/** rule, file, its new first lines, the line of the breach */
type Plant = [rule: string, path: string, lines: string, line?: number]
const plants: Plant[] = [
  ['conditional compilation', 'native/names.cc', '#if defined(__linux__)'],
  ['conditional compilation', 'native/args.h', '  #  ifdef AF_VSOCK'],
  ['conditional compilation', 'native/args.h', '#ifndef BSD_SOCKET_FAST'],
  ['an error with an errno', 'lib/ops.ts', 'throw new OSError(-r, strerror)'],
  ['an error with an errno', 'lib/ops.ts', "new ConnectionResetError(\n  104,\n  'x',\n)"],
  ['strerror(3)', 'lib/ops.ts', 'native.strerror(1)'],
  ['a twin calls native', 'lib/socket.ts', 'native.recv(1, buffer, 0, 1, 0)'],
  ['a twin calls native', 'lib/asyncsocket.ts', 'const { connect } = native'],
  ['the addon is loaded', 'lib/base.ts', "require('../build/Release/bsd_socket.node')"],
  ['the addon is loaded', 'lib/base.ts', "import { createRequire } from 'node:module'"],
  ['Node’s modules', 'lib/base.ts', "import { readSync } from 'node:fs'"],
  ['Node’s modules', 'lib/base.ts', "import {\n  inspect,\n} from 'node:util'"],
  ['Node’s modules', 'lib/base.ts', "import 'node:stream'"],
  ['exports are registered', 'native/sockopt.cc', 'Napi::Function::New(env, F)'],
  ['exports are registered', 'native/other.h', 'NODE_API_MODULE(other, Init)'],
  ['the platform is asked', 'lib/drive.ts', join('if (process', ".platform === 'darwin') {}")],
  ['the platform is asked', 'test/smoke.test.ts', join('import { platform } ', "from 'node:os'")],
  ['no test is skipped', 'test/smoke.test.ts', join('it.', "skip('x', () => {})")],
  ['no test is skipped', 'test/smoke.test.ts', join('describe.concurrent.', "only('x', f)")],
  ['no test is skipped', 'test/smoke.test.ts', join('it.', "skipIf(true)('x', f)")],
  ['no test is skipped', 'test/smoke.test.ts', join('context.', 'skip( )')],
  ['no any', 'dist/lib/index.d.ts', '\nexport declare const x: readonly any[]', 2],
  ['no path', 'lib/ops.ts', join('// see /wo', 'rk/x')],
  ['no path', 'native/x.txt', join('../sha', 'red/API.md')],
  ['no path', 'native/x.txt', join('/tmp/', 'wt')],
  ['generated files', 'lib/errno.gen.ts', '//'],
  ['generated files', 'native/layout.gen.inc', '//'],
  ['native/sources.txt lists', 'native/other.cc', '//'],
  ['native/sources.txt lists', 'native/sources.txt', 'native/gone.cc'],
  ['native/sources.txt lists', 'native/sources.txt', 'native/names.cc'],
  ['lib/native.ts types', 'lib/native.ts', 'interface Native {\n  gone(fd: number): Result\n}', 2],
]

/** Rounds in which each file is changed once: a copy costs more than a breach. */
const rounds: Plant[][] = []
for (const plant of plants) {
  const free = rounds.find((round) => round.every(([, path]) => path !== plant[1]))
  if (free === undefined) rounds.push([plant])
  else free.push(plant)
}

it.each(rounds)('every breach is found: %j, …', (...round) => {
  const changes = round.map(
    ([, path, lines]) => [path, (text: string) => `${lines}\n${text}`] as const,
  )
  const breaches = breachesAfter(...changes)
  const unnoticed = round.filter(
    ([rule, path, , line = 1]) =>
      !breaches.some((one) => one.startsWith(`${path}:${line}: `) && one.includes(`(${rule}`)),
  )
  expect(unnoticed).toEqual([])
})

it('an export that lib/native.ts does not type is a breach', () => {
  const untyped = (text: string) => text.replace('  listen(', '  // listen(')
  const breach = /^native\/addon\.cc:\d+: lib\/native\.ts has no listen \(/
  expect(breachesAfter(['lib/native.ts', untyped])).toContainEqual(expect.stringMatching(breach))
})

it('a lock file that npm ci would refuse is a breach', () => {
  const hole = (text: string) => text.replace('node_modules/@biomejs/cli-darwin-x64', 'gone')
  const breach = /^package-lock\.json:\d+: no entry for @biomejs\/cli-darwin-x64 \(/
  expect(breachesAfter(['package-lock.json', hole])).toContainEqual(expect.stringMatching(breach))
})

it('a lock file that names a registry is a breach', () => {
  const line = join('"resolved": ', '"https://example.com/x.tgz"')
  const named = (text: string) => text.replace('{', `{\n  ${line},`)
  const breach = /^package-lock\.json:2: "resolved": .* \(the lock file names no registry/
  expect(breachesAfter(['package-lock.json', named])).toContainEqual(expect.stringMatching(breach))
})

it('a file of 401 lines is a breach, one of 400 is none', () => {
  const lines = (count: number) => () => '\n'.repeat(count)
  const breaches = breachesAfter(['lib/long.ts', lines(401)], ['lib/short.ts', lines(400)])
  expect(breaches).toContainEqual(expect.stringMatching(/^lib\/long\.ts:401: has 401 lines/))
  expect(breaches.join()).not.toContain('short.ts')
})

/** new file, text that looks like a breach and is none */
const allowed: [path: string, text: string][] = [
  ['lib/new1.ts', '// native.strerror, require(x) in a comment'],
  ['lib/new2.ts', '/*\n * new OSError(1), any\n */'],
  ['lib/new3.ts', "throw new OSError('a text')"],
  ['lib/new4.ts', 'throw new TimeoutError(\n  `a text`,\n)'],
  ['lib/asyncsocket.ts', "import { native } from './native.js'\nnative.dup(1)"],
  ['native/new.h', '#ifndef BSD_SOCKET_NEW_H_\n#define BSD_SOCKET_NEW_H_\n#endif'],
  ['test/new.test.ts', "context.skip(!permitted, 'needs root')"],
]

it('what looks like a breach may be none', () => {
  const changes = allowed.map(([path, text]) => [path, () => `${text}\n`] as const)
  const found = breachesAfter(...changes).join('\n')
  expect(allowed.filter(([path]) => found.includes(path))).toEqual([])
})
