// Every number against the python3 that is here, which has them from the same
// kernel headers' meaning.

import * as socket from 'bsd-socket'
import * as errno from 'bsd-socket/errno'
import { describe, expect, it } from 'vitest'
import { ask } from './peer.js'

interface Python {
  constants: Record<string, number>
  errnos: Record<string, number>
  errorcode: Record<number, string>
  enums: Record<string, { members: Record<string, number>; names: Record<number, string> }>
}

const python = ask<Python>(`
import errno, json, socket
kinds = [socket.AddressFamily, socket.SocketKind, socket.MsgFlag, socket.AddressInfo]
print(json.dumps(dict(
    constants={n: int(v) for n, v in vars(socket).items()
               if isinstance(v, int) and not isinstance(v, bool) and not n.startswith('_')},
    errnos={n: v for n, v in vars(errno).items() if isinstance(v, int)},
    errorcode=errno.errorcode,
    enums={t.__name__: dict(members={n: int(m) for n, m in t.__members__.items()},
                            names={int(m): m.name for m in t.__members__.values()})
           for t in kinds})))
`)

const ours: Readonly<Record<string, unknown>> = { ...socket }
const errnos: Readonly<Record<string, unknown>> = { ...errno }

/** The part of `mine` that `theirs` has too. */
const alike = (mine: Readonly<Record<string, unknown>>, theirs: object) =>
  Object.fromEntries(Object.keys(theirs).map((name) => [name, mine[name]]))

it('every integer of the socket module has its value here', () => {
  expect(Object.keys(python.constants).length).toBeGreaterThan(300)
  expect(alike(ours, python.constants)).toEqual(python.constants)
})

it('every errno has its value here', () => {
  expect(Object.keys(python.errnos).length).toBeGreaterThan(100)
  expect(alike(errnos, python.errnos)).toEqual(python.errnos)
})

it('errorcode is the same, name for name', () => {
  expect(alike(errno.errorcode, python.errorcode)).toEqual(python.errorcode)
})

it('the socket module has the few errnos that Python’s has', () => {
  const theirs = { EBADF: errno.EBADF, EAGAIN: errno.EAGAIN, EWOULDBLOCK: errno.EWOULDBLOCK }
  expect(alike(ours, theirs)).toEqual(theirs)
})

it('what the headers lack is undefined, and everything else a number', () => {
  const named = Object.entries(socket).filter(
    ([name, value]) => /^[A-Z][A-Z0-9]*_[A-Za-z0-9_]+$/.test(name) && typeof value !== 'function',
  )
  expect(named.length).toBeGreaterThan(300)
  const others = named.filter(([, value]) => value !== undefined && !Number.isSafeInteger(value))
  // Bluetooth's addresses are text.
  expect(others.filter(([name]) => !name.startsWith('BDADDR_'))).toEqual([])
})

const { AddressFamily, SocketKind, MsgFlag, AddressInfo } = socket

for (const [name, enumeration] of Object.entries({
  AddressFamily,
  SocketKind,
  MsgFlag,
  AddressInfo,
})) {
  describe(name, () => {
    const { members, names } = python.enums[name]

    it('maps names to numbers', () => {
      expect(alike(enumeration, members)).toEqual(members)
    })

    it('maps numbers to names, of two the one that Python has', () => {
      expect(alike(enumeration, names)).toEqual(names)
    })

    it('cannot be changed', () => {
      expect(Object.isFrozen(enumeration)).toBe(true)
    })
  })
}

it('the module and its default export are the same names', async () => {
  const { default: byDefault, ...byName } = await import('bsd-socket')
  expect({ ...byDefault }).toEqual(byName)
})
