// Descriptors that come with a message: all of them are handed out or closed.

import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { openSetFirst } from '../counting.js'
import { ask, descriptors } from '../peer.js'
import { twins } from '../twins.js'

const { SOL_SOCKET, SO_PASSPIDFD, MSG_CTRUNC, SCM_PIDFD } = socket

socket.setdefaulttimeout(10)
openSetFirst()
const byte = [Buffer.from('x')]

/** Whether this kernel makes pidfds for SO_PASSPIDFD (6.5 and later). */
const hasPidfd = ask<boolean>(`
import socket
s = socket.socket(socket.AF_UNIX)
try: s.setsockopt(socket.SOL_SOCKET, ${SO_PASSPIDFD}, 1); print("true")
except OSError: print("false")`)
if (!hasPidfd) console.warn('skipped: this kernel has no SO_PASSPIDFD')

describe.each(twins)('%s', (_, socket) => {
  const pair = () => socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

  test('recv_fds gives at most maxfds: the padding of CMSG_SPACE(4) is room for a second one', async () => {
    const [a, b] = pair()
    const before = descriptors().length
    await socket.send_fds(a, byte, [0, 1, 2])
    const [, fds, flags] = await socket.recv_fds(b, 1, 1)
    expect(fds).toHaveLength(1)
    expect(flags & MSG_CTRUNC).toBe(MSG_CTRUNC)
    expect(descriptors()).toHaveLength(before + 1)
    for (const fd of fds) socket.close(fd)
    a.close()
    b.close()
  })

  test('recv_fds closes a pidfd, which it has no place for', async (ctx) => {
    ctx.skip(!hasPidfd, 'this kernel has no SO_PASSPIDFD')
    const [a, b] = pair()
    b.setsockopt(SOL_SOCKET, SO_PASSPIDFD, 1)
    const before = descriptors().length
    await socket.send_fds(a, byte, [0])
    const [, fds] = await socket.recv_fds(b, 1, 8)
    expect(fds).toHaveLength(1)
    expect(descriptors()).toHaveLength(before + 1)
    for (const fd of fds) socket.close(fd)
    a.close()
    b.close()
  })

  test.each([0, 1, 15, 16, 17, 19, 20, 23, 24, 28, 36])(
    'with %i bytes for control messages no descriptor is lost',
    async (room) => {
      const [a, b] = pair()
      const before = descriptors().length
      await socket.send_fds(a, byte, [0, 1, 2])
      const [, ancdata, flags] = await b.recvmsg(1, room)
      const fds = socket
        .decode_ancillary(ancdata)
        .flatMap((m) => (m.name === 'SCM_RIGHTS' ? m.value : []))
      const fit = Math.max(0, Math.floor((room - socket.CMSG_LEN(0)) / 4))
      expect(fds).toHaveLength(Math.min(3, fit))
      expect((flags & MSG_CTRUNC) !== 0).toBe(fit < 3)
      expect(descriptors()).toHaveLength(before + fds.length)
      for (const fd of fds) socket.close(fd)
      a.close()
      b.close()
    },
  )

  test('a pidfd that does not fit is not left open', async (ctx) => {
    ctx.skip(!hasPidfd, 'this kernel has no SO_PASSPIDFD')
    const [a, b] = pair()
    b.setsockopt(SOL_SOCKET, SO_PASSPIDFD, 1)
    const before = descriptors().length
    await a.sendmsg(byte)
    const [, ancdata, flags] = await b.recvmsg(1, 17)
    expect(flags & MSG_CTRUNC).toBe(MSG_CTRUNC)
    expect(descriptors()).toHaveLength(before)
    expect(ancdata.filter(([, type, data]) => type === SCM_PIDFD && data.length >= 4)).toEqual([])
    a.close()
    b.close()
  })

  test('what the caller did not ask for is closed by the kernel: recv, and a room of 0', async () => {
    const [a, b] = pair()
    const before = descriptors().length
    await socket.send_fds(a, byte, [0, 1])
    await socket.send_fds(a, byte, [0, 1])
    await b.recv(1)
    await b.recvmsg(1)
    expect(descriptors()).toHaveLength(before)
    a.close()
    b.close()
  })

  test('a queue that is thrown away takes its descriptors with it', async () => {
    const before = descriptors().length
    const [a, b] = pair()
    for (let i = 0; i < 5; i++) await socket.send_fds(a, byte, [0, 1])
    a.close()
    b.close()
    expect(descriptors()).toHaveLength(before)
  })

  test('send_fds with what is no list of descriptors is a TypeError, not a message without any', async () => {
    const [a, b] = pair()
    await expect(async () => socket.send_fds(a, byte, 5 as unknown as number[])).rejects.toThrow(
      TypeError,
    )
    await expect(async () =>
      socket.send_fds(a, byte, ['0'] as unknown as number[]),
    ).rejects.toThrow(TypeError)
    b.settimeout(0)
    await expect(async () => b.recv(1)).rejects.toThrow(socket.BlockingIOError)
    a.close()
    b.close()
  })
})
