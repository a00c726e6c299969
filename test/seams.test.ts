// Each rule of scripts/seams.js holds, and can fail: a breach is planted in a
// copy of the project.

import { expect, it } from 'vitest'
import { Copy } from './project.js'

const parts = [
  ...['lib', 'native', 'scripts', 'test', 'dist/lib', '.gitignore', 'package-lock.json'],
  'build/Release/bsd_socket.node',
]

it('the project has no breach', () => {
  expect(new Copy(parts).run('scripts/seams.js')).toMatchObject({ status: 0 })
})

/** Text that this file must not contain as it stands. */
const join = (...pieces: string[]) => pieces.join('')

/** rule, file, its new first lines, the line of the breach */
const breaches: [rule: string, path: string, lines: string, line?: number][] = [
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

it.each(breaches)('%s: breached in %s by %j', (rule, path, lines, line = 1) => {
  const copy = new Copy(parts)
  copy.edit(path, (text) => `${lines}\n${text}`)
  const { status, output } = copy.run('scripts/seams.js')
  const [where, why, ...more] = output.trim().split('\n')
  expect(where).toContain(`${path}:${line}: `)
  expect(why).toContain(`    ${rule}`)
  expect(more).toEqual([])
  expect(status).toBe(1)
})

it('an export that lib/native.ts does not type is a breach', () => {
  const copy = new Copy(parts)
  copy.edit('lib/native.ts', (text) => text.replace('  listen(', '  // listen('))
  const { status, output } = copy.run('scripts/seams.js')
  expect(output).toMatch(/^native\/addon\.cc:\d+: lib\/native\.ts has no listen\n/)
  expect(status).toBe(1)
})

it('a lock file that npm ci would refuse is a breach', () => {
  const copy = new Copy(parts)
  const platform = '@biomejs/cli-darwin-x64'
  copy.edit('package-lock.json', (text) => text.replace(`node_modules/${platform}`, 'gone'))
  const { status, output } = copy.run('scripts/seams.js')
  expect(output).toMatch(/^package-lock\.json:\d+: no entry for @biomejs\/cli-darwin-x64\n/)
  expect(status).toBe(1)
})

it('a lock file that names a registry is a breach', () => {
  const copy = new Copy(parts)
  const line = join('"resolved": ', '"https://example.com/x.tgz"')
  copy.edit('package-lock.json', (text) => text.replace('{', `{\n  ${line},`))
  const { status, output } = copy.run('scripts/seams.js')
  expect(output).toMatch(
    /^package-lock\.json:2: "resolved": .*\n {4}the lock file names no registry\n$/,
  )
  expect(status).toBe(1)
})

it('a file of 401 lines is a breach', () => {
  const copy = new Copy(parts)
  copy.edit('lib/long.ts', () => '\n'.repeat(401))
  const { status, output } = copy.run('scripts/seams.js')
  expect(output).toMatch(/^lib\/long\.ts:401: has 401 lines\n/)
  expect(status).toBe(1)
})

it('what is allowed is no breach', () => {
  const copy = new Copy(parts)
  copy.edit('lib/ops.ts', (text) =>
    [
      '// native.strerror, require(x) and new OSError(1) in a comment',
      "throw new OSError('a text')",
      'throw new TimeoutError(\n  `a text`,\n)',
      "const words = 'any // #if'",
      text,
    ].join('\n'),
  )
  copy.edit(
    'native/other.h',
    () => '#ifndef BSD_SOCKET_OTHER_H_\n#define BSD_SOCKET_OTHER_H_\n#endif\n',
  )
  copy.edit('lib/short.ts', () => '\n'.repeat(400))
  expect(copy.run('scripts/seams.js')).toMatchObject({ status: 0 })
})
