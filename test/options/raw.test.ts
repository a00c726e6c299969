// Options for raw sockets, by setsockopt: they work, as their man pages say.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { twins } from '../twins.js'

const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW, SOL_SOCKET, icmp6_filter, inet_checksum } = socket
const { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IPV6, IPPROTO_RAW, ICMP6_FILTER } = socket

socket.setdefaulttimeout(10)

/** Why raw sockets cannot be had, or null. */
const refusal = (() => {
  try {
    socket.socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6).close()
    return null
  } catch (error) {
    return String(error)
  }
})()
if (refusal !== null) console.warn(`skipped: raw sockets: ${refusal}`)
/** A test that needs a raw socket. */
const raw = (name: string, body: () => unknown) =>
  test(name, async (ctx) => {
    ctx.skip(refusal !== null, `raw sockets: ${refusal}`)
    await body()
  })

const id = process.pid & 0xffff

/** An echo request; ICMPv6's checksum is the kernel's to set. */
function echo(type: number, sequence: number): Buffer {
  const request = Buffer.alloc(8)
  request[0] = type
  request.writeUInt16BE(id, 4)
  request.writeUInt16BE(sequence, 6)
  return request
}

/** Whether group ids may open ping sockets: two numbers, the wrong way round for nobody. */
function mayPing(): boolean {
  const [low, high] = readFileSync('/proc/sys/net/ipv4/ping_group_range', 'utf8')
    .split('\t')
    .map(Number)
  const groups = [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]
  return groups.some((group) => group >= low && group <= high)
}

/** A ping without a raw socket, over both families; prints what came back. */
const ping = `
const [, , index] = process.argv
const socket = await import(index)
const results = []
for (const [family, proto, host, request] of [
  [socket.AF_INET, socket.IPPROTO_ICMP, '127.0.0.1', socket.ICMP_ECHO],
  [socket.AF_INET6, socket.IPPROTO_ICMPV6, '::1', socket.ICMP6_ECHO_REQUEST],
]) {
  const s = socket.socket(family, socket.SOCK_DGRAM, proto)
  s.settimeout(10)
  await s.sendto(Buffer.from([request, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3]), [host, 0])
  const [message, address] = await s.recvfrom(100)
  // The kernel writes the checksum, and its own id, which is the socket's port.
  results.push([message[0], message.readUInt16BE(4) === s.getsockname()[1], [...message.subarray(6)], address[0]])
  s.close()
}
console.log(JSON.stringify(results))
`

