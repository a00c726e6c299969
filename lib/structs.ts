// Option values with names: what setsockopt(2) takes and getsockopt(2) gives as
// bytes. One row each.
//
//   s.setsockopt(SOL_SOCKET, SO_LINGER, linger.encode({ onoff: true, linger: 5 }))
//   linger.decode(s.getsockopt(SOL_SOCKET, SO_LINGER, linger.size))

import { bytes, int, typeName, within } from './args.js'
import { check, ValueError } from './errors.js'
import { constants, errnos, native } from './native.js'
import {
  flag,
  host,
  ipv4,
  ipv6,
  mapped,
  raw,
  type Struct,
  signed,
  struct,
  unsigned,
} from './struct.js'

/** SO_LINGER: what close(2) does with data that was not sent yet. socket(7) */
export interface Linger {
  /** Whether close waits for them. */
  onoff: boolean
  /** For how many whole seconds; 0 throws them away and resets the connection. */
  linger: number
}

/** A process, as the kernel saw it: unix(7). */
export interface Credentials {
  pid: number
  uid: number
  gid: number
}

/** IP_ADD_MEMBERSHIP, by the address of an interface; `0.0.0.0` lets the kernel choose. ip(7) */
export interface IpMreq {
  multiaddr: string
  interface: string
}

/** IP_ADD_MEMBERSHIP and IP_MULTICAST_IF, by address or index. ip(7) */
export interface IpMreqn {
  multiaddr: string
  address: string
  ifindex: number
}

/** IP_ADD_SOURCE_MEMBERSHIP and its like: one sender to a group. ip(7) */
export interface IpMreqSource {
  multiaddr: string
  interface: string
  sourceaddr: string
}

/** IPV6_JOIN_GROUP, by the index of an interface; 0 lets the kernel choose. ipv6(7) */
export interface Ipv6Mreq {
  multiaddr: string
  interface: number
}

/** MCAST_JOIN_GROUP: a group of either family, by the index of an interface. RFC 3678 */
export interface GroupReq {
  interface: number
  group: string
}

/** MCAST_JOIN_SOURCE_GROUP and its like: one sender to a group. RFC 3678 */
export interface GroupSourceReq extends GroupReq {
  source: string
}

/** PACKET_ADD_MEMBERSHIP: more frames than those to this host. packet(7) */
export interface PacketMreq {
  ifindex: number
  /** PACKET_MR_PROMISC, PACKET_MR_MULTICAST, … */
  type: number
  /** A hardware address of up to 8 bytes, for PACKET_MR_MULTICAST and PACKET_MR_UNICAST. */
  address: Uint8Array
}

/** PACKET_STATISTICS: frames since the last time that this was read. packet(7) */
export interface PacketStatistics {
  /** Received and dropped ones together. */
  packets: number
  drops: number
}

/** SO_TXTIME: the clock of SCM_TXTIME, and SOF_TXTIME_ bits. */
export interface SockTxtime {
  clockid: number
  flags: number
}

/** The value of SO_LINGER. */
export const linger: Struct<Linger, Partial<Linger>> = struct('linger', {
  onoff: ['l_onoff', flag],
  linger: ['l_linger', signed],
})

const MICRO = 1e6

/**
 * The value of SO_RCVTIMEO and SO_SNDTIMEO: seconds, to a microsecond. The
 * kernel rounds it up to its own ticks. 0 is for ever, so a positive time is one
 * microsecond at least.
 */
export const timeval: Struct<number> = mapped(
  struct<'timeval', { sec: number; usec: number }>('timeval', {
    sec: ['tv_sec', signed],
    usec: ['tv_usec', signed],
  }),
  ({ sec, usec }) => sec + usec / MICRO,
  (seconds: number) => {
    if (typeof seconds !== 'number') {
      throw new TypeError(`timeval must be a number of seconds, not ${typeName(seconds)}`)
    }
    if (!Number.isFinite(seconds)) throw new ValueError(`timeval cannot be ${seconds}`)
    const sec = Math.floor(seconds)
    const usec = Math.round((seconds - sec) * MICRO)
    if (seconds > 0 && sec === 0 && usec === 0) return { sec, usec: 1 }
    return usec === MICRO ? { sec: sec + 1, usec: 0 } : { sec, usec }
  },
)

/** The value of SO_PEERCRED, and of an SCM_CREDENTIALS message. */
export const ucred: Struct<Credentials, Partial<Credentials>> = struct('ucred', {
  pid: ['pid', signed],
  uid: ['uid', unsigned],
  gid: ['gid', unsigned],
})

/** The value of IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP. */
export const ip_mreq: Struct<IpMreq, Partial<IpMreq>> = struct('ip_mreq', {
  multiaddr: ['imr_multiaddr', ipv4],
  interface: ['imr_interface', ipv4],
})

