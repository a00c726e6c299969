// MSG_ZEROCOPY, both twins. Over loopback the kernel always copies in the end, so
// `copied` is true there; zerocopy_link.test.ts has what it takes to see it false.

import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { python } from './peer.js'
import { twins } from './twins.js'

const { MSG_ERRQUEUE, MSG_ZEROCOPY, SOCK_DGRAM, SOL_SOCKET, SO_ZEROCOPY } = socket

socket.setdefaulttimeout(10)

const data = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 3))

/** python3: prints how much it got, and whether it is the data, again and again. */
const reader = `
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
part = bytes((i * 7919 >> 3) & 255 for i in range(200_000))
got = bytearray()
while data := c.recv(65536): got += data
print(len(got), got == part * (len(got) // len(part)))
`

describe.each(twins)('%s', (_, socket) => {
  /** A connection to python3. */
  async function connected() {
    const peer = python(reader)
    const s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
    onTestFinished(() => s.close())
    return { s, peer }
  }

  /** Two ends of a TCP connection, or two UDP sockets. */
  async function pair(type: number = socket.SOCK_STREAM) {
    const server = socket.socket(socket.AF_INET, type)
    await server.bind(['127.0.0.1', 0])
    const s = socket.socket(socket.AF_INET, type)
    if (type === socket.SOCK_STREAM) server.listen()
    await s.connect(server.getsockname())
    const [peer] = type === socket.SOCK_STREAM ? await server.accept() : [server]
    onTestFinished(() => {
      for (const each of [server, s, peer]) each.close()
    })
    return { s, peer }
  }

  it('sendall_zerocopy: everything arrives; loopback copied', async () => {
    const { s, peer } = await connected()
    for (let i = 0; i < 10; i++) {
      expect(await s.sendall_zerocopy(data)).toEqual({ nbytes: data.length, copied: true })
    }
    expect(s.getsockopt(SOL_SOCKET, SO_ZEROCOPY)).toBe(1)
    s.close()
    expect(await peer.line()).toBe('2000000 True')
  })

  it('completions: each send once, by number, and none when nothing is under way', async () => {
    const { s, peer } = await connected()
    s.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    expect(await s.recv_zerocopy_completions()).toEqual([])
    for (const send of [
      async () => s.send(data.subarray(0, 1000), MSG_ZEROCOPY),
      async () => s.sendmsg([data.subarray(1000, 2000)], [], MSG_ZEROCOPY),
      async () => s.sendall(data.subarray(2000, 3000), MSG_ZEROCOPY),
      async () => s.send(data.subarray(3000, 3000), MSG_ZEROCOPY), // an empty send has no number
      async () => s.send(data.subarray(3000), 0),
    ]) {
      await send()
    }
    const done: number[] = []
    while (done.length < 3) {
      for (const { first, last, copied } of await s.recv_zerocopy_completions()) {
        expect(copied).toBe(true)
        for (let id = first; id <= last; id++) done.push(id)
      }
    }
    expect(done).toEqual([0, 1, 2])
    expect(await s.recv_zerocopy_completions()).toEqual([])
    s.close()
    expect(await peer.line()).toBe('200000 True')
  })

  it('UDP: a number for every datagram, an empty one too', async () => {
    const { s, peer } = await pair(SOCK_DGRAM)
    s.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    const to = peer.getsockname()
    await s.sendto(data.subarray(0, 5000), MSG_ZEROCOPY, to)
    await s.send(data.subarray(0, 0), MSG_ZEROCOPY)
    await s.sendmsg([data.subarray(0, 10), data.subarray(10, 30)], [], MSG_ZEROCOPY, to)
    expect(await s.recv_zerocopy_completions()).toEqual([{ first: 0, last: 2, copied: true }])
    expect(await s.sendall_zerocopy(data.subarray(0, 9))).toEqual({ nbytes: 9, copied: true })
    const sizes: number[] = []
    for (let i = 0; i < 4; i++) sizes.push((await peer.recv(9999)).length)
    expect(sizes).toEqual([5000, 0, 30, 9])
  })

  it('what a program reads by recvmsg itself is taken note of', async () => {
    const { s } = await pair(SOCK_DGRAM)
    s.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    await s.send(data.subarray(0, 5000), MSG_ZEROCOPY)
    const [, ancdata] = await s.recvmsg(0, 256, MSG_ERRQUEUE)
    expect(socket.decode_ancillary(ancdata)).toMatchObject([
      { name: 'IP_RECVERR', value: { origin: socket.SO_EE_ORIGIN_ZEROCOPY, info: 0, data: 0 } },
    ])
    expect(await s.recv_zerocopy_completions()).toEqual([{ first: 0, last: 0, copied: true }])
  })

  it('an error that waits in the same queue is left to recvmsg', async () => {
    const { s, peer } = await pair(SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVERR, 1)
    s.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    peer.close()
    await s.send(Buffer.from('nobody listens'), MSG_ZEROCOPY)
    expect(await s.recv_zerocopy_completions()).toMatchObject([{ first: 0, last: 0 }])
    const [message, ancdata, flags] = await s.recvmsg(6, 512, MSG_ERRQUEUE)
    expect(message.toString()).toBe('nobody')
    expect(flags & (MSG_ERRQUEUE | socket.MSG_TRUNC)).toBe(MSG_ERRQUEUE | socket.MSG_TRUNC)
    expect(socket.decode_ancillary(ancdata)).toMatchObject([
      { name: 'IP_RECVERR', value: { origin: socket.SO_EE_ORIGIN_ICMP } },
    ])
  })

  it('a duplicate shares the numbers', async () => {
    const { s } = await pair(SOCK_DGRAM)
    await s.sendall_zerocopy(data.subarray(0, 10))
    using copy = s.dup()
    await copy.send(data.subarray(0, 10), MSG_ZEROCOPY)
    await copy.sendall_zerocopy(data.subarray(0, 10))
    expect(await copy.recv_zerocopy_completions()).toMatchObject([{ first: 1, last: 1 }])
    await s.sendall_zerocopy(data.subarray(0, 10))
  })

  it('where the kernel has no zero copy it sends, and says that it copied', async () => {
    const [a, b] = socket.socketpair()
    expect(await a.sendall_zerocopy(Buffer.from('text'))).toEqual({ nbytes: 4, copied: true })
    expect((await b.recv(10)).toString()).toBe('text')
    expect(await a.send(Buffer.from('text'), MSG_ZEROCOPY)).toBe(4)
    await expect(async () => a.recv_zerocopy_completions()).rejects.toThrow(
      'SO_ZEROCOPY is not set on this socket',
    )
    expect((await b.recv(10)).toString()).toBe('text') // the error queue was not asked for
    a.close()
    b.close()
  })

  it('the deadline: sending, waiting for the kernel, and for completions', async () => {
    const { s, peer } = await pair()
    s.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    s.settimeout(0.05)
    const much = Buffer.alloc(20_000_000, 'x')
    await expect(async () => s.sendall_zerocopy(much)).rejects.toThrow(socket.TimeoutError)
    const asking = async () => {
      while (true) {
        await s.send(much, MSG_ZEROCOPY)
        await s.recv_zerocopy_completions()
      }
    }
    await expect(asking).rejects.toThrow(socket.TimeoutError)
    peer.close()
  })

  it('refuses what cannot be', async () => {
    const { s } = await pair()
    await expect(async () => s.sendall_zerocopy('x' as unknown as Buffer)).rejects.toThrow(
      TypeError,
    )
    await expect(async () => s.sendall_zerocopy(data, 1.5)).rejects.toThrow(TypeError)
    await expect(async () => s.recv_zerocopy_completions()).rejects.toThrow(socket.ValueError)
    s.settimeout(0)
    await expect(async () => s.sendall_zerocopy(data)).rejects.toThrow(
      'non-blocking sockets are not supported',
    )
    s.settimeout(null)
    s.close()
    for (const call of [() => s.sendall_zerocopy(data), () => s.recv_zerocopy_completions()]) {
      await expect(async () => call()).rejects.toMatchObject({ code: 'EBADF' })
    }
  })
})

