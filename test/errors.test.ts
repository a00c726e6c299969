// The error tree of Python, number by number. What makes the kernel give each
// of them is in provoked.test.ts.

import { inspect } from 'node:util'
import * as socket from 'bsd-socket'
import * as errno from 'bsd-socket/errno'
import { describe, expect, it } from 'vitest'
import { native } from '#lib/native'
import { ask } from './peer.js'
import { twins } from './twins.js'

interface Known {
  code: string
  strerror: string
  cls: string
}

/** Python's name, text and class of every errno. */
const known = ask<Record<number, Known>>(`
import errno, json, os
print(json.dumps({n: dict(code=errno.errorcode[n], strerror=os.strerror(n),
                          cls=type(OSError(n, 'x')).__name__) for n in errno.errorcode}))
`)

const tree = {
  ConnectionError: 'OSError',
  BrokenPipeError: 'ConnectionError',
  ConnectionAbortedError: 'ConnectionError',
  ConnectionRefusedError: 'ConnectionError',
  ConnectionResetError: 'ConnectionError',
  BlockingIOError: 'OSError',
  ChildProcessError: 'OSError',
  FileExistsError: 'OSError',
  FileNotFoundError: 'OSError',
  InterruptedError: 'OSError',
  IsADirectoryError: 'OSError',
  NotADirectoryError: 'OSError',
  PermissionError: 'OSError',
  ProcessLookupError: 'OSError',
  TimeoutError: 'OSError',
  NotConnectedError: 'OSError',
  gaierror: 'OSError',
  herror: 'OSError',
} as const
type Name = keyof typeof tree
const classes = { ...socket }

describe('the tree', () => {
  for (const [name, parent] of Object.entries(tree) as [Name, 'OSError' | 'ConnectionError'][]) {
    it(`${name} is a ${parent}`, () => {
      const error = new classes[name](1, 'text')
      expect(Object.getPrototypeOf(classes[name])).toBe(classes[parent])
      expect(error).toBeInstanceOf(classes[name])
      expect(error).toBeInstanceOf(classes[parent])
      expect(error).toBeInstanceOf(socket.OSError)
      expect(error).toBeInstanceOf(Error)
      expect(error.name).toBe(name)
      expect(error.constructor).toBe(classes[name])
    })
  }

  it('has the parents that Python has', () => {
    const theirs = ask<Record<string, string>>(`
import json, socket
names = ${JSON.stringify(Object.keys(tree).filter((name) => name !== 'NotConnectedError'))}
found = {n: vars(socket).get(n) or __builtins__.__dict__[n] for n in names}
print(json.dumps({n: t.__mro__[1].__name__ for n, t in found.items()}))
`)
    const { NotConnectedError: _, ...ours } = tree
    expect(ours).toEqual(theirs)
  })

  it('has the old names', () => {
    expect(socket.error).toBe(socket.OSError)
    expect(socket.timeout).toBe(socket.TimeoutError)
    expect(socket.error.name).toBe('OSError')
    expect(socket.timeout.name).toBe('TimeoutError')
  })

  it('has ValueError and OverflowError, which are RangeErrors', () => {
    for (const name of ['ValueError', 'OverflowError'] as const) {
      const error = new classes[name]('text')
      expect(error).toBeInstanceOf(RangeError)
      expect(error).not.toBeInstanceOf(socket.OSError)
      expect([error.name, error.message]).toEqual([name, 'text'])
      expect(String(error)).toBe(`${name}: text`)
    }
    expect(new socket.OverflowError('x')).not.toBeInstanceOf(socket.ValueError)
  })
})

describe('each errno', () => {
  for (const [number, { code, strerror, cls }] of Object.entries(known)) {
    const n = Number(number)
    it(`${n} ${code}: ${cls}`, () => {
      expect(native.strerror(n)).toBe(strerror)
      const error = new socket.OSError(n, strerror)
      expect(error.name).toBe(code === 'ENOTCONN' ? 'NotConnectedError' : cls)
      expect(error.code).toBe(code)
      expect(errno.errorcode[n]).toBe(code)
    })
  }

  it('has the words of Python for a number that is none', () => {
    const [strerror, cls] = ask<[string, string]>(
      'import json, os; print(json.dumps([os.strerror(9999), type(OSError(9999, "x")).__name__]))',
    )
    expect(native.strerror(9999)).toBe(strerror)
    const error = new socket.OSError(9999, strerror)
    expect([error.name, error.errno, error.code]).toEqual([cls, 9999, undefined])
  })
})

