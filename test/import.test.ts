// What an import loads. Time tells little on a busy machine; files and modules do.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMainThread, Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { mainThread } from '#lib/native'
import { root } from './project.js'

const library = join(root, 'dist/lib')

/** The files of ours that an entry brings, itself among them. */
function files(entry: string, found = new Set<string>()): Set<string> {
  const path = join(library, entry)
  if (found.has(path)) return found
  found.add(path)
  const imports = readFileSync(path, 'utf8').matchAll(/^(?:import|export) .*["'](\..*)["']/gm)
  for (const [, file] of imports) files(file, found)
  return found
}

// Each costs Node half a millisecond or more; not put together, index.js was 56 of them.
it.each([
  ['index.js', 2],
  ['promises.js', 5],
  ['select.js', 4],
  ['selectors.js', 5],
  ['errno.js', 3],
])('%s is at most %d files', (entry, most) => {
  const found = files(entry)
  expect(found.size).toBeGreaterThan(1)
  expect([...found].length).toBeLessThanOrEqual(most)
})

/** Node's modules that importing an entry loads, and then node:os, which shows that they are seen. */
function loaded(entry: string): string[] {
  const program = `
    const before = new Set(process.moduleLoadList)
    await import(${JSON.stringify(`bsd-socket${entry}`)})
    process.getBuiltinModule('node:os')
    const names = process.moduleLoadList.filter((name) => !before.has(name))
    process.stdout.write(JSON.stringify(names.map((name) => name.split(' ').at(-1))))`
  const args = ['--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

it.each(['', '/select', '/selectors', '/errno'])('bsd-socket%s brings no streams', (entry) => {
  const names = loaded(entry)
  expect(names).toContain('os')
  const heavy = /stream|worker|^(module|net|dns|tls|timers\/promises)$/
  expect(names.filter((name) => heavy.test(name))).toEqual([])
})

it('the promise twin brings streams, and no threads', () => {
  const names = loaded('/promises')
  expect(names).toContain('stream')
  expect(names.filter((name) => /worker|^(net|dns|tls)$/.test(name))).toEqual([])
})

it('the addon knows a worker from the main thread, as Node does', async () => {
  expect(mainThread).toBe(isMainThread)
  const code = `
    import { mainThread } from ${JSON.stringify(pathToFileURL(join(library, 'native.js')).href)}
    import { isMainThread, parentPort } from 'node:worker_threads'
    parentPort.postMessage([mainThread, isMainThread])`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`))
  const answer = await new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject)
  })
  expect(answer).toEqual([false, false])
})
