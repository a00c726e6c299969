// Membership requests, on the loopback interface, with python3 receivers.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { type Peer, python } from '../peer.js'
import { twins } from '../twins.js'

const { AF_INET, IPPROTO_IP, SOCK_DGRAM } = socket

socket.setdefaulttimeout(10)

const lo = socket.if_nametoindex('lo')
/** A group that no other test file uses at the same time. */
const group = (n: number) => `239.255.${process.pid & 255}.${n}`

/** Python sends one datagram for each line `host port text source`. */
const pythonSender = `
for line in sys.stdin:
    host, port, text, source = line.split()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'))
    s.bind((source, 0))
    s.sendto(text.encode(), (host, int(port)))
    print('sent')
`

const namespace = [
  'ip link set lo up',
  'ip link add v0 type veth peer name v1',
  'sysctl -qw net.ipv6.conf.v0.accept_dad=0', // the address is there at once
  'ip link set v0 up',
  'ip link set v1 up',
].join(' && ')

/**
 * Runs multicast6.ts where there is an interface for it: lo has no IPv6 multicast.
 * Once, for the blocking twin: the requests go through setsockopt(), which never
 * waits and is the same function in both; IPv4 below receives in both.
 */
function inNamespace(): Record<string, string[][]> | null {
  const program = fileURLToPath(new URL('../../dist/test/options/multicast6.js', import.meta.url))
  const script = `${namespace} && exec "$0" "$1"`
  const result = spawnSync('unshare', ['-rn', 'sh', '-ec', script, process.execPath, program])
  if (result.status === 0) return JSON.parse(result.stdout.toString())
  const probe = spawnSync('unshare', ['-rn', 'sh', '-ec', namespace])
  if (probe.status === 0) throw new Error(result.stderr.toString()) // it was the program that failed
  console.warn(`skipped: no network namespace with IPv6: ${probe.error ?? probe.stderr}`)
  return null
}

test('IPv6: ipv6_mreq, group_req and group_source_req, in a namespace of their own', () => {
  const heard = inNamespace()
  if (heard === null) return
  expect(heard).toEqual({
    ipv6_mreq: [[], ['member'], []],
    group_req: [[], ['member'], []],
    group_source_req: [[], ['member'], []],
    'another source': [[], [], []],
  })
})

describe.each(twins)('%s', (_, socket) => {
  /** Sends from 127.0.0.1 out of the loopback interface, as often as it is called. */
  function sender4(): socket.socket<typeof AF_INET> {
    const s = socket.socket(AF_INET, SOCK_DGRAM)
    s.setsockopt(
      IPPROTO_IP,
      socket.IP_MULTICAST_IF,
      socket.ip_mreqn.encode({ address: '127.0.0.1', ifindex: lo }),
    )
    return s
  }

  test('our sender, two python3 receivers', async () => {
    const receiver = `
import struct
group, first, second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((group, first))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             socket.inet_aton(group) + socket.inet_aton('127.0.0.1') + struct.pack('@i', ${lo}))
print(s.getsockname()[1])
print(s.recv(100).decode())
`
    const one = python(receiver, group(1), '0', '0')
    const port = Number(await one.line())
    const two = python(receiver, group(1), String(port), '0')
    await two.line()
    using s = sender4()
    await s.sendto(Buffer.from('to all'), [group(1), port])
    expect(await Promise.all([one.line(), two.line()])).toEqual(['to all', 'to all'])
  })

  /** Lets python send and gives what arrived. */
  async function hear(
    peer: Peer,
    s: socket.socket,
    host: string,
    words: readonly (readonly [text: string, source: string])[],
  ): Promise<string[]> {
    const port = (s.getsockname() as [string, number])[1]
    for (const [text, source] of words) {
      peer.child.stdin?.write(`${host} ${port} ${text} ${source}\n`)
      expect(await peer.line()).toBe('sent')
    }
    s.settimeout(0.05)
    const heard: string[] = []
    try {
      for (;;) heard.push((await s.recv(100)).toString())
    } catch (error) {
      expect(error).toBeInstanceOf(socket.TimeoutError)
    }
    return heard
  }

  async function receiver4(host: string): Promise<socket.socket<typeof AF_INET>> {
    const s = socket.socket(AF_INET, SOCK_DGRAM)
    s.setsockopt(IPPROTO_IP, socket.IP_MULTICAST_ALL, 0) // only what this socket joined
    await s.bind([host, 0])
    return s
  }

  test.each<[string, number, (host: string) => Buffer]>([
    [
      'ip_mreq',
      socket.IP_ADD_MEMBERSHIP,
      (host) => socket.ip_mreq.encode({ multiaddr: host, interface: '127.0.0.1' }),
    ],
    [
      'ip_mreqn',
      socket.IP_ADD_MEMBERSHIP,
      (host) => socket.ip_mreqn.encode({ multiaddr: host, ifindex: lo }),
    ],
    [
      'group_req',
      socket.MCAST_JOIN_GROUP,
      (host) => socket.group_req.encode({ group: host, interface: lo }),
    ],
  ])('%s joins and leaves', async (name, join, request) => {
    const host = group(name.length)
    using s = await receiver4(host)
    const peer = python(pythonSender)
    expect(await hear(peer, s, host, [['early', '127.0.0.1']])).toEqual([])
    s.setsockopt(IPPROTO_IP, join, request(host))
    expect(await hear(peer, s, host, [['member', '127.0.0.1']])).toEqual(['member'])
    const leave =
      join === socket.MCAST_JOIN_GROUP ? socket.MCAST_LEAVE_GROUP : socket.IP_DROP_MEMBERSHIP
    s.setsockopt(IPPROTO_IP, leave, request(host))
    expect(await hear(peer, s, host, [['late', '127.0.0.1']])).toEqual([])
  })

  test.each<[string, number, (multiaddr: string) => Buffer]>([
    [
      'ip_mreq_source',
      socket.IP_ADD_SOURCE_MEMBERSHIP,
      (multiaddr) =>
        socket.ip_mreq_source.encode({
          multiaddr,
          interface: '127.0.0.1',
          sourceaddr: '127.0.0.2',
        }),
    ],
    [
      'group_source_req',
      socket.MCAST_JOIN_SOURCE_GROUP,
      (multiaddr) =>
        socket.group_source_req.encode({ interface: lo, group: multiaddr, source: '127.0.0.2' }),
    ],
  ])('%s joins for one source', async (name, option, request) => {
    const host = group(100 + name.length)
    using s = await receiver4(host)
    const peer = python(pythonSender)
    s.setsockopt(IPPROTO_IP, option, request(host))
    const words = [
      ['other', '127.0.0.1'],
      ['wanted', '127.0.0.2'],
      ['third', '127.0.0.3'],
    ] as const
    expect(await hear(peer, s, host, words)).toEqual(['wanted'])
  })

  test('IP_MULTICAST_IF comes back as the address that was chosen', () => {
    using s = sender4()
    const bytes = s.getsockopt(IPPROTO_IP, socket.IP_MULTICAST_IF, socket.ip_mreqn.size)
    expect(socket.inet_ntoa(bytes.subarray(0, 4))).toBe('127.0.0.1')
  })

  test('an address that is no group: EINVAL', async () => {
    using s = await receiver4('127.0.0.1')
    const request = socket.ip_mreq.encode({ multiaddr: '127.0.0.1', interface: '127.0.0.1' })
    expect(() => s.setsockopt(IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    )
  })
})
