// The rules that are more than a pattern.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { breach, lineOf, paths, root, text } from './tree.js'

const ADDON = 'build/Release/bsd_socket.node'
const CONTRACT = 'lib/native.ts'

/** The typed lines of lib/native.ts against the exports of the built addon. */
export function contract() {
  if (!existsSync(root + ADDON)) return [breach(ADDON, 1, 'is not built: run "npm run build"')]
  const exported = Object.keys(createRequire(import.meta.url)(root + ADDON))
  const typed = new Map()
  const content = text(CONTRACT)
  for (const { 0: body, index } of content.matchAll(
    /^(export )?interface (Native|Addon) [\s\S]*?^}/gm,
  )) {
    for (const member of body.matchAll(/^ {2}(?:readonly )?(\w+)\??(?=[(:<])/gm)) {
      typed.set(member[1], lineOf(content, index + member.index))
    }
  }
  return [
    ...[...typed]
      .filter(([name]) => !exported.includes(name))
      .map(([name, line]) => breach(CONTRACT, line, `the addon has no ${name}`)),
    ...exported
      .filter((name) => !typed.has(name))
      .map((name) => breach('native/addon.cc', lineNaming(name), `${CONTRACT} has no ${name}`)),
  ]
}

function lineNaming(name) {
  const content = text('native/addon.cc')
  return lineOf(content, Math.max(content.indexOf(`"${name}"`), 0))
}

/** What scripts/generate.js would write differently. */
export function generated() {
  const script = `${root}scripts/generate.js`
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  if (status === 0) return []
  const stale = [...stderr.matchAll(/^(\S+) (is stale.*)$/gm)]
  if (stale.length === 0) return [breach('scripts/generate.js', 1, stderr)]
  return stale.map(([, path, what]) => breach(path, 1, what))
}

/** The list of sources against the folder. */
export function sources() {
  const list = 'native/sources.txt'
  const listed = text(list).trim().split('\n')
  const there = paths.filter((path) => /^native\/.*\.cc$/.test(path))
  return [
    ...listed
      .filter((path, i) => !there.includes(path) || listed.indexOf(path) < i)
      .map((path) => breach(list, listed.indexOf(path) + 1, `${path} is not there, or twice`)),
    ...there
      .filter((path) => !listed.includes(path))
      .map((path) => breach(path, 1, `is not in ${list}`)),
  ]
}

/** Files of more than `most` lines; what is generated and the table of constants may be long. */
export function size(where, most) {
  return paths
    .filter((path) => where.test(path) && !/\.gen\.|constants\.txt$/.test(path))
    .map((path) => [path, text(path).split('\n').length - 1])
    .filter(([, lines]) => lines > most)
    .map(([path, lines]) => breach(path, lines, `has ${lines} lines`))
}

/**
 * Dependencies without an entry in the lock file. npm writes such a file when the
 * registry lacks a package for another platform, and npm ci then refuses it.
 */
export function lock() {
  const file = 'package-lock.json'
  const content = text(file)
  const { packages } = JSON.parse(content)
  return Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      )
      .map((name) =>
        breach(file, lineOf(content, content.indexOf(`"${name}"`)), `no entry for ${name}`),
      ),
  )
}
