// On TCP a receive that comes back short has taken all there was, so that the next
// one waits for an edge without asking the kernel again. What else may end a
// receive early (the end of the stream, urgent data, a Unix socket's messages) must
// not be taken for that: the data behind it would never be heard of.

import * as socket from 'bsd-socket/promises'
import { expect, it, vi } from 'vitest'
import { native } from '#lib/native'

const { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, MSG_DONTWAIT, MSG_OOB, MSG_PEEK } = socket

/** A connection over loopback: the end that receives, and the one that sends. */
async function connection(family: socket.InetFamily = AF_INET) {
  const host = family === AF_INET6 ? '::1' : '127.0.0.1'
  using server = await socket.create_server([host, 0], { family })
  const theirs = new socket.socket(family)
  await theirs.connect(server.getsockname())
  theirs.setsockopt(IPPROTO_TCP, socket.TCP_NODELAY, 1)
  const [ours] = await server.accept()
  for (const s of [ours, theirs]) s.settimeout(10)
  return [ours, theirs] as const
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 2))
const text = async (received: Promise<Buffer>) => String(await received)

it.each([AF_INET, AF_INET6])('no call is made to hear that nothing is left: %i', async (family) => {
  const [ours, theirs] = await connection(family)
  using _ours = ours
  using _theirs = theirs
  const waiting = ours.recv(100) // into the set
  await theirs.send(Buffer.from('first'))
  expect(await text(waiting)).toBe('first')
  const recv = vi.spyOn(native, 'recv')
  const memory = Buffer.alloc(100)
  for (let i = 0; i < 20; i++) {
    const next = i % 2 === 0 ? ours.recv(100).then(String) : ours.recv_into(memory)
    await theirs.send(Buffer.from('again'))
    expect(await next).toBe(i % 2 === 0 ? 'again' : 5)
  }
  expect(recv).toHaveBeenCalledTimes(20)
  recv.mockRestore()
})

it('data and the end of the stream in one', async () => {
  for (let i = 0; i < 50; i++) {
    const [ours, theirs] = await connection()
    using _ours = ours
    const first = i % 2 === 0 ? ours.recv(100) : null
    await theirs.send(Buffer.from('last'))
    theirs.close()
    if (i % 4 > 1) await turn()
    expect(await text(first ?? ours.recv(100))).toBe('last')
    expect(await text(ours.recv(100))).toBe('')
    expect(await text(ours.recv(100))).toBe('')
  }
})

it('more that comes before the edge of what was taken is looked at', async () => {
  const [ours, theirs] = await connection()
  using _ours = ours
  using _theirs = theirs
  for (let i = 0; i < 50; i++) {
    const first = ours.recv(100)
    await theirs.send(Buffer.from('a'))
    await theirs.send(Buffer.from('b'))
    let all = await text(first)
    while (all.length < 2) all += await text(ours.recv(100))
    expect(all).toBe('ab')
  }
})

it('what is only peeked at is still there', async () => {
  const [ours, theirs] = await connection()
  using _ours = ours
  using _theirs = theirs
  const peeked = ours.recv(100, MSG_PEEK)
  await theirs.send(Buffer.from('seen'))
  expect(await text(peeked)).toBe('seen')
  expect(await text(ours.recv(100))).toBe('seen')
})

const orders = [
  ['before it', async (s: socket.socket) => void (await s.recv(1, MSG_OOB))],
  [
    'at once, before it',
    async (s: socket.socket) => void (await s.recv(1, MSG_OOB | MSG_DONTWAIT)),
  ],
  ['never', async () => {}],
] as const

it.each(orders)('a receive ends before urgent data, which is read %s', async (_, aside) => {
  const [ours, theirs] = await connection()
  using _ours = ours
  using _theirs = theirs
  for (let i = 0; i < 10; i++) {
    const first = i % 2 === 0 ? ours.recv(100) : null
    await theirs.send(Buffer.from('ab'))
    await theirs.send(Buffer.from('!'), MSG_OOB)
    await theirs.send(Buffer.from('cd'))
    await turn()
    await aside(ours)
    let all = first === null ? '' : await text(first)
    while (all.length < 4) all += await text(ours.recv(100))
    expect(all).toBe('abcd')
  }
})

it('messages of a Unix stream that a receive does not join', async () => {
  const [ours, theirs] = socket.socketpair(AF_UNIX)
  using _ours = ours
  using _theirs = theirs
  ours.settimeout(10)
  ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
  const waiting = ours.recv(100)
  await socket.send_fds(theirs, [Buffer.from('a')], [0])
  await socket.send_fds(theirs, [Buffer.from('b')], [0])
  await theirs.send(Buffer.from('c'))
  let all = await text(waiting)
  while (all.length < 3) all += await text(ours.recv(100))
  expect(all).toBe('abc')
})
