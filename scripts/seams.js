// Checks the seams: the rules of the design that no compiler checks. Prints
// file:line for each breach, and exits with 1 if there is one. A rule is a
// pattern that may not occur in certain files, or a function.
import { contract, generated, lock, size, sources } from './seams/checks.js'
import { declarations, find, text } from './seams/tree.js'

const cplusplus = /^native\/.*\.(cc|h)$/
const library = /^lib\//
const tests = /^test\//
const typescript = /^(lib|test|examples|bench)\/.*\.[cm]?ts$/
const written = /^(lib|native|test|examples|scripts|bench)\//

/** The classes of lib/errors.ts that know an errno. */
const errors = [...text('lib/errors.ts').matchAll(/class (\w+) extends \w*Error\b/g)]
  .map(([, name]) => name)
  .filter((name) => !['OverflowError', 'ValueError', 'gaierror', 'herror'].includes(name))

const rules = [
  {
    rule: 'conditional compilation is in native/platform.h and native/headers.h alone',
    where: /^native\/(?!platform\.h|headers\.h).*\.(cc|h)$/,
    pattern: /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\b(?! BSD_SOCKET_\w+_H_$).*/gm,
  },
  {
    rule: 'an error with an errno is made in lib/errors.ts alone: use oserror() or check()',
    where: library,
    except: 'lib/errors.ts',
    // A text comes first in an error without an errno.
    pattern: new RegExp(`\\bnew (${errors.join('|')})\\(\\s*[^\\s'"\`)].*`, 'g'),
  },
  {
    rule: 'strerror(3) is called in lib/errors.ts alone',
    where: library,
    except: 'lib/errors.ts',
    pattern: /\bnative\.strerror\b/g,
  },
  {
    rule: 'a twin calls native only for what never waits; the rest is an op',
    where: /^lib\/(async)?socket\.ts$/,
    pattern: /\bnative(\[|\.(?!(bind|dup)\(|js\b)\w+)|= native\b/g,
  },
  {
    rule: 'the addon is loaded in lib/native.ts alone',
    where: library,
    except: 'lib/native.ts',
    pattern: /\bcreateRequire\b|\brequire\s*\(|\bdlopen\b/g,
  },
  {
    rule: 'Node’s modules come from lib/builtins.ts: to import one loads far more',
    where: library,
    pattern: /^(import|export) (?!type\b)([^'"]*\bfrom )?['"]node:.*/gm,
  },
  {
    rule: 'exports are registered in native/addon.cc alone',
    where: cplusplus,
    except: 'native/addon.cc',
    pattern: /\b(NODE_API|NAPI)_MODULE\w*|\bFunction::New\b|\bnapi_(create_function|define_\w+)/g,
  },
  {
    rule: 'the platform is asked for in lib/native.ts alone: ask whether a constant exists',
    where: typescript,
    except: 'lib/native.ts',
    pattern:
      /\b(process\.platform|os\.platform)\b|\{[^}]*\bplatform\b[^}]*\} (= process|from 'node:(os|process))\b/g,
  },
  {
    rule: 'no test is skipped in silence, or alone: use context.skip(condition, reason)',
    where: tests,
    pattern:
      /\b(it|test|describe|suite)(\.\w+)*\.(skip|skipIf|runIf|only|todo|fails)\b|\b[xf](it|describe)\(|\.skip\(\s*\)/g,
  },
  { rule: 'no any in the public types', where: declarations, pattern: /.*\bany\b.*/g },
  {
    rule: 'no path of a machine of ours',
    where: /./,
    read: text, // in comments too
    pattern: /(?<![\w.])\/work\/|\/tmp\/wt\b|\bshared\/(?=\w+\.md\b|\W|$)/g,
  },
  {
    rule: 'the lock file names no registry',
    where: /^package-lock\.json$/,
    pattern: /"resolved": "http.*|registry\.npmjs\.org.*/g,
  },
  { rule: 'lib/native.ts types what the addon exports, all and only that', check: contract },
  { rule: 'generated files are up to date', check: generated },
  { rule: 'the lock file has an entry for every dependency', check: lock },
  { rule: 'native/sources.txt lists native/*.cc', check: sources },
  { rule: 'no file is longer than 400 lines', check: () => size(written, 400) },
]

let breaches = 0
for (const { rule, check, where, pattern, ...options } of rules) {
  for (const { path, line, what } of check ? check() : find(where, pattern, options)) {
    console.error(`${path}:${line}: ${what.split('\n')[0]}\n    ${rule}`)
    breaches++
  }
}
if (breaches > 0) process.exitCode = 1
else console.log(`seams: ${rules.length} rules hold`)
