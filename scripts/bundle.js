// Puts the compiled modules of lib/ together: to find, read and link one costs
// Node about half a millisecond, and there are eighty. Each keeps its name, as a
// file that re-exports from a bundle; so a module exists once, whoever imports it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * The bundler does not see these. The table has 1500 exports, which it would list again
 * in each file on the way; a namespace it would imitate with as many getters.
 */
const apart = ['constants.gen', 'index', 'promises']

/** The kit for benchmarks stays as it is too: what it needs is not for every program. */
const kit = /^bench(\/|$)/

const imports = /^(?:import|export) .*?["'](\.[^"']+)\.js["'];?$/gm

/** The modules of a folder, each with those that it imports. */
function read(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.js'))
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const name = (path) => relative(folder, join(folder, file, '..', path))
      return [file.slice(0, -3), [...text.matchAll(imports)].map(([, path]) => name(path))]
    }),
  )
}

/** For each module the entries that need it. */
function needs(modules, entries) {
  const needed = new Map([...modules.keys()].map((name) => [name, []]))
  const visit = (name, entry) => {
    const by = needed.get(name)
    if (by.includes(entry)) return
    by.push(entry)
    for (const next of modules.get(name)) visit(next, entry)
  }
  for (const entry of entries) visit(entry, entry)
  return needed
}

/**
 * The table of constants, with one destructuring for all of it: a sixth of the text, and
 * half the time. It comes from the bundle, and not by way of the file that stands for
 * native.js.
 */
function shortened(folder) {
  const row = /^(?:\/\*\*.*\*\/\n)?export const (\w+) = c\.\1;\n/gm
  const path = join(folder, 'constants.gen.js')
  const text = readFileSync(path, 'utf8').replace('./native.js', './core.bundle.js')
  const names = [...text.matchAll(row)].map(([, name]) => name)
  return `${text.replace(row, '')}export const { ${names.join(', ')} } = c;\n`
}

/** `export … from`, which binds no names here, as an import and an export. */
const bound = (text) =>
  text.replace(/^export \{ (.*) \} from (".*");$/m, (_, list, file) => {
    const names = new Set(list.split(', ').map((name) => name.replace(/ as .*/, '')))
    return `import { ${[...names].join(', ')} } from ${file};\nexport { ${list} };`
  })

/**
 * Writes an entry: what the module of its names has, `stars` in the place of the table of
 * constants, and the default export. As a module namespace V8 would sort the 1,600 names;
 * so it is a frozen object of the same names, made of `object` from the members.
 */
function fold(folder, entry, names, stars, object) {
  const text = bound(readFileSync(join(folder, `${names}.js`), 'utf8'))
  const [, list] = /^export \{ (.*) \};$/m.exec(text)
  const members = list.replace(/(\w+) as (\w+)/g, '$2: $1')
  const whole = text.replace('export * from "./constants.gen.js";', () => stars)
  const byDefault = `export default Object.freeze(${object(members)});\n`
  writeFileSync(join(folder, `${entry}.js`), whole + byDefault)
}

/** Both entries. The promise twin has the constants from the blocking module. */
function foldEntries(folder) {
  // Not a copy of the table, which would take a twentieth of the import.
  const itself = (members) => `Object.assign(c, { ${members} })`
  fold(folder, 'index', 'public', shortened(folder), itself)
  const stars = 'export * from "./index.js";\nimport blocking from "./index.js";'
  const copy = (members) => `{ ...blocking, ${members} }`
  fold(folder, 'promises', 'asyncpublic', stars, copy)
  for (const name of ['constants.gen', 'public', 'asyncpublic']) rmSync(join(folder, `${name}.js`))
}

/** V8 reads text with a single character beyond Latin-1 at half the speed. */
const ascii = (code) =>
  code.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * Bundles a folder of compiled modules where it lies.
 * @param users the modules that users import. What the blocking one needs is one file,
 *   the core, for all of them; of the rest, what some of them need is one for those.
 */
export async function bundle(folder, users) {
  const { rolldown } = await import('rolldown')
  const modules = read(folder)
  const entries = users.filter((name) => modules.has(name) && !kit.test(name))
  const needed = needs(modules, entries)
  const part = (id) => {
    const by = needed.get(relative(folder, id).slice(0, -3))
    return by.includes('index') ? 'core' : by.join('-') || 'unused'
  }
  const inside = [...modules.keys()].filter((name) => !apart.includes(name) && !kit.test(name))
  if (inside.length === 0) return
  const build = await rolldown({
    input: Object.fromEntries(inside.map((name) => [name, join(folder, `${name}.js`)])),
    platform: 'node',
    external: (id) => apart.some((name) => id.endsWith(`/${name}.js`)),
    preserveEntrySignatures: 'allow-extension', // what includeDependenciesRecursively asks for
  })
  const { output } = await build.generate({
    chunkFileNames: '[name].bundle.js',
    minifyInternalExports: false,
    comments: { jsdoc: false },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'who needs it', name: part }],
    },
  })
  for (const name of inside) rmSync(join(folder, `${name}.js`))
  for (const { fileName, code } of output) writeFileSync(join(folder, fileName), ascii(code))
  if (modules.has('public')) foldEntries(folder)
}
