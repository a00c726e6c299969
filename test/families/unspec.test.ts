// AF_UNSPEC, which takes a peer away; and families without a file of their own.

import * as socket from 'bsd-socket'
import { EINVAL, ENODEV } from 'bsd-socket/errno'
import { describe, expect, it } from 'vitest'
import { codec } from '#lib/address'
import { folder, python } from '../peer.js'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)
const { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, AF_UNSPEC, SOCK_DGRAM, SOCK_RAW } = socket

const out = new Uint8Array(128)

it('takes raw bytes for an unknown family, and what it gave out', () => {
  const unknown = codec(99)
  const bytes = Buffer.from('some bytes')
  const length = unknown.encode(bytes, out, 'bind', 0)
  const read = unknown.decode(out, length, 0)
  expect(read).toEqual([99, bytes])
  expect(unknown.encode(read, out, 'bind', 0)).toBe(length)
  expect(unknown.decode(out, length, 0)).toEqual(read)
})

it('refuses for an unknown family what is neither', () => {
  const unknown = codec(99)
  const wrong: [address: unknown, error: new () => Error, words: RegExp][] = [
    ['text', TypeError, /bytes-like/],
    [null, TypeError, /bytes-like/],
    [[99], TypeError, /pair/],
    [[99, 'text'], TypeError, /bytes-like/],
    [[98, Buffer.alloc(4)], socket.OSError, /^bind\(\): bad family$/],
    [Buffer.alloc(127), socket.OSError, /^bind\(\): address is too long$/],
  ]
  for (const [address, error, words] of wrong) {
    const encode = () => unknown.encode(address, out, 'bind', 0)
    expect(encode).toThrow(error)
    expect(encode).toThrow(words)
  }
})

describe.each(twins)('%s', (_, socket) => {
  it('takes the peer of a UDP socket away, so that it hears others again', async () => {
    const peer = python(`
here, there = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for s in here, there: s.bind(('127.0.0.1', 0))
print(here.getsockname()[1], there.getsockname()[1])
there.sendto(b'from elsewhere', here.recvfrom(100)[1])
`)
    const [here, there] = (await peer.line()).split(' ').map(Number)
    using s = new socket.socket(AF_INET, SOCK_DGRAM)
    await s.connect(['127.0.0.1', here])
    expect(s.getpeername()).toEqual(['127.0.0.1', here])
    await s.connect([AF_UNSPEC, Buffer.alloc(14)])
    expect(() => s.getpeername()).toThrow(socket.NotConnectedError)
    await s.sendto(Buffer.from('hello'), ['127.0.0.1', here])
    expect(await s.recvfrom(100)).toEqual([Buffer.from('from elsewhere'), ['127.0.0.1', there]])
    await peer.end()
  })

  it('takes the peer of every kind of datagram socket away', async () => {
    const path = `${folder()}/socket`
    using receiver = new socket.socket(AF_UNIX, SOCK_DGRAM)
    await receiver.bind(path)
    const peers: [family: number, address: socket.Address][] = [
      [AF_INET6, ['::1', 9]],
      [AF_UNIX, path],
    ]
    for (const [family, address] of peers) {
      using s = new socket.socket(family, SOCK_DGRAM)
      await s.connect(address)
      expect(s.getpeername()).not.toBeNull()
      await s.connect([AF_UNSPEC, new Uint8Array(0)])
      expect(() => s.getpeername()).toThrow(socket.NotConnectedError)
    }
  })

  it('is an error where the form is wrong', async () => {
    using s = new socket.socket(AF_INET, SOCK_DGRAM)
    const wrong = [
      [AF_UNSPEC, 80],
      [AF_UNSPEC],
      [AF_UNSPEC, '127.0.0.1'],
      [AF_INET, Buffer.alloc(14)],
    ]
    for (const address of wrong) {
      await expect(async () => s.connect(address as unknown as socket.Inet)).rejects.toThrow(
        TypeError,
      )
    }
  })

  it('leaves the families alone whose address begins with a number', async (ctx) => {
    if (AF_NETLINK === undefined) return ctx.skip('no netlink here')
    using s = new socket.socket(AF_NETLINK, SOCK_RAW)
    await s.bind([0, 0])
    await s.connect([0, 0])
    expect(s.getpeername()).toEqual([0, 0])
  })

  it('hands the raw bytes of an AF_XDP address to the kernel', async (ctx) => {
    let s: socket.socket<typeof socket.AF_XDP>
    try {
      s = new socket.socket(socket.AF_XDP, SOCK_RAW)
    } catch (error) {
      return ctx.skip(`no AF_XDP here: ${error}`)
    }
    const [lo] = socket.if_nameindex()[0]
    // struct sockaddr_xdp: flags, interface, queue, descriptor of shared memory.
    const bound = async (index: number): Promise<number | null> => {
      const flags = new Uint16Array([0])
      const rest = new Uint32Array([index, 0, 0])
      try {
        await s.bind(Buffer.concat([Buffer.from(flags.buffer), Buffer.from(rest.buffer)]))
        return 0
      } catch (error) {
        return (error as socket.OSError).errno
      }
    }
    // The kernel looks for the interface, then for the rings that were never made.
    expect([await bound(0x7fffffff), await bound(lo)]).toEqual([ENODEV, EINVAL])
    s.close()
  })
})
