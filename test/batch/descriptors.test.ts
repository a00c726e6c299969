// Descriptors that come with the messages of a batch: whose they are, and who
// closes them.

import * as socket from 'bsd-socket'
import { expect, it } from 'vitest'
import { native } from '#lib/native'
import { descriptors } from '../peer.js'

const { AF_UNIX, Batch, CMSG_SPACE, SOCK_DGRAM } = socket
const x = Buffer.from('x')

socket.setdefaulttimeout(10)

/** A pair, and a batch into which three messages came: with one, two and no descriptors. */
function three(flags = 0) {
  const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
  const rights = (...fds: number[]) => socket.encode_ancillary({ name: 'SCM_RIGHTS', value: fds })
  const out = new Batch({ messages: 3, size: 1, ancbufsize: CMSG_SPACE(8) })
  out.add(x, null, [rights(0)])
  out.add(x, null, [rights(1, 2)])
  out.add(x)
  expect(a.sendmmsg(out)).toBe(3)
  const before = descriptors()
  const batch = new Batch({ messages: 5, size: 1, ancbufsize: CMSG_SPACE(8) })
  // Who peeks sees the first message again and again.
  expect(b.recvmmsg(batch, flags)).toBe(flags === 0 ? 3 : 5)
  const close = () => [a, b].forEach((s) => void s.close())
  return { a, b, before, batch, [Symbol.dispose]: close }
}

const passed = (batch: socket.Batch, i: number): number[] =>
  batch.ancdata(i).flatMap(([, , data]) => [...new Int32Array(new Uint8Array(data).buffer)])

it('they are close-on-exec, and the caller’s once seen', () => {
  using made = three()
  const { batch, before } = made
  expect(descriptors()).toHaveLength(before.length + 3)
  const seen = [0, 1, 2].map((i) => passed(batch, i))
  expect(seen.map((fds) => fds.length)).toEqual([1, 2, 0])
  for (const fd of seen.flat()) expect(native.cloexec(fd, null)).toBe(1)
  expect(passed(batch, 1)).toEqual(seen[1])
  batch.clear()
  expect(descriptors()).toHaveLength(before.length + 3)
  for (const fd of seen.flat()) socket.close(fd)
  expect(descriptors()).toEqual(before)
})

const ends: [string, (made: ReturnType<typeof three>) => unknown][] = [
  ['clear()', ({ batch }) => batch.clear()],
  ['its disposal', ({ batch }) => batch[Symbol.dispose]()],
  ['add()', ({ batch }) => batch.add(x)],
  ['set()', ({ batch }) => batch.set(2, x)],
  [
    'the next recvmmsg',
    ({ a, b, batch }) => {
      a.send(x)
      b.recvmmsg(batch)
    },
  ],
  [
    'one that fails',
    ({ b, batch }) => {
      b.settimeout(0)
      expect(() => b.recvmmsg(batch)).toThrow(socket.BlockingIOError)
    },
  ],
]

it.each(ends)('%s closes those that nobody has seen, and no others', (_, end) => {
  using made = three()
  const [mine] = passed(made.batch, 0)
  end(made)
  expect(descriptors()).toHaveLength(made.before.length + 1)
  socket.close(mine)
  expect(descriptors()).toEqual(made.before)
  end(made) // and not again
  expect(descriptors()).toEqual(made.before)
})

it('what is only peeked at brings descriptors of its own, which are closed, too', () => {
  using made = three(socket.MSG_PEEK)
  expect(descriptors()).toHaveLength(made.before.length + 5)
  made.batch.clear()
  expect(descriptors()).toEqual(made.before)
  expect(made.b.recvmmsg(made.batch)).toBe(3)
  made.batch.clear()
  expect(descriptors()).toEqual(made.before)
})

it('without room for them none come in', () => {
  using made = three()
  const { a, b, batch, before } = made
  batch.clear()
  a.sendmsg([x], [[socket.SOL_SOCKET, socket.SCM_RIGHTS, Buffer.alloc(4)]])
  const plain = new Batch({ messages: 1, size: 1 })
  expect(b.recvmmsg(plain)).toBe(1)
  expect(plain.flags(0) & socket.MSG_CTRUNC).toBe(socket.MSG_CTRUNC)
  expect(descriptors()).toEqual(before)
})

it('a batch that is sent on does not pass them on', () => {
  using made = three()
  expect(made.b.sendmmsg(made.batch)).toBe(3)
  const [, ancdata] = made.a.recvmsg(1, 64)
  expect(ancdata).toEqual([])
  made.batch.clear()
  expect(descriptors()).toEqual(made.before)
})
