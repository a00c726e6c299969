// UDP_SEGMENT and UDP_GRO: many datagrams in one call, over loopback.

import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { python } from '../peer.js'
import { twins } from '../twins.js'

const { AF_INET, Batch, SOCK_DGRAM, SOL_UDP, UDP_GRO, UDP_SEGMENT } = socket
const { decode_ancillary, encode_ancillary } = socket

socket.setdefaulttimeout(10)

const segment = (size: number) => encode_ancillary({ name: 'UDP_SEGMENT', value: size })

/** How a batch is cut: an option for all of it, or a control message for each. */
const ways: Record<string, (s: socket.socket, batch: socket.Batch) => void> = {
  'an option': (s, batch) => {
    s.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
    for (const [i, length] of [3500, 2000, 900].entries()) batch.set(i, length)
  },
  'control messages': (_, batch) => {
    for (const [i, length] of [3500, 2000, 900].entries()) {
      batch.set(i, length, undefined, [segment(1000)])
    }
  },
}

describe.each(twins)('%s', (_, socket) => {
  async function udp(): Promise<socket.socket<typeof AF_INET>> {
    const s = socket.socket(AF_INET, SOCK_DGRAM)
    await s.bind(['127.0.0.1', 0])
    return s
  }

  test('UDP_SEGMENT: python3 receives one send as datagrams of the size', async () => {
    const peer = python(`
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1])
print(*[len(s.recv(65536)) for _ in range(4)])
`)
    const port = Number(await peer.line())
    using s = await udp()
    expect(
      await s.sendmsg([Buffer.alloc(2000), Buffer.alloc(1500)], [segment(1000)], 0, [
        '127.0.0.1',
        port,
      ]),
    ).toBe(3500)
    expect(await peer.line()).toBe('1000 1000 1000 500')
    await peer.end()
  })

  test('UDP_GRO: they come as one, with their size', async () => {
    using receiver = await udp()
    receiver.setsockopt(SOL_UDP, UDP_GRO, 1)
    using s = await udp()
    const data = Buffer.from(Array.from({ length: 3500 }, (_, i) => i & 0xff))
    await s.sendmsg([data], [segment(1000)], 0, receiver.getsockname())
    const [got, ancdata] = await receiver.recvmsg(65536, 64)
    expect(got).toEqual(data)
    expect(decode_ancillary(ancdata)).toMatchObject([{ name: 'UDP_GRO', value: 1000 }])
  })

  test('a segment of the wrong length, or with too many segments: EINVAL', async () => {
    using s = await udp()
    const to = s.getsockname()
    const [level, type, bytes] = segment(1)
    const einval = expect.objectContaining({ code: 'EINVAL', syscall: 'sendmsg' })
    await expect(async () =>
      s.sendmsg([Buffer.alloc(10)], [[level, type, Buffer.alloc(4)]], 0, to),
    ).rejects.toThrow(einval)
    await expect(async () =>
      s.sendmsg([Buffer.alloc(10)], [[level, type, Buffer.alloc(0)]], 0, to),
    ).rejects.toThrow(einval)
    await expect(async () =>
      s.sendmsg([Buffer.alloc(1000)], [[level, type, bytes]], 0, to),
    ).rejects.toThrow(einval)
  })

  test.each(Object.entries(ways))(
    'a batch cut by %s arrives in one with UDP_GRO',
    async (_, cut) => {
      using receiver = await udp()
      receiver.setsockopt(SOL_UDP, UDP_GRO, 1)
      using s = await udp()
      const memory = Buffer.from(Array.from({ length: 3 * 4000 }, (_, i) => (i * 7) & 0xff))
      const out = new Batch({ messages: 3, size: 4000, ancbufsize: 24, memory })
      for (let i = 0; i < 3; i++) out.add(0, receiver.getsockname())
      cut(s, out)
      expect(await s.sendmmsg(out)).toBe(3)
      const got = new Batch({ messages: 8, size: 65536, ancbufsize: 24 })
      expect(await receiver.recvmmsg(got)).toBe(3)
      for (let i = 0; i < 3; i++) {
        expect(got.data(i)).toEqual(out.data(i))
        const found = decode_ancillary(got.ancdata(i))
        // What was one datagram anyway has no size.
        expect(found).toMatchObject(i === 2 ? [] : [{ name: 'UDP_GRO', value: 1000 }])
        expect(found).toHaveLength(i === 2 ? 0 : 1)
      }
    },
  )

  test.each(Object.entries(ways))(
    'python3 receives a batch cut by %s in pieces',
    async (_, cut) => {
      const peer = python(`
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1])
print(*[len(s.recv(65536)) for _ in range(7)])
`)
      const to = ['127.0.0.1', Number(await peer.line())] as const
      using s = await udp()
      const out = new Batch({ messages: 3, size: 4000, ancbufsize: 24 })
      for (let i = 0; i < 3; i++) out.add(0, to)
      cut(s, out)
      expect(await s.sendmmsg(out)).toBe(3)
      expect(await peer.line()).toBe('1000 1000 1000 500 1000 1000 900')
      await peer.end()
    },
  )
})
