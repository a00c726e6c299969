// The channel of messages with descriptors: with its Python original both ways round,
// and with streams that are cut and glued wherever they can be.

import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import * as promises from 'bsd-socket/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { FdChannel, type Message } from '../../examples/fd_channel.js'
import { reactor } from '../descriptors/programs.js'
import { descriptors, folder, python } from '../peer.js'
import { type Language, run, start } from './run.js'

beforeAll(reactor)

const languages: readonly Language[] = ['ours', 'python']
const pairs = languages.flatMap((server) => languages.map((client) => ({ server, client })))

it.each(pairs)('server $server, client $client', async ({ server, client }) => {
  const home = folder()
  const path = join(home, 'socket')
  const files = ['first', 'second', 'third'].map((name) => join(home, name))
  const contents = ['one\n', 'two '.repeat(100_000), 'three\n']
  for (const [i, file] of files.entries()) writeFileSync(file, contents[i])
  const serving = start(server, 'fd_channel_server', path)
  expect(await serving.line()).toBe(`listening on ${path}`)
  expect(await run(client, 'fd_channel_client', [path, ...files])).toBe(contents.join(''))
  expect(await serving.line()).toBe('join these: 3 files, 400010 bytes')
  expect(await run(client, 'fd_channel_client', [path, files[0]])).toBe('one\n')
  expect(await serving.line()).toBe('join these: 1 files, 4 bytes')
})

it('the server keeps no descriptor, and a bad client harms no other', async () => {
  const home = folder()
  const [path, file] = [join(home, 'socket'), join(home, 'file')]
  writeFileSync(file, 'x')
  const serving = start('ours', 'fd_channel_server', path)
  await serving.line()
  const complaint = once(serving.child.stderr as Readable, 'data')
  const bad = python(
    `
def client(data, fds):
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
    socket.send_fds(s, [data], fds)
    return s
client(b'\\1\\0\\0\\0\\2\\0\\0\\0x', [0]).recv(1) # fewer than it says
sys.stdin.readline()
client(b'\\xff' * 8, [0, 1]).recv(1)              # too long
client(b'\\1\\0', [0, 1, 2]).close()              # half a message
client(b'\\0' * 8, [0]).close()                    # one too many, and gone
client(b'\\0\\0\\0\\0\\1\\0\\0\\0', [0]).recv(1)     # a pipe
print('done')`,
    path,
  )
  expect(String(await complaint)).toBe('fewer descriptors than the header says\n')
  await run('ours', 'fd_channel_client', [path, file])
  const before = descriptors(serving.child.pid)
  bad.child.stdin?.end('go on\n')
  expect(await bad.line()).toBe('done')
  await run('ours', 'fd_channel_client', [path, file])
  const poll = { timeout: 5000 }
  await expect.poll(() => descriptors(serving.child.pid), poll).toHaveLength(before.length)
})

/** What a message says, with what its descriptors are open on. */
function read({ body, fds }: Message): [string, string[]] {
  const texts = fds.map((fd) => readFileSync(fd, 'utf8'))
  for (const fd of fds) closeSync(fd)
  return [body.toString(), texts]
}

const wanted = [
  ['none', []],
  ['one', ['a']],
  ['', ['b', 'a']],
  ['none again', []],
  ['two', ['a', 'b']],
]

// How a Python sender puts the five messages on the stream.
const cuts = {
  'each in one piece': `
for body, fds in messages: channel.send(body, fds)`,
  'byte by byte, the descriptors with the first': `
for body, fds in messages:
    message = HEADER.pack(len(body), len(fds)) + body
    socket.send_fds(conn, [message[:1]], fds)
    for byte in message[1:]: conn.send(bytes([byte]))`,
  'byte by byte, the descriptors with the last': `
for body, fds in messages:
    message = HEADER.pack(len(body), len(fds)) + body
    for byte in message[:-1]: conn.send(bytes([byte]))
    socket.send_fds(conn, [message[-1:]], fds)`,
  'each descriptor with a byte of its own': `
for body, fds in messages:
    message = HEADER.pack(len(body), len(fds)) + body
    for i, byte in enumerate(message): socket.send_fds(conn, [bytes([byte])], fds[i:i + 1])`,
  'all in one piece': `
data = b''.join(HEADER.pack(len(body), len(fds)) + body for body, fds in messages)
socket.send_fds(conn, [data], [fd for _, fds in messages for fd in fds])`,
  'in pieces that end inside headers': `
data = b''.join(HEADER.pack(len(body), len(fds)) + body for body, fds in messages)
fds = [fd for _, fds in messages for fd in fds]
for at in range(0, len(data), 13): socket.send_fds(conn, [data[at:at + 13]], fds if at == 0 else [])`,
}

