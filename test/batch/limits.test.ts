// What ends a batch early: cut messages, full queues, nothing there, errors.

import * as blocking from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it } from 'vitest'
import { python } from '../peer.js'

const { AF_INET, AF_UNIX, Batch, MSG_CTRUNC, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC } = blocking
const { SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SO_SNDBUF } = blocking

blocking.setdefaulttimeout(10)

/** The blocking twin's results are awaited, too. */
const twins = [
  ['blocking', blocking as unknown as typeof promises],
  ['promises', promises],
] as const

/** An error is thrown by one twin, and rejected with by the other. */
const failure = async (call: () => Promise<unknown>): Promise<unknown> => {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('no error')
}

for (const [twin, socket] of twins) {
  describe(twin, () => {
    const pair = (type: number) => socket.socketpair(AF_UNIX, type)
    function udp() {
      const s = new socket.socket(AF_INET, SOCK_DGRAM)
      void s.bind(['127.0.0.1', 0])
      return s
    }

    it('a message longer than the size is cut, with MSG_TRUNC; the next is whole', async () => {
      using a = udp()
      await a.sendmmsg([
        [Buffer.from('abcdef'), a.getsockname()],
        [Buffer.from('gh'), a.getsockname()],
      ])
      const batch = new Batch({ messages: 2, size: 4 })
      expect(await a.recvmmsg(batch, MSG_PEEK)).toBe(2) // the first one, twice
      expect([0, 1].map((i) => batch.data(i).toString())).toEqual(['abcd', 'abcd'])
      expect(await a.recvmmsg(batch, MSG_TRUNC)).toBe(2)
      expect([0, 1].map((i) => batch.data(i).toString())).toEqual(['abcd', 'gh'])
      expect([0, 1].map((i) => batch.nbytes(i))).toEqual([6, 2])
      expect([0, 1].map((i) => batch.flags(i) & MSG_TRUNC)).toEqual([MSG_TRUNC, 0])
      expect(await a.sendmmsg(batch)).toBe(2) // of a cut message what there is
      expect([(await a.recv(9)).toString(), (await a.recv(9)).toString()]).toEqual(['abcd', 'gh'])
    })

    it('control messages that do not fit are cut, with MSG_CTRUNC', async () => {
      using a = udp()
      a.setsockopt(blocking.IPPROTO_IP, blocking.IP_RECVTTL, 1)
      a.setsockopt(blocking.IPPROTO_IP, blocking.IP_RECVTOS, 1)
      for (const [ancbufsize, rows] of [
        [0, 0],
        [24, 1],
        [64, 2],
      ]) {
        await a.sendmmsg([[Buffer.from('x'), a.getsockname()]])
        const batch = new Batch({ messages: 2, size: 4, ancbufsize })
        expect(await a.recvmmsg(batch)).toBe(1)
        expect(batch.ancdata(0)).toHaveLength(rows)
        expect(batch.flags(0) & MSG_CTRUNC).toBe(rows === 2 ? 0 : MSG_CTRUNC)
      }
    })

    it('waits for the first message alone, and for no longer than the timeout', async () => {
      using a = udp()
      const batch = new Batch({ messages: 4, size: 4 })
      batch.add(1)
      a.settimeout(0.05)
      const late = await failure(() => a.recvmmsg(batch))
      expect(late).toBeInstanceOf(blocking.TimeoutError)
      expect(batch).toHaveLength(0)
      a.settimeout(10)
      const peer = python(
        "import time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nprint(1)\ntime.sleep(0.1)\ns.sendto(b'late', ('127.0.0.1', int(sys.argv[1])))",
        `${a.getsockname()[1]}`,
      )
      await peer.line()
      expect(await a.recvmmsg(batch)).toBe(1)
      expect(batch.data(0).toString()).toBe('late')
      await peer.end()
    })

    it('never waits on a non-blocking socket, nor with MSG_DONTWAIT', async () => {
      using a = udp()
      const batch = new Batch({ messages: 4, size: 4 })
      const eagain = { code: 'EAGAIN', syscall: 'recvmmsg' }
      a.settimeout(twin === 'blocking' ? null : 10)
      expect(await failure(() => a.recvmmsg(batch, MSG_DONTWAIT))).toMatchObject(eagain)
      a.settimeout(0)
      expect(await failure(() => a.recvmmsg(batch))).toMatchObject(eagain)
      await a.sendmmsg([[Buffer.from('x'), a.getsockname()]])
      expect(await a.recvmmsg(batch)).toBe(1)
    })

    it('a full queue takes a part; the rest goes on from there', async () => {
      const [a, b] = pair(SOCK_DGRAM)
      a.settimeout(0)
      const out = new Batch({ messages: 1024, size: 4 })
      for (let i = 0; i < 1024; i++) {
        out.slot(i).writeUint32LE(i)
        out.add(4)
      }
      const got = new Batch({ messages: 1024, size: 8 })
      const numbers: number[] = []
      let turns = 0
      for (let sent = 0; sent < 1024; turns++) {
        const count = await a.sendmmsg(out, 0, sent)
        const [last, next] = [
          out.sent(sent + count - 1),
          sent + count < 1024 ? out.sent(sent + count) : 0,
        ]
        expect([last, next]).toEqual([4, 0])
        sent += count
        if (sent < 1024) {
          expect(await failure(() => a.sendmmsg(out, 0, sent))).toMatchObject({ code: 'EAGAIN' })
        }
        expect(await b.recvmmsg(got)).toBe(count)
        for (let i = 0; i < count; i++) numbers.push(got.data(i).readUint32LE())
      }
      expect(turns).toBeGreaterThan(1)
      expect(numbers).toEqual(Array.from({ length: 1024 }, (_, i) => i))
      a.close()
      b.close()
    })

    it('a stream takes a part of a message, and says how much', async () => {
      const [a, b] = pair(SOCK_STREAM)
      a.settimeout(0)
      a.setsockopt(SOL_SOCKET, SO_SNDBUF, 20_000)
      const out = new Batch({ messages: 8, size: 15_000 })
      for (let i = 0; i < 8; i++) out.add(15_000)
      const count = await a.sendmmsg(out)
      expect(count).toBeLessThan(8)
      const total = Array.from({ length: count }, (_, i) => out.sent(i)).reduce((x, y) => x + y)
      a.close()
      let came = 0
      for (let n = -1; n !== 0; came += n) n = (await b.recv(65536)).length
      expect(came).toBe(total)
      b.close()
    })

    it('an error counts only if the first message met it', async () => {
      using a = udp()
      const to = a.getsockname()
      const [good, bad] = [
        [Buffer.from('x'), to],
        [Buffer.alloc(70_000), to],
      ] as const
      expect(await a.sendmmsg([good, bad, good])).toBe(1)
      const emsgsize = { code: 'EMSGSIZE', syscall: 'sendmmsg' }
      expect(await failure(() => a.sendmmsg([bad, good]))).toMatchObject(emsgsize)
      const batch = new Batch({ messages: 4, size: 4 })
      expect(await a.recvmmsg(batch)).toBe(1)
      using lost = udp()
      const nobody = lost.getsockname()
      lost.close()
      expect(await failure(() => lost.sendmmsg(batch))).toMatchObject({ code: 'EBADF' })
      expect(await failure(() => lost.recvmmsg(batch))).toMatchObject({ code: 'EBADF' })
      await a.connect(nobody)
      await a.send(Buffer.from('x'))
      const refused = await failure(() => a.recvmmsg(batch))
      expect(refused).toBeInstanceOf(blocking.ConnectionRefusedError)
    })
  })
}

it('the promise twin: a signal ends the wait, closing rejects, calls keep their order', async () => {
  using a = new promises.socket(AF_INET, SOCK_DGRAM)
  await a.bind(['127.0.0.1', 0])
  const batch = new Batch({ messages: 2, size: 4 })
  const signal = AbortSignal.timeout(20)
  await expect(a.recvmmsg(batch, 0, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  const to = a.getsockname()
  const first = a.sendmmsg([[Buffer.from('one'), to]])
  const second = a.sendto(Buffer.from('two'), to)
  expect(await Promise.all([first, second])).toEqual([1, 3])
  expect(await a.recvmmsg(batch)).toBe(2)
  expect(batch.data(0).toString()).toBe('one')
  const waiting = a.recvmmsg(batch)
  a.close()
  await expect(waiting).rejects.toMatchObject({ code: 'EBADF' })
})
