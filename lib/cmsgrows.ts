// The table of control messages with names. One row each: level, type, and the
// struct that the data is.

import { codec, decode } from './address.js'
import { int } from './args.js'
import type { AncillaryName, AncillaryValues, ExtendedError, Row, Timestamps } from './cmsg.js'
import type { Inet6Out, InetOut } from './family/types.js'
import { familyOf, readInt } from './family/wire.js'
import { later } from './later.js'
import { constants as c, layout } from './native.js'
import {
  ipv4,
  ipv6,
  mapped,
  moments,
  type Struct,
  scalar,
  signed,
  struct,
  unsigned,
  unsigned64,
  view,
} from './struct.js'
import { ucred } from './structs.js'

const INT = 4
const one = (name: string) => scalar(name, INT, signed)
const natural = (name: string, size = INT) => scalar(name, size, unsigned)

const descriptors: Struct<readonly number[]> = {
  name: 'SCM_RIGHTS',
  size: INT,
  encode: (fds) => Buffer.from(Int32Array.from([...fds], int).buffer),
  decode(data) {
    const from = view(data, 'SCM_RIGHTS', INT)
    const count = Math.floor(from.length / INT)
    return Array.from({ length: count }, (_, i) => readInt(from, { offset: i * INT, size: INT }))
  },
}

/** The kernel takes an int or a byte, and sends a byte. */
const typeOfService: Struct<number> = {
  name: 'IP_TOS',
  size: 1,
  encode: one('IP_TOS').encode,
  decode(data) {
    const from = view(data, 'IP_TOS', 1)
    return from.length < INT ? from[0] : readInt(from, { offset: 0, size: INT })
  },
}

/** A sockaddr of one of the two IP families, or null. */
function ipAddress(from: Buffer): InetOut | Inet6Out | null {
  const family = from.length < layout.sockaddr.sa_family.size ? -1 : familyOf(from)
  const sizes = new Map([
    [c.AF_INET, layout.sockaddr_in.size],
    [c.AF_INET6, layout.sockaddr_in6.size],
  ])
  const known = from.length >= (sizes.get(family) ?? Number.POSITIVE_INFINITY)
  return known ? (decode(from, from.length) as InetOut | Inet6Out) : null
}

function sockaddr(address: unknown, family: number, name: string): Buffer {
  const out = Buffer.alloc(Math.max(layout.sockaddr_in.size, layout.sockaddr_in6.size))
  return out.subarray(0, codec(family).encode(address, out, name, 0))
}

const address = <T extends InetOut | Inet6Out>(
  name: string,
  family: number,
  size: number,
): Struct<T> => ({
  name,
  size,
  encode: (value) => sockaddr(value, family, name),
  decode: (data) => decode(view(data, name, size), size) as T,
})

type Fixed = Omit<ExtendedError, 'offender'>

const fixed = struct<'sock_extended_err', Fixed>('sock_extended_err', {
  errno: ['ee_errno', unsigned],
  origin: ['ee_origin', unsigned],
  type: ['ee_type', unsigned],
  code: ['ee_code', unsigned],
  info: ['ee_info', unsigned],
  data: ['ee_data', unsigned],
})

/** The offender's address follows the struct. */
const extendedError = (family: number): Struct<ExtendedError, Partial<ExtendedError>> => ({
  ...fixed,
  encode({ offender, ...error }) {
    const nobody = offender === null || offender === undefined
    return Buffer.concat([
      fixed.encode(error),
      nobody ? Buffer.alloc(0) : sockaddr(offender, family, fixed.name),
    ])
  },
  decode: (data) => ({
    ...fixed.decode(data),
    offender: ipAddress(view(data, fixed.name, fixed.size).subarray(fixed.size)),
  }),
})

/** One time. */
const moment = (name: string, unit: bigint): Struct<bigint> =>
  mapped(
    moments(name, 1, unit),
    ([time]) => time,
    (time: bigint) => [time],
  )

/** Of the three times the middle one, a hardware time in the system's clock, ended with Linux 3.17. */
const timestamping: Struct<Timestamps, Partial<Timestamps>> = mapped(
  moments('scm_timestamping', 3, 1n),
  ([software, , hardware]) => ({ software: software || null, hardware: hardware || null }),
  ({ software, hardware }: Partial<Timestamps>) => [software ?? 0n, 0n, hardware ?? 0n],
)

type Table = { readonly [N in AncillaryName]: Row<AncillaryValues[N]> }

