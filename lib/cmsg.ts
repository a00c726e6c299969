// Control messages with names: what sendmsg(2) takes and recvmsg(2) gives.
//
//   const [data, ancdata, flags] = s.recvmsg(1500, 256)
//   for (const m of decode_ancillary(ancdata)) if (m.name === 'IP_TTL') console.log(m.value)
//   s.sendmsg([data], [encode_ancillary({ name: 'IP_TTL', value: 1 })], 0, address)

import type { AncData } from './ancillary.js'
import { type BytesLike, bytes, int, typeName } from './args.js'
import { rows } from './cmsgrows.js'
import { OSError, ValueError } from './errors.js'
import type { Inet6Out, InetOut } from './family/types.js'
import { later } from './later.js'
import type { Struct } from './struct.js'
import type { Credentials } from './structs.js'

/** IP_PKTINFO. Sent, it chooses the interface (0: by route) and the source address `spec_dst`. */
export interface PacketInfo {
  ifindex: number
  /** The local address that the packet came to, or is to come from. */
  spec_dst: string
  /** The destination in the IP header. Only received. */
  addr: string
}

/** IPV6_PKTINFO: the destination of a received packet, the source of a sent one. */
export interface PacketInfo6 {
  addr: string
  ifindex: number
}

/** IP_RECVERR and IPV6_RECVERR, by `recvmsg` with MSG_ERRQUEUE: struct sock_extended_err. */
export interface ExtendedError {
  /** An errno(3) number; 0 or ENOMSG for what is no error, such as a send time. */
  errno: number
  /** SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_LOCAL, … */
  origin: number
  /** Type and code of the ICMP message. */
  type: number
  code: number
  /** By origin: the MTU for EMSGSIZE, an SCM_TSTAMP_ number, the first zero-copy send. */
  info: number
  /** By origin: the number of the packet, the last zero-copy send. */
  data: number
  /** Who reported the error; null where that is nobody. The port means nothing. */
  offender: InetOut | Inet6Out | null
}

/** SCM_TIMESTAMPING: ns since 1970; null for a time that was not taken. */
export interface Timestamps {
  software: bigint | null
  /** By the clock of the network adapter. */
  hardware: bigint | null
}

/** SCM_TIMESTAMPING_PKTINFO: where a packet with a hardware time came in. */
export interface TimestampPacketInfo {
  ifindex: number
  /** Its length with the link-layer header. */
  length: number
}

/** PACKET_AUXDATA: struct tpacket_auxdata. packet(7) */
export interface PacketAuxdata {
  /** TP_STATUS_ bits. */
  status: number
  /** Length of the frame, and how much of it there is. */
  len: number
  snaplen: number
  /** Offsets of the link-layer and the network header. */
  mac: number
  net: number
  /** The VLAN tag that the kernel took out of the frame, if TP_STATUS_VLAN_VALID says so. */
  vlan_tci: number
  vlan_tpid: number
}

/** The value of each control message that has a name. Times are bigint nanoseconds. */
export interface AncillaryValues {
  /** Descriptors; received ones are the caller's to close. unix(7) */
  SCM_RIGHTS: readonly number[]
  /** The sender, under SO_PASSCRED; sent, it must be true (or privileged). unix(7) */
  SCM_CREDENTIALS: Credentials
  /** A pidfd of the sender, under SO_PASSPIDFD: the caller's to close; -errno if it is gone. unix(7) */
  SCM_PIDFD: number
  /** When the packet came, by SO_TIMESTAMP: ns since 1970, to a microsecond. socket(7) */
  SCM_TIMESTAMP: bigint
  /** When the packet came, by SO_TIMESTAMPNS: ns since 1970. socket(7) */
  SCM_TIMESTAMPNS: bigint
  /** By SO_TIMESTAMPING, with or without MSG_ERRQUEUE. */
  SCM_TIMESTAMPING: Timestamps
  /** By SOF_TIMESTAMPING_OPT_PKTINFO. */
  SCM_TIMESTAMPING_PKTINFO: TimestampPacketInfo
  /** Sent: when the packet is to leave, ns of the clock given by SO_TXTIME. */
  SCM_TXTIME: bigint
  /** Sent: the id that SOF_TIMESTAMPING_OPT_ID reports. */
  SCM_TS_OPT_ID: number
  /** Bytes still to read, by SO_INQ: unix(7). */
  SCM_INQ: number
  /** Packets dropped since the socket was made, by SO_RXQ_OVFL; none came before the first drop. */
  SO_RXQ_OVFL: number
  /** The mark of the packet, by SO_RCVMARK; sent, privileged. */
  SO_MARK: number
  /** The priority of the packet, by SO_RCVPRIORITY. */
  SO_PRIORITY: number
  /** By IP_PKTINFO: ip(7). */
  IP_PKTINFO: PacketInfo
  /** Time to live, by IP_RECVTTL: ip(7). */
  IP_TTL: number
  /** Type of service, by IP_RECVTOS: a byte received, an int sent. ip(7) */
  IP_TOS: number
  /** By IP_RECVERR and MSG_ERRQUEUE: ip(7). */
  IP_RECVERR: ExtendedError
  /** Where the packet was sent before NAT, by IP_RECVORIGDSTADDR. */
  IP_ORIGDSTADDR: InetOut
  /** Size of the largest fragment, by IP_RECVFRAGSIZE. */
  IP_RECVFRAGSIZE: number
  /** By IPV6_RECVPKTINFO: ipv6(7). */
  IPV6_PKTINFO: PacketInfo6
  /** By IPV6_RECVHOPLIMIT; sent, -1 is the default. ipv6(7) */
  IPV6_HOPLIMIT: number
  /** Traffic class, by IPV6_RECVTCLASS: ipv6(7). */
  IPV6_TCLASS: number
  /** By IPV6_RECVERR and MSG_ERRQUEUE: ipv6(7). */
  IPV6_RECVERR: ExtendedError
  /** Where the packet was sent before NAT, by IPV6_RECVORIGDSTADDR. */
  IPV6_ORIGDSTADDR: Inet6Out
  /** Size of the largest fragment, by IPV6_RECVFRAGSIZE. */
  IPV6_RECVFRAGSIZE: number
  /** Sent: cut the data into datagrams of so many bytes. udp(7) */
  UDP_SEGMENT: number
  /** The data is several datagrams of so many bytes, the last maybe shorter. udp(7) */
  UDP_GRO: number
  /** Bytes still to read, by TCP_INQ: tcp(7). */
  TCP_CM_INQ: number
  /** By PACKET_AUXDATA: packet(7). */
  PACKET_AUXDATA: PacketAuxdata
  /** The multicast group of the message, by NETLINK_PKTINFO; 0 for none. netlink(7) */
  NETLINK_PKTINFO: number
}

