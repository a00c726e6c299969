// Joins IPv6 groups on the interface v0 and prints what was heard before, while
// and after being a member. multicast.test.ts runs it in a network namespace.

import { execFileSync } from 'node:child_process'
import * as socket from 'bsd-socket'

const { AF_INET6, IPPROTO_IPV6, SOCK_DGRAM } = socket
const v0 = socket.if_nametoindex('v0')

/** Sends a word from python3 to a group. */
const sender = `
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, ${v0})
s.sendto(sys.argv[3].encode(), (sys.argv[1], int(sys.argv[2])))
`

function receiver(): socket.socket<typeof AF_INET6> {
  const s = socket.socket(AF_INET6, SOCK_DGRAM)
  s.setsockopt(IPPROTO_IPV6, socket.IPV6_MULTICAST_ALL, 0)
  s.bind(['::', 0])
  return s
}

function hear(s: socket.socket<typeof AF_INET6>, group: string, word: string): string[] {
  execFileSync('python3', ['-c', sender, group, String(s.getsockname()[1]), word])
  s.settimeout(0.05)
  const heard: string[] = []
  try {
    for (;;) heard.push(s.recv(100).toString())
  } catch (error) {
    if (!(error instanceof socket.TimeoutError)) throw error
  }
  return heard
}

/** The address that a datagram out of v0 has for its source. */
function source(): string {
  using s = receiver()
  s.setsockopt(
    IPPROTO_IPV6,
    socket.IPV6_JOIN_GROUP,
    socket.ipv6_mreq.encode({ multiaddr: 'ff01::9', interface: v0 }),
  )
  execFileSync('python3', ['-c', sender, 'ff01::9', String(s.getsockname()[1]), 'who'])
  s.settimeout(10)
  return s.recvfrom(10)[1][0]
}

function member(group: string, join: number, leave: number, request: Buffer): string[][] {
  using s = receiver()
  const early = hear(s, group, 'early')
  s.setsockopt(IPPROTO_IPV6, join, request)
  const joined = hear(s, group, 'member')
  s.setsockopt(IPPROTO_IPV6, leave, request)
  return [early, joined, hear(s, group, 'late')]
}

const { IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP } = socket
const { MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP } = socket
const from = (address: string, group: string) =>
  member(
    group,
    MCAST_JOIN_SOURCE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP,
    socket.group_source_req.encode({ interface: v0, group, source: address }),
  )

console.log(
  JSON.stringify({
    ipv6_mreq: member(
      'ff01::1:1',
      IPV6_JOIN_GROUP,
      IPV6_LEAVE_GROUP,
      socket.ipv6_mreq.encode({ multiaddr: 'ff01::1:1', interface: v0 }),
    ),
    group_req: member(
      'ff02::1:2',
      MCAST_JOIN_GROUP,
      MCAST_LEAVE_GROUP,
      socket.group_req.encode({ group: 'ff02::1:2', interface: v0 }),
    ),
    group_source_req: from(source(), 'ff02::1:3'),
    'another source': from('fe80::1', 'ff02::1:4'),
  }),
)
