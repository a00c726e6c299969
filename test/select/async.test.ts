// The promise form: select_async() and poll_async() wait without blocking the loop.

import { setTimeout as sleep } from 'node:timers/promises'
import * as socket from 'bsd-socket'
import * as select from 'bsd-socket/select'
import * as selectors from 'bsd-socket/selectors'
import { expect, it } from 'vitest'
import { descriptors, python } from '../peer.js'

socket.setdefaulttimeout(10)

const { EVENT_READ, EVENT_WRITE } = selectors

/** A selector and a pair of sockets, of which it watches the first for reading. */
function setting() {
  const [a, b] = socket.socketpair()
  const selector = new selectors.EpollSelector<socket.socket, string>()
  selector.register(a, EVENT_READ, 'a')
  return {
    a,
    b,
    selector,
    [Symbol.dispose]() {
      for (const x of [selector, a, b]) x.close()
    },
  }
}

/** Data and events of what is ready. */
const plain = (ready: selectors.Ready<socket.socket, string>) =>
  ready.map(([key, events]) => [key.data, events]).sort()

it('resolves with the keys, and the loop goes on meanwhile', async () => {
  using s = setting()
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  setTimeout(() => s.b.send(Buffer.from('x')), 100)
  const ready = await s.selector.select_async()
  clearInterval(timer)
  expect(ready).toEqual([[s.selector.get_key(s.a), EVENT_READ]])
  expect(turns).toBeGreaterThan(1)
})

it('what is ready stays ready until it is read, asked either way', async () => {
  using s = setting()
  s.b.send(Buffer.from('x'))
  for (let i = 0; i < 3; i++) {
    expect(plain(await s.selector.select_async())).toEqual([['a', EVENT_READ]])
    expect(plain(s.selector.select())).toEqual([['a', EVENT_READ]])
  }
  s.a.recv(1)
  expect(await s.selector.select_async(0)).toEqual([])
  expect(s.selector.select(0)).toEqual([])
})

it('gives nothing when the time is over: seconds, and none at all', async () => {
  using s = setting()
  const begun = performance.now()
  expect(await s.selector.select_async(0.2)).toEqual([])
  expect(performance.now() - begun).toBeGreaterThan(199)
  expect(await s.selector.select_async(0)).toEqual([])
  expect(await s.selector.select_async(-1)).toEqual([])
})

it('after its time was over, the next one does not miss what came in between', async () => {
  using s = setting()
  expect(await s.selector.select_async(0.02)).toEqual([])
  s.b.send(Buffer.from('x'))
  await sleep(20)
  expect(plain(await s.selector.select_async(5))).toEqual([['a', EVENT_READ]])
  s.a.recv(1)
  expect(await s.selector.select_async(0.02)).toEqual([])
  s.b.send(Buffer.from('y'))
  expect(plain(await s.selector.select_async(5))).toEqual([['a', EVENT_READ]])
})

it('registered, modified and unregistered while it waits', async () => {
  using s = setting()
  const [c, d] = socket.socketpair()
  const first = s.selector.select_async(5)
  await sleep(20)
  s.selector.register(c, EVENT_WRITE, 'c')
  expect(plain(await first)).toEqual([['c', EVENT_WRITE]])

  s.selector.modify(c, EVENT_READ, 'c')
  const second = s.selector.select_async(5)
  await sleep(20)
  s.selector.modify(c, EVENT_WRITE, 'c')
  expect(plain(await second)).toEqual([['c', EVENT_WRITE]])

  s.selector.modify(c, EVENT_READ, 'c')
  const third = s.selector.select_async(0.1)
  await sleep(20)
  s.selector.unregister(c)
  d.send(Buffer.from('x'))
  expect(await third).toEqual([])
  c.close()
  d.close()
})

it('several waits at once, each with its own time', async () => {
  using s = setting()
  const ends: string[] = []
  const wait = (name: string, timeout: number) =>
    s.selector.select_async(timeout).then((ready) => {
      ends.push(`${name} ${ready.length}`)
    })
  const waits = [wait('long', 5), wait('short', 0.05), wait('also long', 5)]
  await sleep(150)
  expect(ends).toEqual(['short 0'])
  s.b.send(Buffer.from('x'))
  await Promise.all(waits)
  expect(ends).toEqual(['short 0', 'long 1', 'also long 1'])
})