describe('an OSError', () => {
  it('has the fields of Python', () => {
    const error = new socket.OSError(111, 'Connection refused')
    expect(error).toBeInstanceOf(socket.ConnectionRefusedError)
    expect(error.errno).toBe(111)
    expect(error.strerror).toBe('Connection refused')
    expect(error.args).toEqual([111, 'Connection refused'])
    expect(error.filename).toBe(null)
    expect(error.message).toBe('[Errno 111] Connection refused')
  })

  it('has the fields of Node', () => {
    const error = new socket.OSError(111, 'Connection refused')
    expect(error.code).toBe('ECONNREFUSED')
    expect(error.syscall).toBe(undefined)
    expect(String(error)).toBe('ConnectionRefusedError: [Errno 111] Connection refused')
    expect(error.stack).toContain('errors.test')
  })

  it('looks the same in Python for each way of making one', () => {
    const theirs = ask<unknown[][]>(`
import json
print(json.dumps([[type(e).__name__, e.errno, e.strerror, e.filename, list(e.args), str(e)] for e in [
    OSError(), OSError('text'), OSError(2), OSError(2, 'text'), OSError(2, 'text', 'path'),
    TimeoutError('timed out'), ConnectionResetError(2, 'text'), TimeoutError()]]))
`)
    const ours = [
      new socket.OSError(),
      new socket.OSError('text'),
      new socket.OSError(2 as unknown as string),
      new socket.OSError(2, 'text'),
      new socket.OSError(2, 'text', 'path'),
      new socket.TimeoutError('timed out'),
      new socket.ConnectionResetError(2, 'text'),
      new socket.TimeoutError(),
    ].map((e) => [e.name, e.errno, e.strerror, e.filename, [...e.args], e.message])
    // Python takes the file name out of args.
    expect(ours).toEqual(theirs)
  })

  it.each(twins)('names the system call that failed (%s)', async (_, socket) => {
    using s = new socket.socket()
    try {
      await s.connect(['127.0.0.1', 0])
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof socket.OSError)) throw error
      expect([error.syscall, error.code]).toEqual(['connect', 'ECONNREFUSED'])
      expect(inspect(error)).toContain('[Errno 111] Connection refused')
      expect(inspect(error)).toContain("syscall: 'connect'")
    }
  })

  it('shows a hint only where there is one', () => {
    const error = new socket.PermissionError(1, 'Operation not permitted')
    expect(inspect(error)).not.toContain('hint')
    error.hint = 'ask nicely'
    expect(inspect(error)).toContain('hint: ask nicely')
    expect(inspect({ error })).toContain('hint: ask nicely')
  })

  it('can be a class of the program’s own', () => {
    class Mine extends socket.OSError {}
    const error = new Mine(111, 'text')
    expect(error).toBeInstanceOf(Mine)
    expect(error).not.toBeInstanceOf(socket.ConnectionRefusedError)
    expect(error.code).toBe('ECONNREFUSED')
  })
})

describe('a look-up’s error', () => {
  it('has the text of libc', () => {
    const [gai, h] = ask<[gai: [number, string][], h: [number, string][]]>(`
import ctypes, json, socket
libc = ctypes.CDLL(None)
libc.gai_strerror.restype = libc.hstrerror.restype = ctypes.c_char_p
codes = [getattr(socket, n) for n in dir(socket) if n.startswith('EAI_')]
print(json.dumps([[[n, libc.gai_strerror(n).decode()] for n in codes],
                  [[n, libc.hstrerror(n).decode()] for n in range(-2, 6)]]))
`)
    expect(gai.map(([n]) => [n, native.gaiStrerror(n)])).toEqual(gai)
    expect(h.map(([n]) => [n, native.hstrerror(n)])).toEqual(h)
  })
})