describe.each(Object.entries(cuts))('python sends the messages %s', (_, send) => {
  it.each(['before we read', 'while we read'])('%s', async (when) => {
    const home = folder()
    for (const name of ['a', 'b']) writeFileSync(join(home, name), name)
    const before = descriptors().length
    const server = new promises.socket(promises.AF_UNIX, promises.SOCK_STREAM)
    await server.bind(join(home, 'socket'))
    server.listen()
    const peer = python(
      `
import os
sys.path.insert(0, sys.argv[1]); os.chdir(sys.argv[2])
from fd_channel import FdChannel, HEADER
def a(): return os.open('a', os.O_RDONLY)
def b(): return os.open('b', os.O_RDONLY)
messages = [(b'none', []), (b'one', [a()]), (b'', [b(), a()]), (b'none again', []), (b'two', [a(), b()])]
conn = socket.socket(socket.AF_UNIX); conn.connect('socket')
channel = FdChannel(conn)
${send}
print('sent')`,
      new URL('python', import.meta.url).pathname,
      home,
    )
    const [conn] = await server.accept()
    server.close()
    const channel = new FdChannel(conn)
    if (when === 'before we read') expect(await peer.line()).toBe('sent')
    const got: [string, string[]][] = []
    for (;;) {
      const message = await channel.recv()
      if (message === null) break
      got.push(read(message))
    }
    expect(got).toEqual(wanted)
    channel.close()
    await peer.end()
    await expect.poll(() => descriptors().length, { timeout: 10_000 }).toBeLessThanOrEqual(before)
  })
})

describe('between two of ours', () => {
  const channels = () => promises.socketpair().map((s) => new FdChannel(s))

  it('messages larger than the buffers, sent without waiting, stay whole and in order', async () => {
    const before = descriptors().length
    const [a, b] = channels()
    const file = openSync('/dev/null', 'r')
    const bodies = [1, 2, 3, 4].map((n) => Buffer.alloc(300_000 * n - 200_000, n))
    const sending = Promise.all(bodies.map((body, i) => a.send(body, Array(i).fill(file))))
    for (const [i, body] of bodies.entries()) {
      const message = await b.recv()
      expect(message?.body.equals(body)).toBe(true)
      expect(message?.fds).toHaveLength(i)
      for (const fd of message?.fds ?? []) closeSync(fd)
    }
    await sending
    closeSync(file)
    a.close()
    expect(await b.recv()).toBe(null)
    b.close()
    expect(descriptors()).toHaveLength(before)
  })

  it('as many descriptors as the kernel takes', async () => {
    const before = descriptors().length
    const [a, b] = channels()
    const file = openSync('/dev/null', 'r')
    for (const count of [253, 253]) {
      await a.send(Buffer.from('many'), Array(count).fill(file))
      const message = await b.recv()
      expect(message?.fds).toHaveLength(count)
      for (const fd of message?.fds ?? []) closeSync(fd)
    }
    await expect(a.send(Buffer.from('more'), Array(254).fill(file))).rejects.toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    )
    closeSync(file)
    a.close()
    b.close()
    expect(descriptors()).toHaveLength(before)
  })

  it('what nobody has taken is closed with the channel', async () => {
    const [a, b] = channels()
    const before = descriptors().length
    await a.send(Buffer.from('first'), [0])
    await a.send(Buffer.from('second'), [0, 1])
    a.close()
    for (const fd of (await b.recv())?.fds ?? []) closeSync(fd)
    b.close()
    expect(descriptors()).toHaveLength(before - 2)
  })
})