/** The names that are known here. */
export type AncillaryName = keyof AncillaryValues

/**
 * A control message received: by `name` it is known of which type `value` is. One
 * without a row, or cut short by MSG_CTRUNC, has name null and its data.
 */
export type Ancillary =
  | {
      [N in AncillaryName]: { name: N; level: number; type: number; value: AncillaryValues[N] }
    }[AncillaryName]
  | { name: null; level: number; type: number; data: Buffer }

/** Fields that are left out are 0. */
export type Loose<T> = T extends readonly unknown[] ? T : T extends object ? Partial<T> : T

/** A control message to send. What `decode_ancillary` gave may be sent on. */
export type AncillaryInput =
  | { [N in AncillaryName]: { name: N; value: Loose<AncillaryValues[N]> } }[AncillaryName]
  | { name: null; level: number; type: number; data: BytesLike }

/** How a message is known and read; it is sent as the first of its types. */
export type Row<T> = readonly [
  level: number | undefined,
  types: readonly (number | undefined)[],
  codec: Struct<T, Loose<T>>,
]

/** Level and type as one key. */
const key = (level: number, type: number) => `${level}:${type}`

/** By level and type; without what this system lacks. */
const byNumber = later(() => {
  const found = new Map<string, { name: AncillaryName; codec: Struct<unknown> }>()
  const known = Object.entries(rows()) as [AncillaryName, Row<unknown>][]
  for (const [name, [level, types, codec]] of known) {
    for (const type of types) {
      if (level === undefined || type === undefined || codec.size === 0) continue
      found.set(key(level, type), { name, codec })
    }
  }
  return found
})

/**
 * Puts names to the control messages of `recvmsg`, in the order they came.
 * Nothing is duplicated: descriptors among them are the same descriptors.
 * @param ancdata any iterable of `[cmsg_level, cmsg_type, data]`
 */
export function decode_ancillary(ancdata: Iterable<AncData>): Ancillary[] {
  return Array.from(ancdata, ([level, type, data]) => {
    const row = byNumber().get(key(level, type))
    if (row === undefined || data.length < row.codec.size) return { name: null, level, type, data }
    return { name: row.name, level, type, value: row.codec.decode(data) } as Ancillary
  })
}

/**
 * A control message for `sendmsg`: `[cmsg_level, cmsg_type, data]`.
 * @throws ValueError a name that is unknown, or a value that cannot be
 * @throws OverflowError a number that does not fit
 * @throws OSError this system has no such message
 */
export function encode_ancillary(message: AncillaryInput): [number, number, Buffer] {
  if (message === null || typeof message !== 'object') {
    throw new TypeError(`a control message must be an object, not ${typeName(message)}`)
  }
  if (message.name === null) {
    const { buffer, byteOffset, length } = bytes(message.data)
    return [int(message.level), int(message.type), Buffer.from(buffer, byteOffset, length)]
  }
  const { name, value } = message
  const table = rows()
  if (!Object.hasOwn(table, name)) throw new ValueError(`unknown control message '${name}'`)
  const [level, [type], codec] = table[name] as Row<unknown>
  if (level === undefined || type === undefined || codec.size === 0) {
    throw new OSError(`this system has no control message ${name}`)
  }
  return [level, type, codec.encode(value)]
}
