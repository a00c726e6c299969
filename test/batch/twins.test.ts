// sendmmsg and recvmmsg of both twins, from one source, over every kind of socket
// that keeps messages apart; python3 sends and receives them one by one.

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as blocking from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { describe, expect, it } from 'vitest'
import { folder, python } from '../peer.js'

const { AF_INET, AF_INET6, AF_UNIX, Batch, SOCK_DGRAM, SOCK_SEQPACKET } = blocking

blocking.setdefaulttimeout(10)

/** The blocking twin's results are awaited, too. */
const twins = [
  ['blocking', blocking as unknown as typeof promises],
  ['promises', promises],
] as const

type Address = string | readonly [string, number]
const places: Record<string, readonly [family: number, address: (name: string) => Address]> = {
  UDP: [AF_INET, () => ['127.0.0.1', 0]],
  'UDP over IPv6': [AF_INET6, () => ['::1', 0]],
  'Unix datagrams': [AF_UNIX, (name) => join(folder(), name)],
  'abstract names': [AF_UNIX, (name) => `\0bsd-batch-${randomBytes(8).toString('hex')}-${name}`],
}

/** Shows what it receives, and sends it back reversed. */
const peer = `
import hashlib, json
def words(address): return address.decode() if isinstance(address, bytes) else address
family, name = int(sys.argv[1]), json.loads(sys.argv[2])
s = socket.socket(family, socket.SOCK_DGRAM)
s.bind(tuple(name) if isinstance(name, list) else name)
print(json.dumps(words(s.getsockname())))
for _ in range(10):
    data, sender = s.recvfrom(65536)
    print(json.dumps([hashlib.sha256(data).hexdigest(), words(sender)]))
    s.sendto(data[::-1], sender)
`
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
/** As JSON has it: an abstract name comes back as bytes. */
const words = (address: unknown) => (Buffer.isBuffer(address) ? address.toString() : address)

