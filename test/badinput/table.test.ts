// Bad input gives the same class, errno and words as in Python, from either twin,
// thrown or rejected with, and leaves no descriptor open.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { openSetFirst } from '../counting.js'
import { type Twin, twins } from '../twins.js'
import { inOurs, inPython, type Outcome, type Row } from './compare.js'
import { addresses } from './rows/addresses.js'
import { closed } from './rows/closed.js'
import { making } from './rows/making.js'
import { messages } from './rows/messages.js'
import { names, numbers } from './rows/names.js'
import { options } from './rows/options.js'
import { transfer } from './rows/transfer.js'

const subjects = { addresses, transfer, options, closed, making, messages, names }
const rows = [...Object.values(subjects), numbers].flat()
const [version, outcomes] = inPython(rows)
const inPythons = new Map(rows.map((row, i) => [row, outcomes[i]]))

async function agrees(m: Twin, row: Row): Promise<void> {
  const [, , { words = true, differs, ours = null, since = 0 } = {}] = row
  const theirs = inPythons.get(row) as Outcome
  const [mine, leaked] = await inOurs(m, row)
  expect(leaked).toEqual([])
  // A TypeError names types, which have other names here.
  const compareWords = words && theirs.cls !== 'TypeError'
  const same = compareWords ? theirs : { ...theirs, message: mine.message }
  if (differs !== undefined || version < since) {
    expect(mine).not.toEqual(same)
    if (differs !== undefined) expect(mine.cls).toBe(ours)
  } else {
    expect(mine).toEqual(same)
    if (compareWords) return
  }
  // Python's words are not always ours; those of one twin are always the other's.
  if (m !== socket) expect(portless(mine)).toEqual(portless((await inOurs(socket, row))[0]))
}

/** Every row has a listener of its own, whose port may be in the words. */
const portless = ({ message, ...rest }: Outcome) => [rest, message?.replace(/ \d+\)\)$/, ' port))')]

openSetFirst()

describe.each(twins)('%s', (_, m) => {
  for (const [subject, part] of Object.entries(subjects)) {
    describe(subject, () => {
      for (const row of part) it(row[0], () => agrees(m, row))
    })
  }
})

describe('numbers', () => {
  for (const row of numbers) it(row[0], () => agrees(socket, row)) // the twins share these
})

/** The methods of a prototype, by name; its getters are none. */
const methodsOf = (prototype: object): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    .map(([name]) => (name === 'toString' ? 'repr(' : `.${name}(`))

const isClass = (value: unknown): boolean => /^class/.test(String(value))

/** What Python lacks; its bad input is in the tests of its own subject. */
const beyond = [
  'socket.aligned_alloc(',
  'socket.attach_filter(',
  'socket.decode_ancillary(',
  'socket.detach_filter(',
  'socket.encode_ancillary(',
  'socket.inet_checksum(',
  'socket.listen_fds(',
  'socket.peer_credentials(',
  'socket.pipe(',
  '.recv_zerocopy_completions(',
  '.sendall_zerocopy(',
  'socket.relay(',
  'socket.splice(',
  '.recvmmsg(',
  '.sendmmsg(',
]

it('has a row for every method and every function', () => {
  const functions = Object.entries(socket)
    .filter(([, value]) => typeof value === 'function' && !isClass(value))
    .map(([name]) => `socket.${name}(`)
    .filter((call) => call !== 'socket.SocketType(')
  const { prototype } = socket.socket
  const methods = [...methodsOf(prototype), ...methodsOf(Object.getPrototypeOf(prototype))]
  const calls = [...functions, ...methods].filter((call) => !beyond.includes(call))
  const missing = calls.filter((call) => !rows.some(([python]) => python.includes(call)))
  expect(calls.length).toBeGreaterThan(50)
  expect(missing).toEqual([])
})
