// The same lines, run by python3 and here, and what each of them gives compared.
//
// The lines are of the little that Python and JavaScript have in common: calls,
// lists, numbers, strings, `name = value`. Both sides have the same helpers:
//
//   a, b, c, d     two pairs of non-blocking Unix sockets; r, w the ends of a pipe
//   send, recv     text through a socket or a pipe's end; fill() until it is full
//   obj(fileno)    an object with a fileno() that gives this
//   selector(name) one of the selectors
//   ready(pairs)   [fd, event] pairs with names, sorted; lists(), keys() likewise
//
// A line that begins with `@100` must have taken 100 ms at least. Of an error,
// class, errno and words are compared; the words not where they name types of
// the language (TypeError, OverflowError).

import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import * as socket from 'bsd-socket'
import * as select from 'bsd-socket/select'
import * as selectors from 'bsd-socket/selectors'
import { expect, it } from 'vitest'
import { ask, folder } from '../peer.js'

const python = `
import gc, json, os, re, select, selectors, signal, socket, sys, time

signal.alarm(60)

NAMES = ['a', 'b', 'c', 'd', 'r', 'w']

class Object:
    def __init__(self, fd): self.fd = fd
    def fileno(self): return self.fd

def run(text):
    [a, b], [c, d], [r, w] = socket.socketpair(), socket.socketpair(), os.pipe()
    for s in (a, b, c, d): s.setblocking(False)
    os.set_blocking(r, False), os.set_blocking(w, False)
    env = {'a': a, 'b': b, 'c': c, 'd': d, 'r': r, 'w': w}
    fds = {(x if type(x) is int else x.fileno()): name for name, x in env.items()}
    def name(x):
        for n in NAMES:
            if env[n] is x: return n
        return fds.get(x, x)
    def close(x):
        os.close(x) if type(x) is int else x.close()
    def fill(x):
        try:
            while True: x.send(bytes(4096)) if type(x) is not int else os.write(x, bytes(4096))
        except BlockingIOError: pass
    env.update(
        select=select, nan=float('nan'), inf=float('inf'), close=close, fill=fill, obj=Object,
        fd=lambda x: x.fileno(), name=name,
        send=lambda x, s: os.write(x, s.encode()) if type(x) is int else x.send(s.encode()),
        recv=lambda x, n: (os.read(x, n) if type(x) is int else x.recv(n)).decode(),
        oob=lambda x, s: x.send(s.encode(), socket.MSG_OOB), shutdown=lambda x: x.shutdown(socket.SHUT_WR),
        connection=lambda: tcp(), detach=lambda x: x.detach(),
        selector=lambda kind: getattr(selectors, kind)(),
        ready=lambda pairs: sorted([name(fd), event] for fd, event in pairs),
        lists=lambda found: [[name(x) for x in part] for part in found],
        key=lambda k: [name(k.fileobj), name(k.fd), k.events, k.data],
        keys=lambda found: sorted([name(k.fileobj), k.data, events] for k, events in found),
        size=lambda m: len(m), fds=lambda m: sorted(name(fd) for fd in m),
    )
    def tcp():
        server = socket.create_server(('127.0.0.1', 0))
        one = socket.create_connection(server.getsockname())
        two, _ = server.accept()
        server.close()
        return [one, two]
    out = []
    for line in text.strip().splitlines():
        least, line = re.match(r'\\s*(?:@(\\d+))?\\s*(.*)', line).groups()
        begun = time.monotonic()
        try:
            made = re.match(r'(\\w+|\\[.*?\\]) = ', line)
            value = exec(line, env) if made else eval(line, env)
            plain = isinstance(value, (type(None), bool, int, str, list)) or type(value) is tuple
            row = {'value': value if plain else 'object'}
        except Exception as e:
            words = str(e.args[0]) if isinstance(e, KeyError) else str(e)
            words = re.sub(r'(fd=|FD )\\d+', r'\\1N', words)
            row = {'error': type(e).__name__, 'errno': getattr(e, 'errno', None), 'words': words}
            if isinstance(e, (TypeError, OverflowError)): row['words'] = ''
        if least: row['waited'] = time.monotonic() - begun > int(least) / 1000 - .001
        out.append([line, row])
    for x in (a, b, c, d): x.close()
    for x in (r, w):
        try: os.close(x)
        except OSError: pass
    return out

def alone(text):
    out = run(text)
    gc.collect() # an object whose number a row has closed closes it now, not under the next text
    return out

print(json.dumps([alone(text) for text in json.load(sys.stdin)]))
`

type End = socket.socket | number
type Outcome = [line: string, row: Record<string, unknown>]

const close = (x: End) => (typeof x === 'number' ? closeSync(x) : x.close())

