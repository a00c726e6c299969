// makefile(): the same actions on the same bytes in python3 and here.

import { describe, expect, it } from 'vitest'
import { ask, descriptors } from './peer.js'
import { twins } from './twins.js'

type Action = [method: string, ...args: (string | number | null)[]]

interface Row {
  mode: string
  newline?: string | null
  encoding?: string
  errors?: string
  buffering?: number
  /** What the peer sends before it ends the stream, as latin1. */
  bytes: string
  actions: Action[]
}

const crlf = 'one\r\ntwo\rthree\nfour\r'
const utf8 = Buffer.from('héllo wörld\n𝄞𝄞x\n').toString('latin1')

const reading: Row[] = [
  { mode: 'rb', bytes: 'abc\ndef\nrest', actions: [['readline'], ['read', 2], ['read'], ['read']] },
  { mode: 'rb', bytes: 'abc\ndef', actions: [['readline', 2], ['readline', 0], ['readlines']] },
  { mode: 'rb', bytes: 'a\nb\nc\nd\n', actions: [['readlines', 3], ['readlines']] },
  { mode: 'rb', bytes: 'abcdef', actions: [['read1', 2], ['read1'], ['read1', 5]] },
  {
    mode: 'rb',
    bytes: 'abcdef',
    actions: [
      ['read', 0],
      ['read', -1],
    ],
  },
  { mode: 'rb', buffering: 0, bytes: 'ab\ncd', actions: [['readline'], ['read', 1], ['read']] },
  {
    mode: 'rb',
    buffering: 3,
    bytes: 'abcdefgh\nij',
    actions: [['read', 5], ['readline'], ['read']],
  },
  { mode: 'r', bytes: crlf, actions: [['read']] },
  { mode: 'r', bytes: crlf, actions: [['readlines']] },
  { mode: 'r', newline: '', bytes: crlf, actions: [['readlines']] },
  { mode: 'r', newline: '\n', bytes: crlf, actions: [['readlines']] },
  { mode: 'r', newline: '\r', bytes: crlf, actions: [['readlines']] },
  { mode: 'r', newline: '\r\n', bytes: crlf, actions: [['readlines']] },
  {
    mode: 'r',
    newline: '\r\n',
    bytes: crlf,
    actions: [['readline', 4], ['readline', 2], ['read']],
  },
  {
    mode: 'r',
    encoding: 'utf-8',
    bytes: utf8,
    actions: [['read', 2], ['readline'], ['read', 2], ['read']],
  },
  { mode: 'r', encoding: 'utf-8', bytes: utf8, actions: [['readline', 3], ['readlines']] },
  { mode: 'r', encoding: 'latin-1', bytes: utf8, actions: [['read']] },
  { mode: 'r', encoding: 'ascii', errors: 'replace', bytes: utf8, actions: [['read']] },
  { mode: 'r', encoding: 'ascii', errors: 'ignore', bytes: utf8, actions: [['read']] },
  { mode: 'r', encoding: 'utf-8', errors: 'replace', bytes: 'a\xffb', actions: [['read']] },
  { mode: 'r', encoding: 'utf-16-le', bytes: 'a\0b\0\n\0', actions: [['readline']] },
  { mode: 'r', bytes: '', actions: [['read'], ['readline'], ['readlines']] },
]

/** Python's answers, all rows in one process; bytes as latin1, errors as their class. */
const oracle = `
import socket, sys, json
def plain(v):
    if isinstance(v, (bytes, bytearray)): return v.decode('latin1')
    if isinstance(v, list): return [plain(x) for x in v]
    return v
out = []
for row in json.load(sys.stdin):
    a, b = socket.socketpair()
    a.sendall(row['bytes'].encode('latin1')); a.close()
    options = {k: row[k] for k in ('newline', 'encoding', 'errors') if k in row}
    f = b.makefile(row['mode'], row.get('buffering'), **options)
    results = []
    for name, *args in row['actions']:
        try: results.append(plain(getattr(f, name)(*args)))
        except ValueError: results.append('ValueError')
    out.append(results)
    f.close(); b.close()
print(json.dumps(out))
`

const plain = (v: unknown): unknown =>
  Buffer.isBuffer(v) ? v.toString('latin1') : Array.isArray(v) ? v.map(plain) : v