/** The value of IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP and IP_MULTICAST_IF. */
export const ip_mreqn: Struct<IpMreqn, Partial<IpMreqn>> = struct('ip_mreqn', {
  multiaddr: ['imr_multiaddr', ipv4],
  address: ['imr_address', ipv4],
  ifindex: ['imr_ifindex', signed],
})

/** The value of IP_ADD_SOURCE_MEMBERSHIP, IP_DROP_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE, IP_UNBLOCK_SOURCE. */
export const ip_mreq_source: Struct<IpMreqSource, Partial<IpMreqSource>> = struct(
  'ip_mreq_source',
  {
    multiaddr: ['imr_multiaddr', ipv4],
    interface: ['imr_interface', ipv4],
    sourceaddr: ['imr_sourceaddr', ipv4],
  },
)

/** The value of IPV6_JOIN_GROUP and IPV6_LEAVE_GROUP. */
export const ipv6_mreq: Struct<Ipv6Mreq, Partial<Ipv6Mreq>> = struct('ipv6_mreq', {
  multiaddr: ['ipv6mr_multiaddr', ipv6],
  interface: ['ipv6mr_interface', unsigned],
})

/** The value of MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP. */
export const group_req: Struct<GroupReq, Partial<GroupReq>> = struct('group_req', {
  interface: ['gr_interface', unsigned],
  group: ['gr_group', host],
})

/** The value of MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP, MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE. */
export const group_source_req: Struct<GroupSourceReq, Partial<GroupSourceReq>> = struct(
  'group_source_req',
  {
    interface: ['gsr_interface', unsigned],
    group: ['gsr_group', host],
    source: ['gsr_source', host],
  },
)

/** The value of PACKET_ADD_MEMBERSHIP and PACKET_DROP_MEMBERSHIP. */
export const packet_mreq: Struct<PacketMreq, Partial<PacketMreq>> = mapped(
  struct<'packet_mreq', PacketMreq & { length: number }>('packet_mreq', {
    ifindex: ['mr_ifindex', signed],
    type: ['mr_type', unsigned],
    length: ['mr_alen', unsigned],
    address: ['mr_address', raw],
  }),
  ({ ifindex, type, length, address }) => ({ ifindex, type, address: address.subarray(0, length) }),
  (value) => ({ ...value, length: value.address === undefined ? 0 : bytes(value.address).length }),
)

/** The value of PACKET_STATISTICS. */
export const tpacket_stats: Struct<PacketStatistics, Partial<PacketStatistics>> = struct(
  'tpacket_stats',
  { packets: ['tp_packets', unsigned], drops: ['tp_drops', unsigned] },
)

/** The value of SO_TXTIME. */
export const sock_txtime: Struct<SockTxtime, Partial<SockTxtime>> = struct('sock_txtime', {
  clockid: ['clockid', signed],
  flags: ['flags', unsigned],
})

const TYPES = 256
// Linux, which alone has SOL_ICMPV6, sets the bits of the types that it drops;
// the BSDs those of the types that pass.
const dropsSet = constants.SOL_ICMPV6 === undefined ? 0 : 1

/**
 * The value of ICMP6_FILTER (level IPPROTO_ICMPV6): the ICMPv6 types that a raw
 * socket receives, as a set. Any iterable of numbers from 0 to 255 goes in.
 * icmp6(4), RFC 3542
 */
export const icmp6_filter: Struct<Set<number>, Iterable<number>> = mapped(
  struct<'icmp6_filter', { words: Uint8Array }>('icmp6_filter', { words: ['icmp6_filt', raw] }),
  ({ words }) => {
    const bits = new Uint32Array(Uint8Array.from(words).buffer) // aligned
    const types = Array.from({ length: TYPES }, (_, type) => type)
    return new Set(types.filter((type) => ((bits[type >>> 5] >>> (type & 31)) & 1) !== dropsSet))
  },
  (types) => {
    const bits = new Uint32Array(TYPES / 32).fill(dropsSet === 1 ? 0xffffffff : 0)
    for (const type of types) {
      const n = within(type, 0, TYPES - 1, 'an ICMPv6 type must be 0-255')
      const mask = 1 << (n & 31)
      bits[n >>> 5] = dropsSet === 1 ? bits[n >>> 5] & ~mask : bits[n >>> 5] | mask
    }
    return { words: new Uint8Array(bits.buffer) }
  },
)

/**
 * The process at the other end of a connected Unix socket, as it was when it
 * connected, listened or made the pair. unix(7) SO_PEERCRED
 * @throws OSError ENOPROTOOPT where the system has no SO_PEERCRED
 */
export function peer_credentials(sock: { fileno(): number }): Credentials {
  const { SOL_SOCKET, SO_PEERCRED } = constants
  const fd = int(sock.fileno())
  if (SO_PEERCRED === undefined) check(-errnos.ENOPROTOOPT, 'getsockopt')
  const out = Buffer.alloc(ucred.size)
  check(native.getsockoptBytes(fd, SOL_SOCKET, SO_PEERCRED, out, 0, out.length), 'getsockopt')
  return ucred.decode(out)
}
