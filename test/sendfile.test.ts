// sendfile(): whole files, parts of them, and what the kernel will not send.

import {
  appendFileSync,
  closeSync,
  openSync,
  readSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { native } from '#lib/native'
import { folder, python } from './peer.js'
import { twins } from './twins.js'

socket.setdefaulttimeout(10)

const content = Buffer.alloc(3_000_000, 'the quick brown fox ')

/** A file with the content, opened for reading. */
function file(): number {
  const path = join(folder(), 'file')
  writeFileSync(path, content)
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  return fd
}

describe.each(twins)('%s', (_, socket) => {
  /** A connected socket to a python that prints the length and the digest of what it gets. */
  async function receiver() {
    const peer = python(`
import hashlib
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
h, n = hashlib.sha256(), 0
while data := c.recv(65536):
    h.update(data); n += len(data)
print(n, h.hexdigest())
`)
    const s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
    return { s, answer: () => peer.line() }
  }

  async function digest(data: Uint8Array): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-256', new Uint8Array(data))
    return `${data.length} ${Buffer.from(hash).toString('hex')}`
  }

  it.each([
    [0, undefined, content],
    [5, undefined, content.subarray(5)],
    [1_000_000, 1_000_001, content.subarray(1_000_000, 2_000_001)],
    [2_999_999, 100, content.subarray(2_999_999)],
    [5_000_000, undefined, content.subarray(0, 0)],
  ] as const)('from %d, count %s', async (offset, count, expected) => {
    const fd = file()
    const { s, answer } = await receiver()
    expect(await s.sendfile(fd, offset, count)).toBe(expected.length)
    s.close()
    expect(await answer()).toBe(await digest(expected))
  })

  it('falls back to reading where the kernel refuses, and sends the same', async () => {
    const fd = file()
    const { sendfile } = native
    native.sendfile = () => -22
    onTestFinished(() => {
      native.sendfile = sendfile
    })
    const { s, answer } = await receiver()
    expect(await s.sendfile(fd, 7, 2_000_000)).toBe(2_000_000)
    s.close()
    expect(await answer()).toBe(await digest(content.subarray(7, 2_000_007)))
    expect(readSync(fd, Buffer.alloc(10))).toBe(10) // from where the sending ended
  })

  it('sends a file of /proc, which has no pages', async () => {
    const [a, b] = socket.socketpair()
    const fd = openSync('/proc/self/cmdline', 'r')
    const sent = await a.sendfile({ fd })
    expect((await b.recv(65536)).length).toBe(sent)
    expect(sent).toBeGreaterThan(0)
    closeSync(fd)
    a.close()
    b.close()
  })

  it('takes a FileHandle, and leaves its position behind what was sent', async () => {
    await using handle = await open(join(folder(), 'h'), 'w+')
    await handle.write('0123456789')
    const [a, b] = socket.socketpair()
    expect(await a.sendfile(handle, 2, 3)).toBe(3)
    expect((await b.recv(10)).toString()).toBe('234')
    expect((await handle.read(Buffer.alloc(2), 0, 2, null)).buffer.toString()).toBe('56')
    a.close()
    b.close()
  })

  it('reaches beyond 4 GiB: an offset, and a count, in a file with a hole', async () => {
    const path = join(folder(), 'large')
    writeFileSync(path, 'begin')
    truncateSync(path, 5 * 2 ** 30)
    appendFileSync(path, 'the end')
    const fd = openSync(path, 'r')
    const [a, b] = socket.socketpair()
    expect(await a.sendfile(fd, 5 * 2 ** 30 + 4)).toBe(3)
    expect(await a.sendfile(fd, 5 * 2 ** 30, 3 * 2 ** 30)).toBe(7)
    expect((await b.recv(100)).toString()).toBe('endthe end')
    closeSync(fd)
    a.close()
    b.close()
  })

  it('waits for a pipe and for a socket, to their end or for so many bytes', async () => {
    const [r, w] = socket.pipe()
    const [a, b] = socket.socketpair()
    const [c, d] = socket.socketpair()
    writeSync(w, 'from a pipe')
    expect(await a.sendfile(r, 0, 4)).toBe(4)
    closeSync(w)
    expect(await a.sendfile(r)).toBe(7)
    await c.sendall(Buffer.from(', from a socket'))
    expect(await a.sendfile(d, 0, 15)).toBe(15)
    expect((await b.recv(100)).toString()).toBe('from a pipe, from a socket')
    await expect(async () => a.sendfile(d, 1)).rejects.toMatchObject({ code: 'ESPIPE' })
    for (const s of [a, b, c, d]) s.close()
    closeSync(r)
  })

  // It read at once: the deadline did not hold, and the promise twin lost a thread
  // of Node's pool to the empty pipe.
  it('keeps the deadline for a pipe and a socket with nothing in them', async () => {
    const [r, w] = socket.pipe()
    const [a, b] = socket.socketpair()
    a.settimeout(0.05)
    await expect(async () => a.sendfile(r)).rejects.toThrow(socket.TimeoutError)
    await expect(async () => a.sendfile(b)).rejects.toThrow(socket.TimeoutError)
    expect(native.nonblocking(r, null)).toBe(0) // the pipe is as it was
    a.close()
    b.close()
    closeSync(r)
    closeSync(w)
  })

  it('keeps the deadline for the whole of it', async () => {
    const fd = file()
    const [a, b] = socket.socketpair()
    a.settimeout(0.1)
    await expect(async () => a.sendfile(fd)).rejects.toThrow(socket.TimeoutError)
    a.close()
    b.close()
  })

  it('refuses what python refuses', async () => {
    const [a, b] = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    await expect(async () => a.sendfile(0)).rejects.toThrow(
      'only SOCK_STREAM type sockets are supported',
    )
    const [c, d] = socket.socketpair()
    await expect(async () => c.sendfile(0, 0, 0)).rejects.toThrow(
      'count must be a positive integer (got 0)',
    )
    await expect(async () => c.sendfile(0, 0, -1)).rejects.toThrow(socket.ValueError)
    await expect(async () => c.sendfile(12345)).rejects.toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    )
    await expect(async () => c.sendfile('x' as unknown as number)).rejects.toThrow(TypeError)
    c.setblocking(false)
    await expect(async () => c.sendfile(0)).rejects.toThrow(
      'non-blocking sockets are not supported',
    )
    for (const s of [a, b, c, d]) s.close()
  })
})