describe.each(twins)('%s', (_, socket) => {
  async function here(row: Row): Promise<unknown[]> {
    const [a, b] = socket.socketpair()
    await a.sendall(Buffer.from(row.bytes, 'latin1'))
    a.close()
    const file = b.makefile(row.mode as 'rb', { ...row, buffering: row.buffering ?? null })
    const results: unknown[] = []
    for (const [name, ...args] of row.actions) {
      const method = Reflect.get(file, name) as (...args: unknown[]) => unknown
      results.push(plain(await method.apply(file, args)))
    }
    await file.close()
    b.close()
    return results
  }

  describe('reading as python does', () => {
    const expected = ask<unknown[][]>(oracle, JSON.stringify(reading))
    it.each(reading.map((row, i) => [JSON.stringify(row), row, expected[i]] as const))(
      '%s',
      async (_, row, e) => {
        expect(await here(row)).toEqual(e)
      },
    )
  })

  describe('writing', () => {
    it.each([
      ['w', { newline: null }, 'a\nb', 'a\nb'],
      ['w', { newline: '\r\n' }, 'a\nb\n', 'a\r\nb\r\n'],
      ['w', { encoding: 'latin-1' }, 'é', '\xe9'],
      ['w', { encoding: 'ascii', errors: 'replace' }, 'é𝄞', '??'],
    ] as const)('%s %j', async (mode, options, text, sent) => {
      const [a, b] = socket.socketpair()
      const file = a.makefile(mode, options)
      expect(await file.write(text)).toBe([...text].length)
      await file.close()
      a.close()
      expect((await b.recv(100)).toString('latin1')).toBe(sent)
      b.close()
    })

    it('sends when the buffer is full, and on flush', async () => {
      const [a, b] = socket.socketpair()
      const file = a.makefile('wb', 4)
      await file.write(Buffer.from('abc'))
      b.setblocking(false)
      await expect(async () => b.recv(10)).rejects.toThrow(socket.BlockingIOError)
      await file.write(Buffer.from('de'))
      expect((await b.recv(10)).toString()).toBe('abcde')
      await file.writelines([Buffer.from('x'), Buffer.from('y')])
      await file.flush()
      expect((await b.recv(10)).toString()).toBe('xy')
      for (const s of [file, a, b]) await s.close()
    })
  })

  it('keeps the descriptor until socket and files are all closed', async () => {
    const before = descriptors().length
    const [a, b] = socket.socketpair()
    const one = a.makefile('rb')
    const two = a.makefile('w')
    a.close()
    await two.write('still open')
    await two.close()
    expect((await b.recv(100)).toString()).toBe('still open')
    expect(one.fileno()).toBeGreaterThan(0)
    await one.close()
    expect(a.fileno()).toBe(-1)
    expect((await b.recv(1)).length).toBe(0)
    b.close()
    expect(descriptors().length).toBe(before)
  })

  it('gives null where a non-blocking socket would block, and loses nothing', async () => {
    const [a, b] = socket.socketpair()
    b.setblocking(false)
    const file = b.makefile('rb')
    expect(await file.read(1)).toBe(null)
    expect(await file.readline()).toBe(null)
    await a.sendall(Buffer.from('half'))
    expect((await file.readline())?.toString()).toBe('half')
    await a.sendall(Buffer.from(' line\n'))
    expect((await file.readline())?.toString()).toBe(' line\n')
    for (const s of [file, a, b]) await s.close()
  })

  it('is read line by line in a loop', async () => {
    const [a, b] = socket.socketpair()
    await a.sendall(Buffer.from('one\ntwo\nrest'))
    a.close()
    await using file = b.makefile('r')
    b.close()
    const lines: string[] = []
    for await (const line of file) lines.push(line)
    expect(lines).toEqual(['one\n', 'two\n', 'rest'])
  })

  it('refuses to go on after a timeout, as python', async () => {
    const [a, b] = socket.socketpair()
    b.settimeout(0.02)
    const file = b.makefile('rb')
    await expect(async () => file.read(1)).rejects.toThrow(socket.TimeoutError)
    await expect(async () => file.read(1)).rejects.toThrow('cannot read from timed out object')
    for (const s of [file, a, b]) await s.close()
  })

  it.each([
    ['x', undefined, RangeError, "invalid mode 'x' (only r, w, b allowed)"],
    ['r', 0, RangeError, 'unbuffered streams must be binary'],
  ] as const)('refuses mode %s with buffering %s', (mode, buffering, type, words) => {
    const before = descriptors().length
    const [a, b] = socket.socketpair()
    const open = () => a.makefile(mode as 'r', buffering)
    expect(open).toThrow(type)
    expect(open).toThrow(words)
    a.close()
    b.close()
    expect(descriptors().length).toBe(before)
  })

  it('knows what it may do', async () => {
    const [a, b] = socket.socketpair()
    await using reader = a.makefile('rb')
    await using both = a.makefile('rwb')
    expect([reader.readable(), reader.writable(), reader.seekable()]).toEqual([true, false, false])
    expect([both.mode, both.name, both.closed]).toEqual(['rwb', a.fileno(), false])
    await expect(async () => reader.write(Buffer.from('x'))).rejects.toThrow('not writable')
    await reader.close()
    await expect(async () => reader.read()).rejects.toThrow('I/O operation on closed file.')
    a.close()
    b.close()
  })
})
