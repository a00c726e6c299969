// sendfile(): whole files, parts of them, and what the kernel will not send.

import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
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
