// npm run parity: holds this package against the `socket` module of the python3
// that is here. Names, integer values, parameters. Prints what is missing, and
// exits 1 if it is more than the exceptions below.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import * as socket from 'bsd-socket'

/** What is left out on purpose, or lies elsewhere, and why. */
const exceptions = {
  'socket.CAPI': 'CPython: the C interface of its own extension modules',
  'socket.SocketIO': 'CPython: the layer under makefile(); here lib/file/raw.ts',
  'socket.IntEnum': 'CPython: imported from enum',
  'socket.IntFlag': 'CPython: imported from enum',
  'socket.array': 'CPython: imported module',
  'socket.errno': 'CPython: imported module; here the entry point bsd-socket/errno',
  'socket.io': 'CPython: imported module',
  'socket.os': 'CPython: imported module',
  'socket.selectors': 'CPython: imported module; here the entry point bsd-socket/selectors',
  'socket.sys': 'CPython: imported module',
  // Windows alone has socket.ioctl, socket.share, fromshare, SIO_ and RCVALL_
  // names; python3 does not list them here, so they need no row.
}

/** Names that begin with an underscore are CPython's own business. */
const internal = (name) => name.split('.').at(-1).startsWith('_')

const oracle = `
import inspect, json, re, socket, sys
def parameters(f):
    try:
        return [[p.name, p.default is p.empty and p.kind != p.KEYWORD_ONLY, p.kind == p.KEYWORD_ONLY]
                for p in inspect.signature(f).parameters.values() if p.name != 'self']
    except (ValueError, TypeError):
        pass
    # A C function says its parameters only in the first line of its docstring,
    # and they go by position: the number of them counts, not the names.
    found = re.match(r'\\w+\\((.*?)\\)(\\s*-+>|$)', (f.__doc__ or '').split('\\n')[0])
    if not found: return None
    needed = re.sub(r'\\[.*\\]', '', found[1])
    count = lambda text: len([x for x in re.split(r'[\\[\\],]+', text) if x.strip() not in ('', '*')])
    return [count(needed), count(found[1])]
out = {'version': sys.version.split()[0], 'names': {}}
for prefix, owner in (('socket', socket), ('socket.socket', socket.socket)):
    for name in dir(owner):
        if name.startswith('__'): continue
        value = getattr(owner, name)
        row = {}
        if isinstance(value, int) and not isinstance(value, bool): row['value'] = int(value)
        elif inspect.isroutine(value): row['parameters'] = parameters(value)
        out['names'][prefix + '.' + name] = row
print(json.dumps(out))
`

const dist = new URL('../dist/lib/', import.meta.url)
const declarations = readdirSync(dist, { recursive: true })
  .filter((name) => name.endsWith('.d.ts'))
  .map((name) => readFileSync(new URL(name, dist), 'utf8').replace(/\/\*\*.*?\*\//gs, ''))
  .join('\n')

/** Splits at the commas that are in no bracket. */
function split(list) {
  const parts = ['']
  let depth = 0
  for (const char of list) {
    if ('([{<'.includes(char)) depth++
    if (')]}>'.includes(char)) depth--
    if (char === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** The text from an opening bracket to the one that closes it. */
function inside(text, from) {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return text.slice(from + 1, i)
  }
  return ''
}

/** The fields of an interface, with those that it extends. */
function fields(type) {
  const found = new RegExp(`interface ${type}(?:<[^{]*>)?(?: extends (\\w+))? \\{([^}]*)\\}`).exec(
    declarations,
  )
  if (!found) return []
  const own = [...found[2].matchAll(/^\s*(\w+)\??:/gm)].map(([, name]) => name)
  return found[1] ? [...fields(found[1]), ...own] : own
}

/** Every declaration of a function or method: positional names, how many are needed, names of options. */
function ours(name) {
  const head = new RegExp(`(?:^|\\s)${name}(?:: |)(?:<[^(]*>)?\\(`, 'gm')
  return [...declarations.matchAll(head)].map((match) => {
    const parts = split(inside(declarations, match.index + match[0].length - 1))
    const named = parts.map((part) => /^(?:\.\.\.)?(\w+)(\??):\s*(.*)$/s.exec(part)).filter(Boolean)
    const positional = named.filter(([, , , type]) => !/^\w*Options(<\w+>)?$/.test(type.trim()))
    const options = named.flatMap(([, , , type]) =>
      [...type.matchAll(/\b\w*Options\b/g)].flatMap(([t]) => fields(t)),
    )
    const names = positional.map(([, parameter]) => parameter)
    return { names, needed: positional.filter(([, , optional]) => !optional).length, options }
  })
}

/** What is wrong with a function's parameters, or null. */
function parametersDiffer(name, theirs) {
  const all = ours(name.split('.').at(-1))
  if (all.length === 0) return 'no declaration found'
  if (typeof theirs[0] === 'number') {
    const [, most] = theirs
    const widest = Math.max(...all.map(({ names, options }) => names.length + options.length))
    return widest >= most ? null : `takes ${widest} parameters at most, Python ${most}`
  }
  const positional = new Set(all.flatMap(({ names }) => names))
  const keywords = new Set(all.flatMap(({ options }) => options))
  const missing = theirs.filter(([parameter, , keywordOnly]) =>
    keywordOnly ? !keywords.has(parameter) : !positional.has(parameter) && !keywords.has(parameter),
  )
  const words = missing.map(([parameter]) => parameter).join(', ')
  return words === '' ? null : `has no parameter ${words}`
}

function lookUp(name) {
  const [, first, second] = name.split('.')
  return second === undefined
    ? socket[first]
    : Reflect.get(socket.socket.prototype, second, unbound)
}
// A getter of the prototype needs a socket to answer.
const unbound = new socket.socket()

/** What is wrong with a name, or null. */
function compare(name, { value, parameters }) {
  const found = lookUp(name)
  if (found === undefined) return 'missing'
  if (value !== undefined && found !== value) return `is ${found}, Python has ${value}`
  if (parameters) return parametersDiffer(name, parameters)
  return null
}

const { status, stdout, stderr } = spawnSync('python3', ['-c', oracle], { encoding: 'utf8' })
if (status !== 0) throw new Error(`python3 failed: ${stderr}`)
const { version, names } = JSON.parse(stdout)

const public_ = Object.entries(names).filter(([name]) => !internal(name))
const problems = []
for (const [name, row] of public_) {
  if (name in exceptions) continue
  const problem = compare(name, row)
  if (problem !== null) problems.push(`${name}: ${problem}`)
}
unbound.close()

const integers = public_.filter(([, row]) => row.value !== undefined).length
const functions = public_.filter(([, row]) => row.parameters).length
console.log(
  `Python ${version}: ${public_.length} public names, ${integers} integers, ${functions} signatures compared.`,
)
for (const [name, why] of Object.entries(exceptions)) console.log(`  left out  ${name}: ${why}`)
for (const problem of problems) console.log(`  PROBLEM   ${problem}`)
const stale = Object.keys(exceptions).filter(
  (name) => !(name in names) || lookUp(name) !== undefined,
)
for (const name of stale) console.log(`  PROBLEM   ${name}: an exception that is none any more`)
if (problems.length + stale.length > 0) process.exitCode = 1
else console.log('Nothing else is missing.')