const ofSockets = () =>
  ({
    SCM_RIGHTS: [c.SOL_SOCKET, [c.SCM_RIGHTS], descriptors],
    SCM_CREDENTIALS: [c.SOL_SOCKET, [c.SCM_CREDENTIALS], ucred],
    SCM_PIDFD: [c.SOL_SOCKET, [c.SCM_PIDFD], one('SCM_PIDFD')],
    // A socket may have asked for times of 64 bits on a 32-bit machine, or been
    // adopted from a program that did.
    SCM_TIMESTAMP: [
      c.SOL_SOCKET,
      [c.SCM_TIMESTAMP, c.SO_TIMESTAMP_OLD, c.SO_TIMESTAMP_NEW],
      moment('timeval', 1000n),
    ],
    SCM_TIMESTAMPNS: [
      c.SOL_SOCKET,
      [c.SCM_TIMESTAMPNS, c.SO_TIMESTAMPNS_OLD, c.SO_TIMESTAMPNS_NEW],
      moment('timespec', 1n),
    ],
    SCM_TIMESTAMPING: [
      c.SOL_SOCKET,
      [c.SCM_TIMESTAMPING, c.SO_TIMESTAMPING_OLD, c.SO_TIMESTAMPING_NEW],
      timestamping,
    ],
    SCM_TIMESTAMPING_PKTINFO: [
      c.SOL_SOCKET,
      [c.SCM_TIMESTAMPING_PKTINFO],
      struct('scm_ts_pktinfo', {
        ifindex: ['if_index', unsigned],
        length: ['pkt_length', unsigned],
      }),
    ],
    SCM_TXTIME: [c.SOL_SOCKET, [c.SCM_TXTIME], scalar('SCM_TXTIME', 8, unsigned64)],
    SCM_TS_OPT_ID: [c.SOL_SOCKET, [c.SCM_TS_OPT_ID], natural('SCM_TS_OPT_ID')],
    SCM_INQ: [c.SOL_SOCKET, [c.SCM_INQ], one('SCM_INQ')],
    SO_RXQ_OVFL: [c.SOL_SOCKET, [c.SO_RXQ_OVFL], natural('SO_RXQ_OVFL')],
    SO_MARK: [c.SOL_SOCKET, [c.SO_MARK], natural('SO_MARK')],
    SO_PRIORITY: [c.SOL_SOCKET, [c.SO_PRIORITY], natural('SO_PRIORITY')],
  }) satisfies Partial<Table>

const ofInternet = () =>
  ({
    IP_PKTINFO: [
      c.IPPROTO_IP,
      [c.IP_PKTINFO],
      struct('in_pktinfo', {
        ifindex: ['ipi_ifindex', signed],
        spec_dst: ['ipi_spec_dst', ipv4],
        addr: ['ipi_addr', ipv4],
      }),
    ],
    IP_TTL: [c.IPPROTO_IP, [c.IP_TTL], one('IP_TTL')],
    IP_TOS: [c.IPPROTO_IP, [c.IP_TOS], typeOfService],
    IP_RECVERR: [c.IPPROTO_IP, [c.IP_RECVERR], extendedError(c.AF_INET)],
    IP_ORIGDSTADDR: [
      c.IPPROTO_IP,
      [c.IP_ORIGDSTADDR],
      address('IP_ORIGDSTADDR', c.AF_INET, layout.sockaddr_in.size),
    ],
    IP_RECVFRAGSIZE: [c.IPPROTO_IP, [c.IP_RECVFRAGSIZE], one('IP_RECVFRAGSIZE')],
    IPV6_PKTINFO: [
      c.IPPROTO_IPV6,
      [c.IPV6_PKTINFO],
      struct('in6_pktinfo', { addr: ['ipi6_addr', ipv6], ifindex: ['ipi6_ifindex', unsigned] }),
    ],
    IPV6_HOPLIMIT: [c.IPPROTO_IPV6, [c.IPV6_HOPLIMIT], one('IPV6_HOPLIMIT')],
    IPV6_TCLASS: [c.IPPROTO_IPV6, [c.IPV6_TCLASS], one('IPV6_TCLASS')],
    IPV6_RECVERR: [c.IPPROTO_IPV6, [c.IPV6_RECVERR], extendedError(c.AF_INET6)],
    IPV6_ORIGDSTADDR: [
      c.IPPROTO_IPV6,
      [c.IPV6_ORIGDSTADDR],
      address('IPV6_ORIGDSTADDR', c.AF_INET6, layout.sockaddr_in6.size),
    ],
    IPV6_RECVFRAGSIZE: [c.IPPROTO_IPV6, [c.IPV6_RECVFRAGSIZE], one('IPV6_RECVFRAGSIZE')],
  }) satisfies Partial<Table>

const ofProtocols = () =>
  ({
    UDP_SEGMENT: [c.SOL_UDP, [c.UDP_SEGMENT], natural('UDP_SEGMENT', 2)],
    UDP_GRO: [c.SOL_UDP, [c.UDP_GRO], one('UDP_GRO')],
    TCP_CM_INQ: [c.SOL_TCP, [c.TCP_CM_INQ], one('TCP_CM_INQ')],
    PACKET_AUXDATA: [
      c.SOL_PACKET,
      [c.PACKET_AUXDATA],
      struct('tpacket_auxdata', {
        status: ['tp_status', unsigned],
        len: ['tp_len', unsigned],
        snaplen: ['tp_snaplen', unsigned],
        mac: ['tp_mac', unsigned],
        net: ['tp_net', unsigned],
        vlan_tci: ['tp_vlan_tci', unsigned],
        vlan_tpid: ['tp_vlan_tpid', unsigned],
      }),
    ],
    NETLINK_PKTINFO: [c.SOL_NETLINK, [c.NETLINK_PKTINFO], natural('nl_pktinfo')],
  }) satisfies Partial<Table>

/** The table. */
export const rows = later((): Table => ({ ...ofSockets(), ...ofInternet(), ...ofProtocols() }))