/** A pipe: Node makes none by itself, but opens a named one. */
function pipe(): [r: number, w: number] {
  const path = join(folder(), 'pipe')
  execFileSync('mkfifo', [path])
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants
  return [openSync(path, O_RDONLY | O_NONBLOCK), openSync(path, O_WRONLY | O_NONBLOCK)]
}

function put(x: End, data: Buffer): number {
  return typeof x === 'number' ? writeSync(x, data) : x.send(data)
}

function fill(x: End): null {
  try {
    while (put(x, Buffer.alloc(4096)) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
  return null
}

function get(x: End, n: number): string {
  if (typeof x !== 'number') return x.recv(n).toString()
  const memory = Buffer.alloc(n)
  return memory.toString('utf8', 0, readSync(x, memory))
}

function connection(): socket.socket[] {
  using server = socket.create_server(['127.0.0.1', 0])
  const one = socket.create_connection(server.getsockname() as [string, number])
  return [one, server.accept()[0]]
}

const byText = (x: unknown, y: unknown) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1)

/** What the lines can use. */
function environment(ends: Record<string, End>): Record<string, unknown> {
  const fds = new Map(
    Object.entries(ends).map(([name, x]) => [typeof x === 'number' ? x : x.fileno(), name]),
  )
  const name = (x: unknown) =>
    Object.keys(ends).find((n) => ends[n] === x) ?? fds.get(x as number) ?? x
  type Key = selectors.SelectorKey
  return {
    ...ends,
    select,
    name,
    fill,
    connection,
    None: null,
    True: true,
    False: false,
    nan: Number.NaN,
    inf: Number.POSITIVE_INFINITY,
    obj: (fd: number) => ({ fileno: () => fd }),
    fd: (x: socket.socket) => x.fileno(),
    close: (x: End) => close(x) ?? null,
    detach: (x: socket.socket) => x.detach(),
    send: (x: End, text: string) => put(x, Buffer.from(text)),
    oob: (x: socket.socket, text: string) => x.send(Buffer.from(text), socket.MSG_OOB),
    recv: get,
    shutdown: (x: socket.socket) => x.shutdown(socket.SHUT_WR),
    selector: (kind: 'SelectSelector' | 'PollSelector' | 'EpollSelector' | 'DefaultSelector') =>
      new selectors[kind](),
    ready: (pairs: [number, number][]) => pairs.map(([fd, e]) => [name(fd), e]).sort(byText),
    lists: (found: unknown[][]) => found.map((part) => part.map(name)),
    key: (k: Key) => [name(k.fileobj), name(k.fd), k.events, k.data],
    keys: (found: [Key, number][]) =>
      found.map(([k, events]) => [name(k.fileobj), k.data, events]).sort(byText),
    size: (m: selectors.SelectorMap) => m.size,
    fds: (m: selectors.SelectorMap) => [...m.keys()].map(name).sort(),
  }
}

function outcome(line: string, env: object): Record<string, unknown> {
  try {
    const value: unknown = runInContext(line, env) ?? null
    if (/^(\w+|\[.*?\]) = /.test(line)) return { value: null }
    return { value: typeof value === 'object' && !Array.isArray(value) && value ? 'object' : value }
  } catch (error) {
    const { name, message, errno = null } = error as NodeJS.ErrnoException
    const words = message.replace(/(fd=|FD )\d+/g, '$1N')
    const typed = name === 'TypeError' || name === 'OverflowError'
    return { error: name, errno, words: typed ? '' : words }
  }
}

function run(text: string): Outcome[] {
  const [a, b] = socket.socketpair()
  const [c, d] = socket.socketpair()
  const [r, w] = pipe()
  for (const s of [a, b, c, d]) s.setblocking(false)
  const env = createContext(environment({ a, b, c, d, r, w }))
  const out = text
    .trim()
    .split('\n')
    .map((whole): Outcome => {
      const [, least, line] = /^\s*(?:@(\d+))?\s*(.*)$/.exec(whole) ?? []
      const begun = performance.now()
      const row = outcome(line, env)
      if (least) row.waited = performance.now() - begun > Number(least) - 1
      return [line, row]
    })
  for (const x of [a, b, c, d, r, w]) {
    try {
      close(x)
    } catch {
      // A row has closed it.
    }
  }
  return out
}

/** A test for each text; python3 is asked once for all of them. */
export function compare(texts: Readonly<Record<string, string>>): void {
  const expected = ask<Outcome[][]>(python, JSON.stringify(Object.values(texts)))
  it.each(Object.keys(texts).map((title, i) => [title, i] as const))('%s', (title, i) => {
    const ours = run(texts[title])
    expect(ours).toEqual(expected[i])
  })
}
