// Builds what is not up to date: the addon with node-gyp, against the headers
// that came with this Node (nothing is downloaded), then the TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const addon = join(root, 'build/Release/bsd_socket.node')

/** Ends with one sentence rather than a page of somebody else's log. */
function fail(sentence) {
  console.error(`bsd-socket: ${sentence}`)
  process.exit(1)
}

const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

/** The folder above include/node, where the headers of this Node are. */
export function headers() {
  const places = [
    process.env.npm_config_nodedir,
    dirname(dirname(process.execPath)),
    '/usr',
    '/usr/local',
  ]
  const found = places.find((place) => place && existsSync(join(place, 'include/node/node_api.h')))
  if (found) return found
  return fail(
    `the headers of Node ${process.version} are missing: install Node from nodejs.org, which has them, or your system's libnode-dev.`,
  )
}

function run(command, args, what) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) fail(`${what} failed.\n${stdout}${stderr}`)
}

function needsAddon() {
  if (!existsSync(addon)) return true
  const built = statSync(addon).mtimeMs
  const sources = readdirSync(join(root, 'native')).map((name) => join(root, 'native', name))
  return [...sources, join(root, 'binding.gyp')].some((path) => statSync(path).mtimeMs > built)
}

function buildAddon() {
  const missing = [
    ['python3', process.env.PYTHON ?? 'python3'],
    ['make', process.env.MAKE ?? 'make'],
    ['g++', process.env.CXX ?? (process.platform === 'darwin' ? 'c++' : 'g++')],
  ].filter(([, command]) => !runs(command.split(' ')[0]))
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(' and ')
    fail(
      `to build the addon, install ${names} (Debian: apt-get install python3 make g++; macOS: xcode-select --install).`,
    )
  }
  const gyp = require.resolve('node-gyp/bin/node-gyp.js')
  run(
    process.execPath,
    [gyp, 'rebuild', '--silent', `--nodedir=${headers()}`],
    'building the addon',
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (needsAddon()) buildAddon()
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  run(process.execPath, [tsc, '-p', root], 'compiling the TypeScript')
}