// The read of a call that was given up took what came to whoever had the number of
// the closed pipe by then.
it('promises: an aborted call reads nothing of who has its descriptor next', async () => {
  const [busy, more] = promises.pipe()
  // Nobody gets a thread of Node's pool before these are answered.
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4)
  const held = Array.from({ length: threads }, () => native.read(busy, 1, true))
  const [r, w] = promises.pipe()
  writeSync(w, 'lost')
  const [a, b] = promises.socketpair()
  const abort = new AbortController()
  const sending = a.sendfile(r, 0, null, { signal: abort.signal })
  await sleep(20) // the pipe is ready, and its read waits for a thread
  abort.abort()
  await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
  closeSync(r)
  const next = Array.from({ length: 9 }, () => socket.socketpair()).flat()
  for (const s of next) s.send(Buffer.from('mine'))
  writeSync(more, '1')
  await native.read(w, 0, true) // on the one thread that is free, after the read of the call
  writeSync(more, Buffer.alloc(threads))
  await Promise.all(held)
  for (const s of next) expect(s.recv(9).toString()).toBe('mine')
  for (const s of [a, b, ...next]) s.close()
  for (const fd of [busy, more, w]) closeSync(fd)
})

it('promises: an empty pipe is given up when aborted, and sent from when it fills', async () => {
  const [r, w] = socket.pipe()
  const [a, b] = promises.socketpair()
  const signal = AbortSignal.timeout(20)
  await expect(a.sendfile(r, 0, null, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  const sending = a.sendfile(r, 0, 4)
  setTimeout(() => writeSync(w, 'late'), 20)
  expect(await sending).toBe(4)
  expect((await b.recv(10)).toString()).toBe('late')
  const closed = a.sendfile(r)
  setImmediate(() => a.close())
  await expect(closed).rejects.toMatchObject({ code: 'EBADF' })
  b.close()
  closeSync(r)
  closeSync(w)
})
