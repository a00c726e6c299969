// Makes a project that uses the package as its users do: packed, and installed
// from the tarball without install scripts.
//   node scripts/consumer.js FOLDER [ADDON]
// The files of test/consumer/ go into FOLDER. ADDON becomes the prebuilt binary
// of this platform, which a published package carries; without it there is none.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

function npm(cwd, ...args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  console.error(`npm ${args.join(' ')} failed.\n${stdout}${stderr}`)
  return process.exit(1)
}

const [folder, addon] = process.argv.slice(2).map((path) => resolve(path))
mkdirSync(folder, { recursive: true })
cpSync(join(root, 'test/consumer'), folder, { recursive: true })
writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true }\n')

const packed = npm(root, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder)
npm(folder, 'install', '--ignore-scripts', '--offline', `./${packed.trim()}`)

// Its types need Node's: those of the repository, so that nothing is fetched.
mkdirSync(join(folder, 'node_modules/@types'))
symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))

if (addon !== undefined) {
  const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined
  const libc = process.platform !== 'linux' ? '' : glibc ? '.glibc' : '.musl'
  const prebuilds = `node_modules/bsd-socket/prebuilds/${process.platform}-${process.arch}`
  cpSync(addon, join(folder, prebuilds, `bsd-socket${libc}.node`))
}