it('an AbortSignal ends it, and no other', async () => {
  using s = setting()
  const abort = new AbortController()
  const aborted = s.selector.select_async(null, { signal: abort.signal })
  const other = s.selector.select_async(5)
  setTimeout(() => abort.abort(new Error('enough')), 20)
  await expect(aborted).rejects.toThrow('enough')
  await expect(s.selector.select_async(0, { signal: abort.signal })).rejects.toThrow('enough')
  s.b.send(Buffer.from('x'))
  expect(plain(await other)).toEqual([['a', EVENT_READ]])
})

it('closing rejects what waits with EBADF, and what comes after with ValueError', async () => {
  const before = descriptors().length
  {
    using s = setting()
    const waits = [s.selector.select_async(), s.selector.select_async(5)]
    await sleep(20)
    s.selector.close()
    for (const wait of waits) {
      await expect(wait).rejects.toMatchObject({ name: 'OSError', code: 'EBADF' })
    }
    await expect(s.selector.select_async()).rejects.toThrow('I/O operation on closed epoll object')
  }
  // The reactor, which is opened with the first wait of a process, stays.
  expect(descriptors().length).toBeLessThanOrEqual(before + 2)
})

it('wrong arguments reject', async () => {
  using s = setting()
  await expect(s.selector.select_async('x' as never)).rejects.toThrow(TypeError)
  await expect(s.selector.select_async(Number.NaN)).rejects.toThrow(socket.ValueError)
  using epoll = select.epoll()
  await expect(epoll.poll_async(0, 0)).rejects.toThrow('maxevents must be greater than 0, got 0')
})

it('poll_async: maxevents, and edges', async () => {
  const [a, b] = socket.socketpair()
  using epoll = select.epoll()
  epoll.register(a, select.EPOLLOUT | select.EPOLLET)
  epoll.register(b, select.EPOLLOUT | select.EPOLLET)
  const first = await epoll.poll_async(5, 1)
  const second = await epoll.poll_async(5, 1)
  expect([...first, ...second].map(([fd]) => fd).sort()).toEqual([a.fileno(), b.fileno()].sort())
  expect(await epoll.poll_async(0.02)).toEqual([])
  a.close()
  b.close()
})

it('a descriptor that the promise twin, or another set, watches as well', async () => {
  using s = setting()
  using other = new selectors.EpollSelector<socket.socket, string>()
  other.register(s.a, EVENT_READ, 'again')
  const both = Promise.all([s.selector.select_async(5), other.select_async(5)])
  await sleep(20)
  s.b.send(Buffer.from('x'))
  expect((await both).map(plain)).toEqual([[['a', EVENT_READ]], [['again', EVENT_READ]]])
})

it('no wake-up is lost in thousands of turns', async () => {
  const peer = python(`
import random, time
random.seed(4)
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while (data := c.recv(1)):
    if random.random() < .1: time.sleep(random.random() / 1000)
    c.sendall(data)
`)
  using s = socket.create_connection(['127.0.0.1', Number(await peer.line())])
  s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
  for (const mask of [select.EPOLLIN, select.EPOLLIN | select.EPOLLET]) {
    using epoll = select.epoll()
    epoll.register(s, mask)
    for (let i = 0; i < 1500; i++) {
      s.send(Buffer.from([i]))
      expect(await epoll.poll_async(15)).toEqual([[s.fileno(), select.EPOLLIN]])
      expect(s.recv(10)).toEqual(Buffer.from([i]))
    }
  }
  s.close()
  await peer.end()
})

it('the other selectors have no descriptor to wait on, and say so', async () => {
  using poll = new selectors.PollSelector()
  using many = new selectors.SelectSelector()
  await expect(poll.select_async()).rejects.toMatchObject({
    name: 'OSError',
    message: 'PollSelector cannot wait without blocking',
  })
  await expect(many.select_async()).rejects.toThrow('SelectSelector cannot wait without blocking')
})