/** Ten messages of different lengths. */
const payloads = Array.from({ length: 10 }, (_, i) => randomBytes(i * 37))
for (const [twin, socket] of twins) {
  describe(twin, () => {
    it.each(Object.entries(places))('%s: to python3, and from it', async (_, place) => {
      const [family, address] = place
      using s = new socket.socket(family, SOCK_DGRAM)
      await s.bind(address('ours'))
      const theirs = python(peer, `${family}`, JSON.stringify(address('theirs')))
      const to = JSON.parse(await theirs.line())
      const out = new Batch({ messages: 16, size: 512 })
      for (const data of payloads) out.add(data, to)
      expect(await s.sendmmsg(out)).toBe(10)
      expect(payloads.map((_, i) => out.sent(i))).toEqual(payloads.map((data) => data.length))
      for (const data of payloads) {
        expect(JSON.parse(await theirs.line())).toEqual([sha256(data), words(s.getsockname())])
      }
      await theirs.end()
      const got = new Batch({ messages: 4, size: 512 })
      const all: Buffer[] = []
      while (all.length < 10) {
        const count = await s.recvmmsg(got)
        expect(got).toHaveLength(count)
        for (let i = 0; i < count; i++) {
          all.push(Buffer.from(got.data(i)))
          expect(words(got.address(i))).toEqual(to)
          expect(got.flags(i)).toBe(0)
        }
      }
      expect(all).toEqual(payloads.map((data) => Buffer.from(data).reverse()))
    })

    it('an iterable of bytes, or of [data, address, ancdata], for who sends once', async () => {
      using a = new socket.socket(AF_INET, SOCK_DGRAM)
      using b = new socket.socket(AF_INET, SOCK_DGRAM)
      await b.bind(['localhost', 0])
      const [, port] = b.getsockname()
      b.setsockopt(blocking.IPPROTO_IP, blocking.IP_RECVTTL, 1)
      const ttl = blocking.encode_ancillary({ name: 'IP_TTL', value: 7 })
      function* messages() {
        yield [Buffer.from('one'), ['127.0.0.1', port]] as const
        yield [Buffer.from('two'), ['localhost', port], [ttl]] as const
        yield [new Uint8Array(0), ['127.0.0.1', port], null] as const
      }
      expect(await a.sendmmsg(messages())).toBe(3)
      await a.connect(['127.0.0.1', port])
      expect(await a.sendmmsg([Buffer.from('four'), [Buffer.from('five')]])).toBe(2)
      expect(await a.sendmmsg([])).toBe(0)
      const got = new Batch({ messages: 8, size: 8, ancbufsize: 64 })
      expect(await b.recvmmsg(got)).toBe(5)
      const texts = [0, 1, 2, 3, 4].map((i) => got.data(i).toString())
      expect(texts).toEqual(['one', 'two', '', 'four', 'five'])
      expect(got.ancdata(1)).toEqual([[blocking.IPPROTO_IP, blocking.IP_TTL, expect.anything()]])
      expect(blocking.decode_ancillary(got.ancdata(1))).toMatchObject([{ value: 7 }])
    })

    it('what came goes back to its senders, as it is or changed', async () => {
      using server = new socket.socket(AF_INET, SOCK_DGRAM)
      await server.bind(['127.0.0.1', 0])
      const clients = [1, 2, 3].map(() => new socket.socket(AF_INET, SOCK_DGRAM))
      const to = server.getsockname()
      for (const [i, client] of clients.entries()) await client.sendto(Buffer.from(`${i}`), to)
      const batch = new Batch<typeof AF_INET>({ messages: 8, size: 16, ancbufsize: 64 })
      expect(await server.recvmmsg(batch)).toBe(3)
      batch.slot(1).write('1!')
      batch.set(1, 2)
      expect(await server.sendmmsg(batch)).toBe(3)
      for (const [i, client] of clients.entries()) {
        const [data, from] = await client.recvfrom(9)
        expect([data.toString(), from]).toEqual([i === 1 ? '1!' : `${i}`, to])
        client.close()
      }
    })

    it('SEQPACKET keeps messages apart; an empty one is the end', async () => {
      const [a, b] = socket.socketpair(AF_UNIX, SOCK_SEQPACKET)
      expect(await a.sendmmsg([Buffer.from('one'), Buffer.from('three')])).toBe(2)
      const got = new Batch({ messages: 2, size: 4 })
      expect(await b.recvmmsg(got)).toBe(2)
      expect([got.data(0).toString(), got.data(1).toString()]).toEqual(['one', 'thre'])
      expect(got.flags(1) & blocking.MSG_TRUNC).toBe(blocking.MSG_TRUNC)
      a.close()
      expect(await b.recvmmsg(got)).toBeGreaterThan(0)
      expect([got.nbytes(0), got.address(0)]).toEqual([0, null])
      b.close()
    })

    it('one batch through sockets of two families', async () => {
      const batch = new Batch({ messages: 2, size: 4 })
      batch.add(Buffer.from('x'), ['localhost', 9])
      using four = new socket.socket(AF_INET, SOCK_DGRAM)
      using six = new socket.socket(AF_INET6, SOCK_DGRAM)
      await four.bind(['127.0.0.1', 0])
      await six.bind(['::1', 0])
      batch.set(0, 1, ['localhost', four.getsockname()[1]])
      expect(await four.sendmmsg(batch)).toBe(1)
      expect((await four.recvfrom(9))[0].toString()).toBe('x')
      batch.set(0, 1, ['::1', six.getsockname()[1]])
      expect(await six.sendmmsg(batch)).toBe(1)
      expect((await six.recvfrom(9))[0].toString()).toBe('x')
      batch.clear()
      batch.add(1, ['::1', six.getsockname()[1]])
      expect(await six.sendmmsg(batch)).toBe(1)
      expect((await six.recvfrom(9))[0].toString()).toBe('x')
      await expect((async () => four.sendmmsg(batch))()).rejects.toThrow(blocking.gaierror)
    })
  })
}
