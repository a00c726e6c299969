// The files of the project, and how the rules look at them.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

const ignored = readFileSync(`${root}.gitignore`, 'utf8').match(/^[^*#\n]+?(?=\/?$)/gm)

/** Every file that is not ignored by git, its path from the root of the project. */
function walk(folder) {
  const names = readdirSync(root + folder).filter((name) => name !== '.git')
  const paths = names.map((name) => folder + name).filter((path) => !ignored.includes(path))
  return paths.flatMap((path) => {
    const status = statSync(root + path, { throwIfNoEntry: false })
    if (status?.isDirectory()) return walk(`${path}/`)
    return status?.isFile() ? [path] : []
  })
}

export const paths = walk('').sort()

/** The declarations that a user of the package gets. */
export const declarations = readdirSync(`${root}dist/lib`, { recursive: true })
  .filter((name) => name.endsWith('.d.ts'))
  .map((name) => `dist/lib/${name}`)

export const text = (path) => readFileSync(root + path, 'utf8')

/** The text with its comments blanked out, line by line where they were. */
export function code(path) {
  const stringOrComment =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[\s\S]*?\*\//g
  return text(path).replace(stringOrComment, (all, string) => string ?? all.replace(/./g, ' '))
}

export const lineOf = (content, index) => content.slice(0, index).split('\n').length

/** A breach: where it is and what is wrong there. */
export const breach = (path, line, what) => ({ path, line, what })

/**
 * What a pattern finds in files.
 * @param where a pattern for paths, or the paths themselves
 * @param pattern with the flag g
 * @param options `except`, a path left alone; `read`, code, or text for comments too
 */
export function find(where, pattern, { except = '', read = code } = {}) {
  const files = Array.isArray(where) ? where : paths.filter((path) => where.test(path))
  return files
    .filter((path) => path !== except)
    .flatMap((path) => {
      const content = read(path)
      const found = [...content.matchAll(pattern)]
      return found.map((match) => breach(path, lineOf(content, match.index), match[0].trim()))
    })
}
