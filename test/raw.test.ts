// SOCK_RAW, against the kernel's own echo and against python.

import * as socket from 'bsd-socket'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask } from './peer.js'
import { ipv4, ipv6, peer, written } from './places.js'
import { twins } from './twins.js'

socket.setdefaulttimeout(10)

const { AF_INET, AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IP, SOCK_RAW } = socket
const TESTING = 253 // a protocol number for experiments, RFC 3692
const text = (words: string) => Buffer.from(words)

/** Why a raw socket cannot be had here, or null. */
function missing(): string | null {
  try {
    new socket.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP).close()
    return null
  } catch (error) {
    return `${(error as socket.OSError).message}: ${(error as socket.OSError).hint}`
  }
}

const reason = missing()
if (reason !== null) console.log(`not tested: raw sockets, ${reason}`)

/** The Internet checksum, RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** An echo request; for ICMPv6 the kernel writes the checksum. */
function echo(type: number, id: number, payload: string): Buffer {
  const packet = Buffer.concat([Buffer.from([type, 0, 0, 0, id >>> 8, id, 0, 1]), text(payload)])
  if (type === 8) packet.writeUInt16BE(checksum(packet), 2)
  return packet
}

describe.each(twins)('%s', (_, socket) => {
  describe('SOCK_RAW', () => {
    beforeEach((ctx) => ctx.skip(reason !== null, String(reason)))
    it.each([
      ['127.0.0.1', AF_INET, IPPROTO_ICMP, 8, 0],
      ['::1', AF_INET6, IPPROTO_ICMPV6, 128, 129],
    ])('pings %s', async (host, family, proto, request, reply) => {
      const id = process.pid & 0xffff
      using s = new socket.socket(family, SOCK_RAW, proto)
      const packet = echo(request, id, 'are you there?')
      expect(await s.sendto(packet, [host, 0])).toBe(packet.length)
      for (;;) {
        const [data, from] = await s.recvfrom(2048)
        // IPv4 comes with its header, IPv6 without; others may be pinging too.
        const icmp = family === AF_INET ? data.subarray((data[0] & 15) * 4) : data
        if (icmp[0] !== reply || icmp.readUInt16BE(4) !== id) continue
        expect(icmp.subarray(8).toString()).toBe('are you there?')
        expect(from).toEqual(family === AF_INET ? [host, 0] : [host, 0, 0, 0])
        break
      }
    })

    it.each([
      [ipv4, '127.0.0.1', 20],
      [ipv6, '::1', 0],
    ])('exchanges packets with python over $name', async (place, host, header) => {
      using s = new socket.socket(place.family, SOCK_RAW, TESTING)
      const mark = `${process.pid}-${host}`
      const py = peer(
        `
s = socket.socket(${place.python}, socket.SOCK_RAW, ${TESTING}); print('ready')
mark = sys.argv[1].encode()
while True:
    data, address = s.recvfrom(2048)
    if data[${header}:] == b'question ' + mark: break
show(address)
s.sendto(b'answer ' + mark, address)
`,
        mark,
      )
      await py.line()
      await s.sendto(text(`question ${mark}`), [host, 0])
      for (;;) {
        const [data, from] = await s.recvfrom(2048)
        if (data.subarray(header).toString() !== `answer ${mark}`) continue
        expect(from).toEqual(JSON.parse(await py.line()))
        expect((from as [string])[0]).toBe(host)
        if (header > 0) expect([data[0], data[9]]).toEqual([0x45, TESTING])
        break
      }
      await py.end()
    })

    it('connects, which leaves out the packets of others', async () => {
      using s = new socket.socket(AF_INET, SOCK_RAW, TESTING)
      using other = new socket.socket(AF_INET, SOCK_RAW, TESTING)
      await s.bind(['127.0.0.1', 0])
      await s.connect(['127.0.0.2', 1]) // with port 0 Linux would name no peer
      expect(s.getpeername()).toEqual(['127.0.0.2', 1])
      await other.bind(['127.0.0.3', 0])
      await other.sendto(text('from 3'), ['127.0.0.1', 0])
      await other.bind(['127.0.0.2', 0])
      await other.sendto(text('from 2'), ['127.0.0.1', 0])
      expect((await s.recv(100)).subarray(20).toString()).toBe('from 2')
      expect(await s.send(text('hi'))).toBe(2)
    })

    it('sends a header of its own making with IP_HDRINCL', async () => {
      const py = peer(
        `
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); show(s.getsockname())
data, address = s.recvfrom(100); print(data); show(address)
`,
      )
      const [, port] = JSON.parse(await py.line())
      using s = new socket.socket(AF_INET, SOCK_RAW, socket.IPPROTO_RAW)
      expect(s.getsockopt(IPPROTO_IP, socket.IP_HDRINCL)).toBe(1) // IPPROTO_RAW implies it
      const data = text('from nobody')
      const packet = Buffer.alloc(28 + data.length)
      packet.set([0x45, 0, 0, packet.length, 0, 0, 0, 0, 64, socket.IPPROTO_UDP])
      packet.set([127, 9, 9, 9], 12) // nobody's address
      packet.set([127, 0, 0, 1], 16)
      packet.writeUInt16BE(4321, 20)
      packet.writeUInt16BE(port, 22)
      packet.writeUInt16BE(8 + data.length, 24)
      packet.set(data, 28)
      expect(await s.sendto(packet, ['127.0.0.1', 0])).toBe(packet.length)
      expect(await py.line()).toBe("b'from nobody'")
      expect(JSON.parse(await py.line())).toEqual(['127.9.9.9', 4321])
      await py.end()

      using plain = new socket.socket(AF_INET, SOCK_RAW, TESTING)
      expect(plain.getsockopt(IPPROTO_IP, socket.IP_HDRINCL)).toBe(0)
      plain.setsockopt(IPPROTO_IP, socket.IP_HDRINCL, 1)
      await expect(async () => plain.sendto(text('no header'), ['127.0.0.1', 0])).rejects.toThrow(
        expect.objectContaining({ code: 'EINVAL' }),
      )
    })

    it('is a socket like any other', async () => {
      using s = new socket.socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
      using copy = new socket.socket({ fileno: socket.dup(s.fileno()) })
      expect([copy.family, copy.type, copy.proto]).toEqual([AF_INET6, SOCK_RAW, IPPROTO_ICMPV6])
      await s.bind(['::1', 0])
      await s.connect(['::1', 0])
      const into = Buffer.alloc(8)
      await s.send(echo(128, 1, ''))
      expect(await s.recvfrom_into(into)).toEqual([8, ['::1', 0, 0, 0]])
    })
  })

  it('fails as in python where there is no such socket', () => {
    const kinds = [
      [AF_INET, SOCK_RAW, 0],
      [AF_INET, SOCK_RAW, 300],
      [AF_INET, SOCK_RAW, -2],
      [AF_INET6, SOCK_RAW, 0],
      [AF_INET, socket.SOCK_SEQPACKET, 0],
      [AF_INET, 77, 0],
      [200, socket.SOCK_STREAM, 0],
      [socket.AF_UNIX, SOCK_RAW, 0], // a datagram socket, on Linux
      [socket.AF_UNIX, socket.SOCK_STREAM, 5],
    ]
    const seen = ask(
      `
import json, socket, sys
out = []
for kind in json.load(sys.stdin):
    try: s = socket.socket(*kind); out.append([s.family, s.type, s.proto])
    except OSError as e: out.append(e.errno)
print(json.dumps(out))`,
      written(kinds),
    )
    const tried = kinds.map(([family, type, proto]) => {
      try {
        using s = new socket.socket(family, type, proto)
        return [s.family, s.type, s.proto]
      } catch (error) {
        return (error as socket.OSError).errno
      }
    })
    expect(tried).toEqual(seen)
  })
})
