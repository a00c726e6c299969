// The error queue: who reported what, by IP_RECVERR and IPV6_RECVERR.

import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { errnos } from '#lib/native'
import { hasIPv6 } from '../places.js'
import { twins } from '../twins.js'

const { AF_INET, AF_INET6, SOCK_DGRAM, IPPROTO_IP, IPPROTO_IPV6, MSG_ERRQUEUE } = socket
const { decode_ancillary } = socket

socket.setdefaulttimeout(10)

const ROOM = 512

describe.each(twins)('%s', (_, socket) => {
  /** A port on which nobody listens. */
  async function closedPort(family: number, host: string): Promise<number> {
    using s = socket.socket(family, SOCK_DGRAM)
    await s.bind([host, 0])
    return (s.getsockname() as socket.InetOut)[1]
  }

  test('a closed UDP port: ECONNREFUSED, what was sent, to whom, and who says so', async () => {
    using s = socket.socket(AF_INET, SOCK_DGRAM)
    s.setsockopt(IPPROTO_IP, socket.IP_RECVERR, 1)
    const port = await closedPort(AF_INET, '127.0.0.1')
    await s.sendto(Buffer.from('knock'), ['127.0.0.1', port])
    const [data, ancdata, flags, address] = await s.recvmsg(100, ROOM, MSG_ERRQUEUE)
    expect(data.toString()).toBe('knock')
    expect(flags & MSG_ERRQUEUE).toBe(MSG_ERRQUEUE)
    expect(address).toEqual(['127.0.0.1', port])
    expect(decode_ancillary(ancdata)).toEqual([
      {
        name: 'IP_RECVERR',
        level: IPPROTO_IP,
        type: socket.IP_RECVERR,
        value: {
          errno: errnos.ECONNREFUSED,
          origin: socket.SO_EE_ORIGIN_ICMP,
          type: socket.ICMP_DEST_UNREACH,
          code: socket.ICMP_PORT_UNREACH,
          info: 0,
          data: 0,
          offender: ['127.0.0.1', 0],
        },
      },
    ])
    s.settimeout(0)
    await expect(async () => s.recvmsg(100, ROOM, MSG_ERRQUEUE)).rejects.toThrow(
      socket.BlockingIOError,
    )
  })

  test('the same over IPv6', async (ctx) => {
    ctx.skip(!hasIPv6(), 'no IPv6 on loopback')
    using s = socket.socket(AF_INET6, SOCK_DGRAM)
    s.setsockopt(IPPROTO_IPV6, socket.IPV6_RECVERR, 1)
    const port = await closedPort(AF_INET6, '::1')
    await s.sendto(Buffer.from('knock'), ['::1', port])
    const [data, ancdata, , address] = await s.recvmsg(100, ROOM, MSG_ERRQUEUE)
    expect(data.toString()).toBe('knock')
    expect(address).toEqual(['::1', port, 0, 0])
    expect(decode_ancillary(ancdata)).toMatchObject([
      {
        name: 'IPV6_RECVERR',
        value: {
          errno: errnos.ECONNREFUSED,
          origin: socket.SO_EE_ORIGIN_ICMP6,
          type: socket.ICMP6_DST_UNREACH,
          code: socket.ICMP6_DST_UNREACH_NOPORT,
          offender: ['::1', 0, 0, 0],
        },
      },
    ])
  })

  test('an error of this host has its MTU, and no offender', async (ctx) => {
    ctx.skip(!hasIPv6(), 'no IPv6 on loopback')
    using s = socket.socket(AF_INET6, SOCK_DGRAM)
    s.setsockopt(IPPROTO_IPV6, socket.IPV6_RECVERR, 1)
    s.setsockopt(IPPROTO_IPV6, socket.IPV6_MTU_DISCOVER, socket.IPV6_PMTUDISC_DO)
    s.setsockopt(IPPROTO_IPV6, socket.IPV6_MTU, 1280)
    const send = async () =>
      s.sendto(Buffer.alloc(2000), ['::1', await closedPort(AF_INET6, '::1')])
    await expect(send).rejects.toThrow(expect.objectContaining({ code: 'EMSGSIZE' }))
    const [, ancdata] = await s.recvmsg(100, ROOM, MSG_ERRQUEUE)
    expect(decode_ancillary(ancdata)).toMatchObject([
      {
        name: 'IPV6_RECVERR',
        value: {
          errno: errnos.EMSGSIZE,
          origin: socket.SO_EE_ORIGIN_LOCAL,
          info: 1280,
          offender: null,
        },
      },
    ])
  })

  test('the offender is the address that was asked, here another one of loopback', async () => {
    using s = socket.socket(AF_INET, SOCK_DGRAM)
    s.setsockopt(IPPROTO_IP, socket.IP_RECVERR, 1)
    await s.sendto(Buffer.from('x'), ['127.9.9.9', await closedPort(AF_INET, '127.9.9.9')])
    const [, ancdata] = await s.recvmsg(100, ROOM, MSG_ERRQUEUE)
    expect(decode_ancillary(ancdata)).toMatchObject([
      { name: 'IP_RECVERR', value: { offender: ['127.9.9.9', 0] } },
    ])
  })

  test('an empty queue makes recvmsg wait, and then time out', async () => {
    using s = socket.socket(AF_INET, SOCK_DGRAM)
    s.setsockopt(IPPROTO_IP, socket.IP_RECVERR, 1)
    s.settimeout(0.05)
    await expect(async () => s.recvmsg(100, ROOM, MSG_ERRQUEUE)).rejects.toThrow(
      socket.TimeoutError,
    )
  })
})
