// Bad input gives the same class, errno and words as in Python, and leaves no
// descriptor open.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { inOurs, inPython, type Outcome, type Row } from './compare.js'
import { addresses } from './rows/addresses.js'
import { closed } from './rows/closed.js'
import { making } from './rows/making.js'
import { messages } from './rows/messages.js'
import { names, numbers } from './rows/names.js'
import { options } from './rows/options.js'
import { transfer } from './rows/transfer.js'

const subjects = { addresses, transfer, options, closed, making, messages, names, numbers }
const rows = Object.values(subjects).flat()
const [version, outcomes] = inPython(rows)
const inPythons = new Map(rows.map((row, i) => [row, outcomes[i]]))

function agrees(row: Row): void {
  const [, , { words = true, differs, ours = null, since = 0 } = {}] = row
  const theirs = inPythons.get(row) as Outcome
  const [mine, leaked] = inOurs(row)
  expect(leaked).toEqual([])
  // A TypeError names types, which have other names here.
  const compareWords = words && theirs.cls !== 'TypeError'
  const same = compareWords ? theirs : { ...theirs, message: mine.message }
  if (differs !== undefined || version < since) {
    expect(mine).not.toEqual(same)
    if (differs !== undefined) expect(mine.cls).toBe(ours)
  } else {
    expect(mine).toEqual(same)
  }
}

for (const [subject, part] of Object.entries(subjects)) {
  describe(subject, () => {
    for (const row of part) it(row[0], () => agrees(row))
  })
}

/** The methods of a prototype, by name; its getters are none. */
const methodsOf = (prototype: object): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    .map(([name]) => (name === 'toString' ? 'repr(' : `.${name}(`))

const isClass = (value: unknown): boolean => /^class/.test(String(value))

/** What Python lacks; its bad input is in the tests of its own subject. */
const beyond = [
  'socket.attach_filter(',
  'socket.decode_ancillary(',
  'socket.detach_filter(',
  'socket.encode_ancillary(',
  'socket.inet_checksum(',
  'socket.peer_credentials(',
  'socket.pipe(',
  'socket.relay(',
  'socket.splice(',
]

it('has a row for every method and every function', () => {
  const functions = Object.entries(socket)
    .filter(([, value]) => typeof value === 'function' && !isClass(value))
    .map(([name]) => `socket.${name}(`)
    .filter((call) => call !== 'socket.SocketType(' && !beyond.includes(call))
  const { prototype } = socket.socket
  const methods = [...methodsOf(prototype), ...methodsOf(Object.getPrototypeOf(prototype))]
  const calls = [...functions, ...methods]
  const missing = calls.filter((call) => !rows.some(([python]) => python.includes(call)))
  expect(calls.length).toBeGreaterThan(50)
  expect(missing).toEqual([])
})
