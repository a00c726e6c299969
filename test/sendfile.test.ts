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
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { expect, it, onTestFinished } from 'vitest'
import { native } from '#lib/native'
import { folder, python } from './peer.js'

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
  const s = socket.create_connection(['127.0.0.1', Number(await peer.line())])
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
  expect(s.sendfile(fd, offset, count)).toBe(expected.length)
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
  expect(s.sendfile(fd, 7, 2_000_000)).toBe(2_000_000)
  s.close()
  expect(await answer()).toBe(await digest(content.subarray(7, 2_000_007)))
  expect(readSync(fd, Buffer.alloc(10))).toBe(10) // from where the sending ended
})

it('sends a file of /proc, which has no pages', () => {
  const [a, b] = socket.socketpair()
  const fd = openSync('/proc/self/cmdline', 'r')
  const sent = a.sendfile({ fd })
  expect(b.recv(65536).length).toBe(sent)
  expect(sent).toBeGreaterThan(0)
  closeSync(fd)
  a.close()
  b.close()
})

it('takes a FileHandle, and leaves its position behind what was sent', async () => {
  await using handle = await open(join(folder(), 'h'), 'w+')
  await handle.write('0123456789')
  const [a, b] = socket.socketpair()
  expect(a.sendfile(handle, 2, 3)).toBe(3)
  expect(b.recv(10).toString()).toBe('234')
  expect((await handle.read(Buffer.alloc(2), 0, 2, null)).buffer.toString()).toBe('56')
  a.close()
  b.close()
})

it('reaches beyond 4 GiB: an offset, and a count, in a file with a hole', () => {
  const path = join(folder(), 'large')
  writeFileSync(path, 'begin')
  truncateSync(path, 5 * 2 ** 30)
  appendFileSync(path, 'the end')
  const fd = openSync(path, 'r')
  const [a, b] = socket.socketpair()
  expect(a.sendfile(fd, 5 * 2 ** 30 + 4)).toBe(3)
  expect(a.sendfile(fd, 5 * 2 ** 30, 3 * 2 ** 30)).toBe(7)
  expect(b.recv(100).toString()).toBe('endthe end')
  closeSync(fd)
  a.close()
  b.close()
})

it('waits for a pipe and for a socket, to their end or for so many bytes', () => {
  const [r, w] = socket.pipe()
  const [a, b] = socket.socketpair()
  const [c, d] = socket.socketpair()
  writeSync(w, 'from a pipe')
  expect(a.sendfile(r, 0, 4)).toBe(4)
  closeSync(w)
  expect(a.sendfile(r)).toBe(7)
  c.sendall(Buffer.from(', from a socket'))
  expect(a.sendfile(d, 0, 15)).toBe(15)
  expect(b.recv(100).toString()).toBe('from a pipe, from a socket')
  expect(() => a.sendfile(d, 1)).toThrow(expect.objectContaining({ code: 'ESPIPE' }))
  for (const s of [a, b, c, d]) s.close()
  closeSync(r)
})

// It read from the pipe at once: a deadline did not hold, and a thread of Node's pool was lost.
it('keeps the deadline for a pipe and a socket with nothing in them', async () => {
  const [r, w] = socket.pipe()
  const [a, b] = socket.socketpair()
  a.settimeout(0.05)
  expect(() => a.sendfile(r)).toThrow(socket.TimeoutError)
  expect(() => a.sendfile(b)).toThrow(socket.TimeoutError)
  const p = promises.fromsocket(a)
  await expect(p.sendfile(r)).rejects.toThrow(socket.TimeoutError)
  p.settimeout(null)
  const signal = AbortSignal.timeout(20)
  await expect(p.sendfile(r, 0, null, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  const sending = p.sendfile(r, 0, 4)
  setTimeout(() => writeSync(w, 'late'), 20)
  expect(await sending).toBe(4)
  expect(b.recv(10).toString()).toBe('late')
  p.close()
  b.close()
  closeSync(r)
  closeSync(w)
})

it('keeps the deadline for the whole of it', () => {
  const fd = file()
  const [a, b] = socket.socketpair()
  a.settimeout(0.1)
  expect(() => a.sendfile(fd)).toThrow(socket.TimeoutError)
  a.close()
  b.close()
})

it('refuses what python refuses', () => {
  const [a, b] = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
  expect(() => a.sendfile(0)).toThrow('only SOCK_STREAM type sockets are supported')
  const [c, d] = socket.socketpair()
  expect(() => c.sendfile(0, 0, 0)).toThrow('count must be a positive integer (got 0)')
  expect(() => c.sendfile(0, 0, -1)).toThrow(socket.ValueError)
  expect(() => c.sendfile(12345)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  expect(() => c.sendfile('x' as unknown as number)).toThrow(TypeError)
  c.setblocking(false)
  expect(() => c.sendfile(0)).toThrow('non-blocking sockets are not supported')
  for (const s of [a, b, c, d]) s.close()
})
