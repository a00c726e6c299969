// Control messages of IPv4 and IPv6, from the kernel and to it, over loopback.

import { readFileSync } from 'node:fs'
import * as socket from 'bsd-socket'
import { beforeEach, describe, expect, test } from 'vitest'
import { python } from '../peer.js'
import { hasIPv6 } from '../places.js'
import { twins } from '../twins.js'

const { AF_INET, AF_INET6, SOCK_DGRAM, SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 } = socket
const { decode_ancillary, encode_ancillary } = socket

socket.setdefaulttimeout(10)

const lo = socket.if_nametoindex('lo')
const ROOM = 512

const x = [Buffer.from('x')]

describe.each(twins)('%s', (_, socket) => {
  /** A bound UDP socket with the options set to 1. */
  async function udp4(...options: number[]): Promise<socket.socket<typeof AF_INET>> {
    const s = socket.socket(AF_INET, SOCK_DGRAM)
    for (const option of options) s.setsockopt(IPPROTO_IP, option, 1)
    await s.bind(['127.0.0.1', 0])
    return s
  }

  async function udp6(...options: number[]): Promise<socket.socket<typeof AF_INET6>> {
    const s = socket.socket(AF_INET6, SOCK_DGRAM)
    for (const option of options) s.setsockopt(IPPROTO_IPV6, option, 1)
    await s.bind(['::1', 0])
    return s
  }

  /** Receives one message; its named control messages by name. */
  async function receive(s: socket.socket, flags = 0) {
    const [data, ancdata, msgFlags, address] = await s.recvmsg(2048, ROOM, flags)
    expect(msgFlags & socket.MSG_CTRUNC).toBe(0)
    const messages = decode_ancillary(ancdata)
    const values = Object.fromEntries(
      messages.map((m) => (m.name === null ? [`${m.level}:${m.type}`, m.data] : [m.name, m.value])),
    )
    return { data, values, address }
  }

  describe('IPv4', () => {
    test('TTL, TOS, pktinfo and the original destination as received', async () => {
      const { IP_RECVTTL, IP_RECVTOS, IP_PKTINFO, IP_RECVORIGDSTADDR } = socket
      using s = await udp4(IP_RECVTTL, IP_RECVTOS, IP_PKTINFO, IP_RECVORIGDSTADDR)
      using sender = await udp4()
      sender.setsockopt(IPPROTO_IP, socket.IP_TTL, 42)
      sender.setsockopt(IPPROTO_IP, socket.IP_TOS, 0x28)
      await sender.sendto(x[0], s.getsockname())
      expect((await receive(s)).values).toEqual({
        IP_TTL: 42,
        IP_TOS: 0x28,
        IP_PKTINFO: { ifindex: lo, spec_dst: '127.0.0.1', addr: '127.0.0.1' },
        IP_ORIGDSTADDR: s.getsockname(),
      })
    })

    test('TTL and TOS as sent, for one message', async () => {
      using s = await udp4(socket.IP_RECVTTL, socket.IP_RECVTOS)
      using sender = await udp4()
      const ancdata = [
        encode_ancillary({ name: 'IP_TTL', value: 7 }),
        encode_ancillary({ name: 'IP_TOS', value: 0x48 }),
      ]
      await sender.sendmsg(x, ancdata, 0, s.getsockname())
      expect((await receive(s)).values).toEqual({ IP_TTL: 7, IP_TOS: 0x48 })
      await sender.sendmsg(x, [], 0, s.getsockname())
      expect((await receive(s)).values).toEqual({ IP_TTL: 64, IP_TOS: 0 })
    })

    test('pktinfo chooses the source address', async () => {
      using s = await udp4()
      using sender = socket.socket(AF_INET, SOCK_DGRAM)
      for (const spec_dst of ['127.0.0.2', '127.3.2.1']) {
        const ancdata = [encode_ancillary({ name: 'IP_PKTINFO', value: { spec_dst, ifindex: lo } })]
        await sender.sendmsg(x, ancdata, 0, s.getsockname())
        expect((await receive(s)).address).toMatchObject([spec_dst, expect.any(Number)])
      }
    })

    test('a TTL that cannot be: EINVAL', async () => {
      using s = await udp4()
      for (const value of [0, 256, -1]) {
        await expect(async () =>
          s.sendmsg(x, [encode_ancillary({ name: 'IP_TTL', value })], 0, s.getsockname()),
        ).rejects.toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'sendmsg' }))
      }
    })

    test('python3 reads ours, and we read those of python3', async () => {
      using s = await udp4(socket.IP_RECVTTL)
      const peer = python(`
import struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, ${socket.IP_RECVTTL}, 1)
s.setsockopt(socket.IPPROTO_IP, ${socket.IP_PKTINFO}, 1)
s.bind(('127.0.0.1', 0))
ttl = (socket.IPPROTO_IP, socket.IP_TTL, struct.pack('@i', 99))
s.sendmsg([b'x'], [ttl], 0, ('127.0.0.1', ${s.getsockname()[1]}))
data, ancdata, flags, address = s.recvmsg(10, 200)
for level, type, value in sorted(ancdata): print(level, type, *struct.unpack('@%di' % (len(value) // 4), value)[:1])
`)
      const { values, address } = await receive(s)
      expect(values).toEqual({ IP_TTL: 99 })
      await s.sendmsg(
        x,
        [encode_ancillary({ name: 'IP_TTL', value: 5 })],
        0,
        address as socket.InetOut,
      )
      expect(await peer.line()).toBe(`0 ${socket.IP_TTL} 5`)
      expect(await peer.line()).toBe(`0 ${socket.IP_PKTINFO} ${lo}`)
      await peer.end()
    })

    test('the size of the largest fragment', async () => {
      let opened: socket.socket<typeof AF_INET>
      try {
        opened = socket.socket(AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
      } catch (error) {
        console.warn(`skipped: fragments by hand: ${error}`)
        return
      }
      using raw = opened
      using s = await udp4(socket.IP_RECVFRAGSIZE)
      const udp = Buffer.alloc(24 + 8) // a header and 24 bytes, cut behind the first 24
      udp.writeUInt16BE(9)
      udp.writeUInt16BE(s.getsockname()[1], 2)
      udp.writeUInt16BE(udp.length, 4)
      const MORE = 0x2000
      for (const [from, to, flags] of [
        [0, 24, MORE],
        [24, 32, 0],
      ]) {
        const ip = Buffer.alloc(20)
        ip[0] = 0x45
        ip.writeUInt16BE(process.pid & 0xffff, 4)
        ip.writeUInt16BE((from / 8) | flags, 6)
        ip.set([64, socket.IPPROTO_UDP], 8)
        ip.set([127, 0, 0, 1, 127, 0, 0, 1], 12) // the kernel writes length and checksum
        await raw.sendto(Buffer.concat([ip, udp.subarray(from, to)]), ['127.0.0.1', 0])
      }
      const { data, values } = await receive(s)
      expect(data).toHaveLength(24)
      expect(values).toEqual({ IP_RECVFRAGSIZE: 20 + 24 })
      await s.sendto(x[0], s.getsockname())
      expect((await receive(s)).values).toEqual({}) // it came whole
    })
  })

  describe('IPv6', () => {
    beforeEach((ctx) => ctx.skip(!hasIPv6(), 'no IPv6 on loopback'))
    const { IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_RECVPKTINFO, IPV6_RECVORIGDSTADDR } = socket

    test('hop limit, traffic class, pktinfo and the original destination as received', async () => {
      using s = await udp6(
        IPV6_RECVHOPLIMIT,
        IPV6_RECVTCLASS,
        IPV6_RECVPKTINFO,
        IPV6_RECVORIGDSTADDR,
      )
      using sender = await udp6()
      sender.setsockopt(IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 42)
      sender.setsockopt(IPPROTO_IPV6, socket.IPV6_TCLASS, 0x28)
      await sender.sendto(x[0], s.getsockname())
      expect((await receive(s)).values).toEqual({
        IPV6_HOPLIMIT: 42,
        IPV6_TCLASS: 0x28,
        IPV6_PKTINFO: { addr: '::1', ifindex: lo },
        IPV6_ORIGDSTADDR: s.getsockname(),
      })
    })

    test('hop limit, traffic class and source as sent, for one message; a hop limit of -1 is the default', async () => {
      using s = await udp6(IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS)
      using sender = socket.socket(AF_INET6, SOCK_DGRAM)
      const send = async (hops: number, tclass: number) =>
        sender.sendmsg(
          x,
          [
            encode_ancillary({ name: 'IPV6_HOPLIMIT', value: hops }),
            encode_ancillary({ name: 'IPV6_TCLASS', value: tclass }),
            encode_ancillary({ name: 'IPV6_PKTINFO', value: { addr: '::1', ifindex: lo } }),
          ],
          0,
          s.getsockname(),
        )
      await send(7, 0x48)
      expect((await receive(s)).values).toEqual({ IPV6_HOPLIMIT: 7, IPV6_TCLASS: 0x48 })
      await send(-1, 0)
      expect((await receive(s)).values).toEqual({ IPV6_HOPLIMIT: 64, IPV6_TCLASS: 0 })
    })

    test('a source that is not ours: an error', async () => {
      using s = await udp6()
      const pktinfo = encode_ancillary({ name: 'IPV6_PKTINFO', value: { addr: '2001:db8::1' } })
      await expect(async () => s.sendmsg(x, [pktinfo], 0, s.getsockname())).rejects.toThrow(
        socket.OSError,
      )
    })

    test('IPv4 on a dual-stack socket: mapped addresses', async () => {
      using s = socket.socket(AF_INET6, SOCK_DGRAM)
      s.setsockopt(IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
      s.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
      await s.bind(['::', 0])
      using sender = await udp4()
      await sender.sendto(x[0], ['127.0.0.1', s.getsockname()[1]])
      expect((await receive(s)).values).toMatchObject({
        IPV6_PKTINFO: { addr: '::ffff:127.0.0.1' },
      })
    })
  })

  describe('of the socket', () => {
    test('SO_RXQ_OVFL counts what a full buffer dropped', async () => {
      using s = await udp4()
      s.setsockopt(SOL_SOCKET, socket.SO_RXQ_OVFL, 1)
      s.setsockopt(SOL_SOCKET, socket.SO_RCVBUF, 1) // the kernel's least, some 2 KiB
      const sent = 100
      for (let i = 0; i < sent; i++) await s.sendto(Buffer.alloc(200), s.getsockname())
      s.settimeout(0)
      let got = 0
      try {
        for (;;) {
          await s.recv(200)
          got++
        }
      } catch (error) {
        expect(error).toBeInstanceOf(socket.BlockingIOError)
      }
      expect(got).toBeLessThan(sent)
      s.settimeout(10)
      await s.sendto(x[0], s.getsockname()) // each message tells the drops before it
      expect((await receive(s)).values).toEqual({ SO_RXQ_OVFL: sent - got })
    })

    test('SO_PRIORITY as the sender set it', async () => {
      using s = await udp4()
      try {
        s.setsockopt(SOL_SOCKET, socket.SO_RCVPRIORITY, 1)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOPROTOOPT' })
        console.warn('skipped: this kernel has no SO_RCVPRIORITY')
        return
      }
      s.setsockopt(SOL_SOCKET, socket.SO_PRIORITY, 5)
      await s.sendto(x[0], s.getsockname())
      expect((await receive(s)).values).toEqual({ SO_PRIORITY: 5 })
      await s.sendmsg(x, [encode_ancillary({ name: 'SO_PRIORITY', value: 3 })], 0, s.getsockname())
      expect((await receive(s)).values).toEqual({ SO_PRIORITY: 3 })
    })

    test('SO_MARK, where it is permitted', async () => {
      using s = await udp4()
      try {
        s.setsockopt(SOL_SOCKET, socket.SO_RCVMARK, 1)
        await s.sendmsg(
          x,
          [encode_ancillary({ name: 'SO_MARK', value: 0xfedcba98 })],
          0,
          s.getsockname(),
        )
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/EPERM|ENOPROTOOPT/) })
        console.warn(`skipped: SO_MARK: ${error}`)
        return
      }
      expect((await receive(s)).values).toEqual({ SO_MARK: 0xfedcba98 })
    })

    test('TCP_CM_INQ: how much is left to read', async () => {
      using server = await socket.create_server(['127.0.0.1', 0])
      using client = await socket.create_connection(server.getsockname())
      const [accepted] = await server.accept()
      using conn = accepted
      conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_INQ, 1)
      await client.sendall(Buffer.from('0123456789'))
      const [, ancdata] = await conn.recvmsg(4, ROOM)
      expect(decode_ancillary(ancdata)).toMatchObject([{ name: 'TCP_CM_INQ', value: 6 }])
    })
  })

  test('PACKET_AUXDATA on an AF_PACKET socket', async () => {
    let opened: socket.socket
    try {
      opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(socket.ETH_P_IP))
    } catch (error) {
      console.warn(`skipped: ${error}`)
      return
    }
    using s = opened
    s.setsockopt(socket.SOL_PACKET, socket.PACKET_AUXDATA, 1)
    using receiver = await udp4()
    for (;;) {
      // Sent again for every frame of somebody else's, which may have filled the queue.
      await receiver.sendto(Buffer.from(`auxdata ${process.pid}`), receiver.getsockname())
      const [frame, ancdata] = await s.recvmsg(2048, ROOM)
      if (!frame.toString('latin1').endsWith(`auxdata ${process.pid}`)) continue
      const [message] = decode_ancillary(ancdata)
      expect(message).toMatchObject({
        name: 'PACKET_AUXDATA',
        value: { len: frame.length, snaplen: frame.length, mac: 0, net: 14, vlan_tci: 0 },
      })
      break
    }
    const stats = s.getsockopt(
      socket.SOL_PACKET,
      socket.PACKET_STATISTICS,
      socket.tpacket_stats.size,
    )
    const { packets, drops } = socket.tpacket_stats.decode(stats)
    expect(packets).toBeGreaterThan(0)
    expect(drops).toBeLessThan(packets)
  })

  test('PACKET_ADD_MEMBERSHIP takes a packet_mreq', () => {
    let opened: socket.socket
    try {
      opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    } catch (error) {
      console.warn(`skipped: ${error}`)
      return
    }
    using s = opened
    const { SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP, packet_mreq } = socket
    const group = `01005e${(process.pid & 0x7fffff).toString(16).padStart(6, '0')}`
    const joined = () =>
      /^\d+\s+lo\s.*$/gm[Symbol.match](readFileSync('/proc/net/dev_mcast', 'latin1'))
    const address = Buffer.from(group, 'hex')
    const request = packet_mreq.encode({ ifindex: lo, type: socket.PACKET_MR_MULTICAST, address })
    s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
    expect(joined()).toContainEqual(expect.stringContaining(group))
    s.setsockopt(SOL_PACKET, PACKET_DROP_MEMBERSHIP, request)
    expect(joined() ?? []).not.toContainEqual(expect.stringContaining(group))
    const nowhere = packet_mreq.encode({ ifindex: 2 ** 30, type: socket.PACKET_MR_PROMISC })
    expect(() => s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, nowhere)).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    )
  })

  test('NETLINK_PKTINFO: the group of an answer is 0', async () => {
    const { SOL_NETLINK, NETLINK_PKTINFO, RTM_GETLINK, NLM_F_REQUEST } = socket
    using s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    s.setsockopt(SOL_NETLINK, NETLINK_PKTINFO, 1)
    // struct nlmsghdr and struct ifinfomsg, the question which interface lo is
    const words = new Uint32Array([32, RTM_GETLINK | (NLM_F_REQUEST << 16), 1, 0, 0, lo, 0, 0])
    await s.send(words)
    const [, ancdata] = await s.recvmsg(65536, ROOM)
    expect(decode_ancillary(ancdata)).toMatchObject([{ name: 'NETLINK_PKTINFO', value: 0 }])
  })
})
