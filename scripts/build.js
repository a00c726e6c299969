// Builds what is not up to date: the addon with node-gyp, against the headers
// that came with this Node (nothing is downloaded), then the TypeScript, whose
// modules are then put together.
//
// Up to date goes by content, not by time: after a clone, a copy or a change of
// branch the times of files say nothing. The version of Node is no part of it,
// because an addon made for Node-API is good for all of them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

// The lock file stands for the compiler of TypeScript and the headers of
// node-addon-api.
const products = [
  {
    inputs: ['native', 'binding.gyp', 'package-lock.json'],
    folder: 'build',
    output: 'build/Release/bsd_socket.node',
    build: buildAddon,
  },
  {
    inputs: [
      ...['lib', 'test', 'examples', 'bench', 'scripts/bundle.js'],
      ...['tsconfig.json', 'package.json', 'package-lock.json'],
    ],
    folder: 'dist',
    output: 'dist/lib/index.js',
    build: buildTypeScript,
  },
]

/** Ends with one sentence rather than a page of somebody else's log. */
function fail(sentence) {
  console.error(`bsd-socket: ${sentence}`)
  process.exit(1)
}

const places = [
  process.env.npm_config_nodedir,
  dirname(dirname(process.execPath)),
  '/usr',
  '/usr/local',
]

/** The folder above include/node, where the headers of Node are; undefined if nowhere. */
export const headers = (where = places) =>
  where.find((place) => place && existsSync(join(place, 'include/node/node_api.h')))

const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

function run(args, what) {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, options)
  if (status !== 0) fail(`${what} failed.\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
}

/** Where a file of a development dependency is. */
function dependency(path) {
  try {
    return require.resolve(path)
  } catch {
    return fail('the development dependencies are not installed: run "npm ci".')
  }
}

function buildAddon() {
  const tools = [
    ['python3', process.env.PYTHON ?? 'python3'],
    ['make', process.env.MAKE ?? 'make'],
    ['g++', process.env.CXX ?? (process.platform === 'darwin' ? 'c++' : 'g++')],
  ]
  const missing = tools.filter(([, command]) => !runs(command.split(' ')[0])).map(([name]) => name)
  if (missing.length > 0) {
    const how = `Debian: apt-get install ${missing.join(' ')}; macOS: xcode-select --install`
    const list = new Intl.ListFormat('en-GB').format(missing)
    fail(`to build the addon, install ${list} (${how}).`)
  }
  const nodedir = headers()
  if (nodedir === undefined) {
    const how = "install Node from nodejs.org, which has them, or your system's libnode-dev"
    fail(`the headers of Node ${process.version} are missing: ${how}.`)
  }
  const gyp = dependency('node-gyp/bin/node-gyp.js')
  run([gyp, 'rebuild', '--silent', '--jobs=max', `--nodedir=${nodedir}`], 'building the addon')
}

async function buildTypeScript() {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = join(dirname(dependency('typescript/package.json')), 'bin/tsc')
  run([tsc, '-p', root], 'compiling the TypeScript')
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entry = /^\.\/dist\/lib\/(.*)\.js$/
  const entries = Object.values(exports).flatMap((way) => entry.exec(way.default)?.[1] ?? [])
  await bundle(join(root, 'dist/lib'), entries).catch(({ message }) =>
    fail(`bundling the modules failed.\n${message}`),
  )
}

/** The files of a folder, or the file itself. */
function files(path) {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path, { recursive: true }).sort()
  return names.map((name) => join(path, name)).filter((file) => statSync(file).isFile())
}

/** One number for everything that a product is made of. */
function digest(inputs) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of inputs.flatMap((input) => files(join(root, input)))) {
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

async function makeUpToDate({ inputs, folder, output, build }) {
  const note = join(root, folder, 'made-from.sha256')
  const wanted = digest(inputs)
  const made = existsSync(join(root, output)) && existsSync(note) && readFileSync(note, 'utf8')
  if (made === wanted) return
  rmSync(note, { force: true })
  await build()
  writeFileSync(note, wanted)
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const product of products) await makeUpToDate(product)
}