describe.each(twins)('%s', (name, socket) => {
  /** The types of our own ICMPv6 messages that arrive within a moment. */
  async function types(s: socket.socket): Promise<number[]> {
    s.settimeout(0.1)
    const found: number[] = []
    try {
      for (;;) {
        const message = await s.recv(100)
        if (message.length >= 8 && message.readUInt16BE(4) === id) found.push(message[0])
      }
    } catch (error) {
      expect(error).toBeInstanceOf(socket.TimeoutError)
    }
    return found.sort()
  }

  raw('ICMP6_FILTER: only the types in the set arrive, and the set reads back', async () => {
    const { ICMP6_ECHO_REQUEST: request, ICMP6_ECHO_REPLY: reply } = socket
    using s = socket.socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
    const pass = (set: Iterable<number>) => {
      s.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, icmp6_filter.encode(set))
      const bytes = s.getsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, icmp6_filter.size)
      expect(icmp6_filter.decode(bytes)).toEqual(new Set(set))
    }
    const all = icmp6_filter.decode(s.getsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, icmp6_filter.size))
    expect(all.size).toBe(256)
    for (const set of [[reply], [request], [request, reply], [1, 255]]) {
      pass(set)
      await s.sendto(echo(request, 1), ['::1', 0])
      expect(await types(s)).toEqual(set.filter((type) => type >= request && type <= reply))
    }
  })

  raw('IPV6_CHECKSUM: the kernel writes and checks the checksum at the offset', async () => {
    const protocol = 253 // for experiments, RFC 3692
    using sender = socket.socket(AF_INET6, SOCK_RAW, protocol)
    using receiver = socket.socket(AF_INET6, SOCK_RAW, protocol)
    await receiver.bind(['::1', 0])
    sender.setsockopt(IPPROTO_IPV6, socket.IPV6_CHECKSUM, 4)
    expect(sender.getsockopt(IPPROTO_IPV6, socket.IPV6_CHECKSUM)).toBe(4)
    const data = Buffer.from(`body\0\0${process.pid}`)
    await sender.sendto(data, ['::1', 0])
    const got = await receiver.recv(100)
    const pseudo = Buffer.concat([
      socket.inet_pton(AF_INET6, '::1'),
      socket.inet_pton(AF_INET6, '::1'),
      Buffer.from([0, 0, 0, got.length, 0, 0, 0, protocol]),
    ])
    expect(got.readUInt16BE(4)).toBe(inet_checksum(data, inet_checksum(pseudo)))
    expect(inet_checksum(got, inet_checksum(pseudo))).toBe(0)
    receiver.setsockopt(IPPROTO_IPV6, socket.IPV6_CHECKSUM, 4)
    sender.setsockopt(IPPROTO_IPV6, socket.IPV6_CHECKSUM, -1)
    await sender.sendto(data, ['::1', 0]) // the checksum is wrong now: it does not arrive
    receiver.settimeout(0.1)
    await expect(async () => receiver.recv(100)).rejects.toThrow(socket.TimeoutError)
  })

  raw('IP_HDRINCL: the IP header is ours', async () => {
    using s = socket.socket(AF_INET, SOCK_RAW, socket.IPPROTO_UDP)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
    expect(s.getsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL)).toBe(1)
    using receiver = socket.socket(AF_INET, SOCK_DGRAM)
    await receiver.bind(['127.0.0.1', 0])
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTTL, 1)
    const payload = Buffer.from('by hand')
    const udp = Buffer.alloc(8)
    udp.writeUInt16BE(7777)
    udp.writeUInt16BE(receiver.getsockname()[1], 2)
    udp.writeUInt16BE(8 + payload.length, 4)
    const ip = Buffer.from([
      0x45,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      77,
      socket.IPPROTO_UDP,
      0,
      0,
      127,
      0,
      0,
      9,
      127,
      0,
      0,
      1,
    ])
    ip.writeUInt16BE(ip.length + udp.length + payload.length, 2)
    ip.writeUInt16BE(inet_checksum(ip), 10)
    await s.sendto(Buffer.concat([ip, udp, payload]), ['127.0.0.1', 0])
    const [data, ancdata, , address] = await receiver.recvmsg(100, 100)
    expect(data.toString()).toBe('by hand')
    expect(address).toEqual(['127.0.0.9', 7777])
    expect(socket.decode_ancillary(ancdata)).toMatchObject([{ name: 'IP_TTL', value: 77 }])
  })

  raw('IPPROTO_RAW has IP_HDRINCL set from the start', () => {
    using s = socket.socket(AF_INET, SOCK_RAW, IPPROTO_RAW)
    expect(s.getsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL)).toBe(1)
  })

  test('SO_BINDTODEVICE: traffic of that interface only', async () => {
    using s = socket.socket(AF_INET, SOCK_DGRAM)
    s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, Buffer.from('lo\0'))
    expect(s.getsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, 16).toString()).toBe('lo\0')
    await s.bind(['127.0.0.1', 0])
    await s.sendto(Buffer.from('x'), s.getsockname())
    expect((await s.recv(10)).toString()).toBe('x')
    expect(s.getsockopt(SOL_SOCKET, socket.SO_BINDTOIFINDEX)).toBe(socket.if_nametoindex('lo'))
    s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, Buffer.alloc(0)) // none again
    expect(s.getsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, 16)).toHaveLength(0)
    expect(() =>
      s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, Buffer.from('nosuchif0')),
    ).toThrow(expect.objectContaining({ code: 'ENODEV' }))
  })

  test('ICMP without privileges: SOCK_DGRAM', () => {
    if (!mayPing()) {
      expect(() => socket.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)).toThrow(socket.PermissionError)
    }
    // In a namespace of our own the range is ours to set, and nothing else is permitted.
    const script = 'ip link set lo up && sysctl -qw net.ipv4.ping_group_range="0 0" && exec "$@"'
    const file = name === 'bsd-socket' ? 'index' : 'promises'
    const index = new URL(`../../dist/lib/${file}.js`, import.meta.url).href
    const node = [process.execPath, '--input-type=module', '-e', ping, '-', index]
    const drop = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', ...node]
    const { status, stdout, stderr } = spawnSync('unshare', [
      '-rn',
      'sh',
      '-ec',
      script,
      '-',
      ...drop,
    ])
    if (status !== 0 && /unshare|ip:|sysctl|setpriv/.test(stderr.toString())) {
      console.warn(`skipped: ${stderr}`)
      return
    }
    expect(stderr.toString()).toBe('')
    expect(JSON.parse(stdout.toString())).toEqual([
      [socket.ICMP_ECHOREPLY, true, [0, 7, 1, 2, 3], '127.0.0.1'],
      [socket.ICMP6_ECHO_REPLY, true, [0, 7, 1, 2, 3], '::1'],
    ])
  })
})