describe('promises', () => {
  it('many at once: each is settled by its own range, in order of its bytes', async () => {
    const peer = python(reader)
    using s = await promises.create_connection(['127.0.0.1', Number(await peer.line())])
    s.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1)
    const pieces = Array.from({ length: 100 }, (_, i) => data.subarray(i * 2000, (i + 1) * 2000))
    const sends = pieces.map((piece, i) =>
      i % 10 === 9 ? s.sendall(piece, MSG_ZEROCOPY) : s.sendall_zerocopy(piece),
    )
    for (const [i, result] of (await Promise.all(sends)).entries()) {
      expect(result).toEqual(i % 10 === 9 ? null : { nbytes: 2000, copied: true })
    }
    // Those of the plain sends are told, each in a range that may hold others too.
    const told = new Set<number>()
    while (told.size === 0 || ![9, 99].every((id) => told.has(id))) {
      for (const { first, last } of await s.recv_zerocopy_completions()) {
        for (let id = first; id <= last; id++) told.add(id)
      }
    }
    s.close()
    expect(await peer.line()).toBe('200000 True')
  })

  it('closed, aborted, timed out in flight: each settles once, and what follows works', async () => {
    using server = await promises.create_server(['127.0.0.1', 0])
    const start = async () => {
      const s = await promises.create_connection(server.getsockname() as [string, number])
      const [peer] = await server.accept()
      onTestFinished(() => {
        s.close()
        peer.close()
      })
      return { s, peer }
    }
    const much = Buffer.alloc(5_000_000, 'much ')
    const closed = await start()
    const calls = [1, 2, 3].map(() => closed.s.sendall_zerocopy(much))
    setTimeout(() => closed.s.close(), 20)
    for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'EBADF' })
    }

    const aborted = await start()
    const controller = new AbortController()
    const first = aborted.s.sendall_zerocopy(much, 0, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    await expect(first).rejects.toThrow('enough')
    aborted.s.settimeout(0.05)
    await expect(aborted.s.sendall_zerocopy(much)).rejects.toThrow('timed out')
    aborted.s.settimeout(null)
    const drained = (async () => {
      let length = 0
      for await (const chunk of aborted.peer) length += chunk.length
      return length
    })()
    expect(await aborted.s.sendall_zerocopy(data)).toEqual({ nbytes: data.length, copied: true })
    aborted.s.close()
    expect(await drained).toBeGreaterThan(data.length)
  })

  it('a send waits aside: reading and the loop go on', async () => {
    using server = await promises.create_server(['127.0.0.1', 0])
    using s = await promises.create_connection(server.getsockname() as [string, number])
    using peer = (await server.accept())[0]
    const much = Buffer.alloc(5_000_000, 'much ')
    const order: string[] = []
    const sending = s.sendall_zerocopy(much).then(() => order.push('let go'))
    const reading = s.recv(10).then((text) => order.push(`${text}`))
    await peer.send(Buffer.from('answer'))
    await reading
    let left = much.length
    while (left > 0) left -= (await peer.recv(1 << 20)).length
    await sending
    expect(order).toEqual(['answer', 'let go'])
  })
})
