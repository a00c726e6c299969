// The two twins have the same names, and what can wait gives a promise in one of them.

import * as blocking from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makers, twins, waitingFunctions } from './twins.js'

type Key = string | symbol

/** The names that an object and what it inherits from have, but not those of every object. */
function names(value: object): Key[] {
  const found: Key[] = []
  for (let at = value; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    found.push(...Reflect.ownKeys(at))
  }
  return found
}

/** What one has and the other lacks. */
const lacking = (having: readonly Key[], other: readonly Key[]) =>
  new Set(having.filter((name) => !other.includes(name)))

/** Methods that only the promise twin has. */
const extras = new Set<Key>([
  Symbol.asyncDispose, // close() waits for nothing, but `await using` is at home there
  Symbol.asyncIterator, // connections(), datagrams() or chunks()
  'chunks',
  'connections',
  'datagrams',
  'makestream', // a Node stream must not block
  'ref', // whether waits keep the event loop alive
  'unref',
])

/** Its methods that wait for nothing, and so give no promise. */
const atOnce = new Set<Key>([...extras, 'constructor', 'makefile'])
atOnce.delete(Symbol.asyncDispose)

it('the modules export the same names', () => {
  expect(Object.keys(promises).sort()).toEqual(Object.keys(blocking).sort())
})

it('the classes have the same methods', () => {
  const ours = names(blocking.socket.prototype)
  const theirs = names(promises.socket.prototype)
  expect(lacking(ours, theirs)).toEqual(new Set())
  expect(lacking(theirs, ours)).toEqual(extras)
})

it.each(['rb', 'wb', 'r', 'w'] as const)(
  'the files of makefile(%s) have the same methods',
  (mode) => {
    const [ours, theirs] = twins.map(([, socket]) => {
      const [a, b] = socket.socketpair()
      const file = a.makefile(mode as 'rb')
      onTestFinished(async () => {
        await file.close()
        a.close()
        b.close()
      })
      return names(Object.getPrototypeOf(file))
    })
    expect(lacking(ours, theirs)).toEqual(new Set([Symbol.dispose, Symbol.iterator]))
    expect(lacking(theirs, ours)).toEqual(new Set([Symbol.asyncDispose, Symbol.asyncIterator]))
  },
)

describe('of the promise twin', () => {
  const { prototype } = promises.socket
  const waiting = Reflect.ownKeys(prototype).filter((key) => !atOnce.has(key))

  it.each(waiting.map((key) => [String(key), key] as const))(
    '%s gives a promise, also of an error in the arguments',
    async (_, key) => {
      const s = new promises.socket()
      s.close()
      for (const args of [[], [Symbol('x'), Symbol('y'), Symbol('z')], [1, 1, 1, 1, 1]]) {
        const given = Reflect.apply(Reflect.get(prototype, key), s, args)
        expect(given).toBeInstanceOf(Promise)
        await Promise.resolve(given).catch((error) => expect(error).toBeInstanceOf(Error))
      }
    },
  )

  it('the functions that differ from those of the blocking module give promises', async () => {
    const own = Object.entries(promises).filter(
      ([name, value]) =>
        value !== Reflect.get(blocking, name) && !['default', ...makers].includes(name),
    )
    expect(own.map(([name]) => name).sort()).toEqual(waitingFunctions)
    for (const [name, value] of own) {
      const given = Reflect.apply(value as () => unknown, null, [Symbol('x')])
      expect(given, name).toBeInstanceOf(Promise)
      await expect(given, name).rejects.toThrow()
    }
  })
})
