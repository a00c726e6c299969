// Unix sockets' control messages, to and from python3: descriptors, credentials,
// pidfds. And what is malformed: an error, and no descriptor left open.

import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { openSetFirst } from '../counting.js'
import { descriptors, folder, type Peer, python } from '../peer.js'
import { twins } from '../twins.js'

const { AF_UNIX, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SO_PASSCRED, SCM_RIGHTS } = socket
const { decode_ancillary, encode_ancillary } = socket

socket.setdefaulttimeout(10)
openSetFirst()

const ROOM = 256
const x = [Buffer.from('x')]

/** The first message of a name. */
function find<N extends socket.AncillaryName>(
  ancdata: socket.AncData[],
  name: N,
): socket.AncillaryValues[N] | undefined {
  const found = decode_ancillary(ancdata).find((message) => message.name === name)
  return found === undefined || found.name === null
    ? undefined
    : (found.value as socket.AncillaryValues[N])
}

describe.each(twins)('%s', (_, socket) => {
  /** A python3 program with a stream `s` to us; here our end of it. */
  async function pythonPeer(program: string): Promise<[Peer, socket.socket]> {
    const path = join(folder(), 'socket')
    const peer = python(
      `
import array, os, struct
l = socket.socket(socket.AF_UNIX)
l.bind(sys.argv[1])
l.listen()
print('ready')
s, _ = l.accept()
${program}`,
      path,
    )
    await peer.line()
    const s = socket.socket(AF_UNIX, SOCK_STREAM)
    await s.connect(path)
    return [peer, s]
  }

  describe('with python3', () => {
    test('descriptors from us: python reads the file', async () => {
      const [peer, s] = await pythonPeer(`
data, fds, flags, _ = socket.recv_fds(s, 10, 4)
print(data.decode(), [os.pread(fd, 100, 0).decode() for fd in fds])
`)
      const path = join(folder(), 'file')
      writeFileSync(path, 'content')
      const fd = openSync(path, 'r')
      await s.sendmsg(x, [encode_ancillary({ name: 'SCM_RIGHTS', value: [fd, fd] })])
      closeSync(fd) // python has duplicates
      expect(await peer.line()).toBe("x ['content', 'content']")
      await peer.end()
      s.close()
    })

    test('descriptors from python: we read the file, and they are close-on-exec', async () => {
      const path = join(folder(), 'file')
      writeFileSync(path, 'content')
      const [peer, s] = await pythonPeer(`
fd = os.open('${path}', os.O_RDONLY)
socket.send_fds(s, [b'x'], [fd, 0])
`)
      const before = descriptors().length
      const [, ancdata] = await s.recvmsg(1, ROOM)
      const [file, other] = find(ancdata, 'SCM_RIGHTS') ?? []
      expect(readFileSync(file).toString()).toBe('content')
      const flags = Number.parseInt(
        /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8'))?.[1] ?? '0',
        8,
      )
      expect(flags & 0o2000000).toBe(0o2000000)
      socket.close(file)
      socket.close(other)
      expect(descriptors()).toHaveLength(before)
      await peer.end()
      s.close()
    })

    test('a socket passed on: python answers over a connection that we made', async () => {
      const [peer, s] = await pythonPeer(`
_, fds, _, _ = socket.recv_fds(s, 1, 1)
c = socket.socket(fileno=fds[0])
c.sendall(c.recv(10).upper())
`)
      const [ours, theirs] = socket.socketpair()
      await ours.sendall(Buffer.from('hello'))
      await socket.send_fds(s, x, [theirs.fileno()])
      theirs.close()
      expect((await ours.recv(10)).toString()).toBe('HELLO')
      await peer.end()
      ours.close()
      s.close()
    })

    test('credentials of python, by SO_PASSCRED and by its own message', async () => {
      const [peer, s] = await pythonPeer(`
print(os.getpid(), os.getuid(), os.getgid())
s.recv(1)
s.sendall(b'1')
s.recv(1)
mine = struct.pack('@iII', os.getpid(), os.getuid(), os.getgid())
s.sendmsg([b'2'], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, mine)])
`)
      const [pid, uid, gid] = (await peer.line()).split(' ').map(Number)
      s.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)
      for (const turn of ['1', '2']) {
        await s.send(x[0])
        const [data, ancdata] = await s.recvmsg(1, ROOM)
        expect(data.toString()).toBe(turn)
        expect(find(ancdata, 'SCM_CREDENTIALS')).toEqual({ pid, uid, gid })
      }
      await peer.end()
      s.close()
    })

    test('our credentials, as python receives them', async () => {
      const [peer, s] = await pythonPeer(`
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print('passing')
for _ in range(2):
    _, [(level, type, data)], _, _ = s.recvmsg(1, 100)
    print(level == socket.SOL_SOCKET and type == socket.SCM_CREDENTIALS, *struct.unpack('@iII', data))
`)
      await peer.line()
      const mine = { pid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
      await s.sendmsg(x)
      await s.sendmsg(x, [encode_ancillary({ name: 'SCM_CREDENTIALS', value: mine })])
      const expected = `True ${mine.pid} ${mine.uid} ${mine.gid}`
      expect([await peer.line(), await peer.line()]).toEqual([expected, expected])
      await peer.end()
      s.close()
    })

    test('a pidfd of python', async () => {
      const [peer, s] = await pythonPeer(`
print(os.getpid())
s.recv(1)
s.sendall(b'x')
s.recv(1)
`)
      const pid = await peer.line()
      try {
        s.setsockopt(SOL_SOCKET, socket.SO_PASSPIDFD, 1)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOPROTOOPT' })
        console.warn('skipped: this kernel has no SO_PASSPIDFD (Linux 6.5)')
        return
      }
      await s.send(x[0])
      const [, ancdata] = await s.recvmsg(1, ROOM)
      const pidfd = find(ancdata, 'SCM_PIDFD') ?? -1
      expect(readlinkSync(`/proc/self/fd/${pidfd}`)).toMatch(/pidfd/)
      expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toMatch(
        new RegExp(`^Pid:\\s*${pid}$`, 'm'),
      )
      socket.close(pidfd)
      await s.send(x[0])
      await peer.end()
      s.close()
    })
  })

  test('SCM_INQ: how much is left to read', async () => {
    const [a, b] = socket.socketpair()
    try {
      b.setsockopt(SOL_SOCKET, socket.SO_INQ, 1)
      await a.sendall(Buffer.from('0123456789'))
      expect(find((await b.recvmsg(4, ROOM))[1], 'SCM_INQ')).toBe(6)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOPROTOOPT' })
      console.warn('skipped: this kernel has no SO_INQ on Unix sockets (Linux 6.17)')
    }
    a.close()
    b.close()
  })

  test('several messages at once, each whole', async () => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)
    const mine = { pid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    await a.sendmsg(x, [
      encode_ancillary({ name: 'SCM_RIGHTS', value: [0] }),
      encode_ancillary({ name: 'SCM_CREDENTIALS', value: mine }),
      encode_ancillary({ name: 'SCM_RIGHTS', value: [1, 2] }),
    ])
    const [, ancdata, flags] = await b.recvmsg(1, ROOM)
    expect(flags & socket.MSG_CTRUNC).toBe(0)
    expect(find(ancdata, 'SCM_CREDENTIALS')).toEqual(mine)
    const fds = find(ancdata, 'SCM_RIGHTS') ?? [] // Linux makes one message of both
    expect(fds).toHaveLength(3)
    for (const [i, fd] of fds.entries()) {
      expect(fstatSync(fd).ino).toBe(fstatSync(i).ino)
      socket.close(fd)
    }
    a.close()
    b.close()
  })

  describe('malformed', () => {
    const fd0 = Buffer.from(Int32Array.of(0).buffer)
    const many = (count: number) => Buffer.from(new Int32Array(count).buffer)

    test.each<[string, socket.AncItem[], string]>([
      [
        'a descriptor that is not open',
        [[SOL_SOCKET, SCM_RIGHTS, Int32Array.of(999_999)]],
        'EBADF',
      ],
      ['a negative descriptor', [[SOL_SOCKET, SCM_RIGHTS, Int32Array.of(-1)]], 'EBADF'],
      ['254 descriptors', [[SOL_SOCKET, SCM_RIGHTS, many(254)]], 'EINVAL'],
      [
        '253 and one more',
        [
          [SOL_SOCKET, SCM_RIGHTS, many(253)],
          [SOL_SOCKET, SCM_RIGHTS, fd0],
        ],
        'EINVAL',
      ],
      ['an unknown type', [[SOL_SOCKET, 4711, fd0]], 'EINVAL'],
      ['credentials too short', [[SOL_SOCKET, socket.SCM_CREDENTIALS, Buffer.alloc(11)]], 'EINVAL'],
      ['credentials too long', [[SOL_SOCKET, socket.SCM_CREDENTIALS, Buffer.alloc(13)]], 'EINVAL'],
      [
        'a good one before a bad one',
        [
          [SOL_SOCKET, SCM_RIGHTS, fd0],
          [SOL_SOCKET, 4711, fd0],
        ],
        'EINVAL',
      ],
    ])('%s: %s', async (_, ancdata, code) => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
      const before = descriptors().length
      await expect(async () => a.sendmsg(x, ancdata)).rejects.toThrow(
        expect.objectContaining({ code, syscall: 'sendmsg' }),
      )
      b.settimeout(0)
      await expect(async () => b.recvmsg(1, ROOM)).rejects.toThrow(socket.BlockingIOError)
      expect(descriptors()).toHaveLength(before)
      a.close()
      b.close()
    })

    test.each([0, 1, 2, 3, 5, 7])(
      'SCM_RIGHTS of %i bytes: whole descriptors only, none lost',
      async (size) => {
        const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
        const before = descriptors().length
        try {
          await a.sendmsg(x, [[SOL_SOCKET, SCM_RIGHTS, Buffer.alloc(size)]])
          const fds = find((await b.recvmsg(1, ROOM))[1], 'SCM_RIGHTS') ?? []
          expect(fds).toHaveLength(Math.floor(size / 4))
          for (const fd of fds) socket.close(fd)
        } catch (error) {
          expect(error).toMatchObject({ code: 'EINVAL' })
        }
        expect(descriptors()).toHaveLength(before)
        a.close()
        b.close()
      },
    )

    test('253 descriptors are the most, and pass', async () => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
      const before = descriptors().length
      await socket.send_fds(a, x, new Array<number>(253).fill(0))
      const [, fds, flags] = await socket.recv_fds(b, 1, 1000)
      expect(fds).toHaveLength(253)
      expect(flags & socket.MSG_CTRUNC).toBe(0)
      for (const fd of fds) socket.close(fd)
      expect(descriptors()).toHaveLength(before)
      a.close()
      b.close()
    })

    test.each<[string, (s: socket.socket) => unknown, new (...args: never[]) => Error]>([
      ['maxfds beyond int', (s) => socket.recv_fds(s, 1, 2 ** 31), socket.OverflowError],
      [
        'maxfds whose size is beyond int',
        (s) => socket.recv_fds(s, 1, 2 ** 29),
        socket.OverflowError,
      ],
      ['a negative maxfds', (s) => socket.recv_fds(s, 1, -1), socket.OverflowError],
      ['ancbufsize beyond int', (s) => s.recvmsg(1, 2 ** 31), socket.ValueError],
      ['a negative ancbufsize', (s) => s.recvmsg(1, -1), socket.ValueError],
      ['a row of two', (s) => s.sendmsg(x, [[1, 1]] as unknown as socket.AncItem[]), TypeError],
      ['a row that is none', (s) => s.sendmsg(x, [5] as unknown as socket.AncItem[]), TypeError],
      ['rows that are none', (s) => s.sendmsg(x, 5 as unknown as socket.AncItem[]), TypeError],
      [
        'text for bytes',
        (s) => s.sendmsg(x, [[1, 1, 'x']] as unknown as socket.AncItem[]),
        TypeError,
      ],
      ['a level beyond int', (s) => s.sendmsg(x, [[2 ** 31, 1, fd0]]), socket.OverflowError],
      ['CMSG_LEN beyond int', () => socket.CMSG_LEN(2 ** 31), socket.OverflowError],
      ['CMSG_SPACE of less than nothing', () => socket.CMSG_SPACE(-1), socket.OverflowError],
    ])('%s', async (_, call, type) => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
      const before = descriptors().length
      await expect(async () => call(a)).rejects.toThrow(type)
      expect(descriptors()).toHaveLength(before)
      a.close()
      b.close()
    })
  })
})
