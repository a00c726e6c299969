// TCP_INFO: tcp(7), linux/tcp.h.

import type { BytesLike } from './args.js'
import { little } from './builtins.js'
import { later } from './later.js'
import { view } from './struct.js'

/** A field's width in bytes; every field is aligned to its own width, on every machine. */
type Width = 1 | 2 | 4 | 8

// In the kernel's order, from which the offsets follow. This is a table and not
// an offsetof because glibc's struct ends at total_retrans and the kernel's
// header may be older than the kernel, which only ever adds fields at the end.
// Behind received_ce_bytes come four bytes whose meaning has changed once.
const table = [
  ['state', 1],
  ['ca_state', 1],
  ['retransmits', 1],
  ['probes', 1],
  ['backoff', 1],
  ['options', 1],
  ['wscale', 1],
  ['flags', 1],
  ['rto', 4],
  ['ato', 4],
  ['snd_mss', 4],
  ['rcv_mss', 4],
  ['unacked', 4],
  ['sacked', 4],
  ['lost', 4],
  ['retrans', 4],
  ['fackets', 4],
  ['last_data_sent', 4],
  ['last_ack_sent', 4],
  ['last_data_recv', 4],
  ['last_ack_recv', 4],
  ['pmtu', 4],
  ['rcv_ssthresh', 4],
  ['rtt', 4],
  ['rttvar', 4],
  ['snd_ssthresh', 4],
  ['snd_cwnd', 4],
  ['advmss', 4],
  ['reordering', 4],
  ['rcv_rtt', 4],
  ['rcv_space', 4],
  ['total_retrans', 4],
  ['pacing_rate', 8],
  ['max_pacing_rate', 8],
  ['bytes_acked', 8],
  ['bytes_received', 8],
  ['segs_out', 4],
  ['segs_in', 4],
  ['notsent_bytes', 4],
  ['min_rtt', 4],
  ['data_segs_in', 4],
  ['data_segs_out', 4],
  ['delivery_rate', 8],
  ['busy_time', 8],
  ['rwnd_limited', 8],
  ['sndbuf_limited', 8],
  ['delivered', 4],
  ['delivered_ce', 4],
  ['bytes_sent', 8],
  ['bytes_retrans', 8],
  ['dsack_dups', 4],
  ['reord_seen', 4],
  ['rcv_ooopack', 4],
  ['snd_wnd', 4],
  ['rcv_wnd', 4],
  ['rehash', 4],
  ['total_rto', 2],
  ['total_rto_recoveries', 2],
  ['total_rto_time', 4],
  ['received_ce', 4],
  ['delivered_e1_bytes', 4],
  ['delivered_e0_bytes', 4],
  ['delivered_ce_bytes', 4],
  ['received_e1_bytes', 4],
  ['received_e0_bytes', 4],
  ['received_ce_bytes', 4],
] as const satisfies readonly (readonly [name: string, width: Width])[]

type Bits = 'wscale' | 'flags'
type Field = (typeof table)[number][0]

/** What the two bytes of bit fields hold. */
interface BitFields {
  /** Shift of the windows that this side receives and that it announces, 0 to 14. */
  snd_wscale: number
  rcv_wscale: number
  /** Whether `delivery_rate` was held down by the program rather than the network. */
  delivery_rate_app_limited: boolean
  /** Why a fast open failed, a number of `enum tcp_fastopen_client_fail`. */
  fastopen_client_fail: number
}

/**
 * The state of a TCP connection, under the names of `struct tcp_info` without
 * `tcpi_`. Times are microseconds (`rto`, `ato`, `rtt`, `rttvar`, `rcv_rtt`,
 * `min_rtt`, `busy_time`, `rwnd_limited`, `sndbuf_limited`) or milliseconds
 * (`last_*`, `total_rto_time`); rates are bytes a second, Infinity for no limit;
 * windows in segments (`snd_cwnd`, `snd_ssthresh`) or bytes (`snd_wnd`,
 * `rcv_wnd`). A field that the kernel did not give, being older, is undefined.
 */
export type TcpInfo = { [F in Exclude<Field, Bits>]?: number } & Partial<BitFields>

interface Row {
  readonly name: Field
  readonly width: Width
  readonly offset: number
}

/** Where each field lies; exported for the test that asks the compiler. @internal */
export const tcpInfoRows = later((): readonly Row[] => {
  const rows: Row[] = []
  for (const [name, width] of table) {
    const last = rows.at(-1)
    const end = last === undefined ? 0 : last.offset + last.width
    rows.push({ name, width, offset: Math.ceil(end / width) * width })
  }
  return rows
})

const UNLIMITED = 2n ** 64n - 1n

function wide(from: Buffer, offset: number): number {
  const value = little ? from.readBigUInt64LE(offset) : from.readBigUInt64BE(offset)
  return value === UNLIMITED ? Number.POSITIVE_INFINITY : Number(value)
}

function read(from: Buffer, { offset, width }: Row): number {
  if (width === 8) return wide(from, offset)
  return little ? from.readUIntLE(offset, width) : from.readUIntBE(offset, width)
}

/** `count` bits of a byte; compilers begin at the low end, or on big-endian machines the high. */
const bits = (byte: number, first: number, count: number): number =>
  (byte >>> (little ? first : 8 - first - count)) & ((1 << count) - 1)

/**
 * The value of TCP_INFO: `tcp_info.decode(s.getsockopt(IPPROTO_TCP, TCP_INFO,
 * tcp_info.size))`. It cannot be set, so there is no encode.
 */
export const tcp_info = {
  /** The struct's name in C. */
  name: 'tcp_info',
  /** Room enough for every kernel up to now. */
  size: 512,
  /**
   * The fields in the bytes, as far as they go.
   * @throws ValueError not even the first eight bytes are there
   */
  decode(data: BytesLike): TcpInfo {
    const from = view(data, 'tcp_info', 8)
    const given = tcpInfoRows().filter(({ offset, width }) => offset + width <= from.length)
    const info = Object.fromEntries(given.map((row) => [row.name, read(from, row)]))
    const { wscale, flags, ...plain } = info
    return {
      ...plain,
      snd_wscale: bits(wscale, 0, 4),
      rcv_wscale: bits(wscale, 4, 4),
      delivery_rate_app_limited: bits(flags, 0, 1) === 1,
      fastopen_client_fail: bits(flags, 1, 2),
    }
  },
}
