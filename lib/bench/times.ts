// The kernel's own times of packets: what happened before the program woke up.

import type { AncData } from '../ancillary.js'
import { decode_ancillary } from '../cmsg.js'
import {
  SO_TIMESTAMPING,
  SO_TIMESTAMPNS,
  SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_TSONLY,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE,
  SOL_SOCKET,
} from '../index.js'

/** A socket of either twin. */
export interface Stamped {
  setsockopt(level: number, optname: number, value: number): void
}

/** What `recvmsg` wants as `ancbufsize` for these times, in bytes. */
export const TIMES_SPACE = 256

/**
 * Has the kernel note when each packet comes: `receive_time` reads it from what
 * `recvmsg(n, TIMES_SPACE)` gives. SO_TIMESTAMPNS, socket(7)
 * @throws OSError the socket has no such option
 */
export function stamp_receives(s: Stamped): void {
  s.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)
}

/**
 * Has the kernel note when each packet is given to the network driver: `send_time`
 * reads it from what `recvmsg(0, TIMES_SPACE, MSG_ERRQUEUE)` gives, a message for each
 * send. Sends are numbered from 0 on. SO_TIMESTAMPING, socket(7)
 * @throws OSError the socket has no such option
 */
export function stamp_sends(s: Stamped): void {
  const flags =
    SOF_TIMESTAMPING_TX_SOFTWARE |
    SOF_TIMESTAMPING_SOFTWARE |
    SOF_TIMESTAMPING_OPT_ID |
    SOF_TIMESTAMPING_OPT_TSONLY
  s.setsockopt(SOL_SOCKET, SO_TIMESTAMPING, flags)
}

/** When the packet came, in nanoseconds since 1970; null if the kernel did not say. */
export function receive_time(ancdata: readonly AncData[]): bigint | null {
  for (const message of decode_ancillary(ancdata)) {
    if (message.name === 'SCM_TIMESTAMPNS') return message.value
    if (message.name === 'SCM_TIMESTAMPING') return message.value.software
  }
  return null
}

export interface SendTime {
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** The number of the send: datagrams are counted, and the bytes of a stream. */
  readonly number: number
}

/** When a packet was sent, and which; null if the message is none about a send. */
export function send_time(ancdata: readonly AncData[]): SendTime | null {
  let time: bigint | null = null
  let number: number | null = null
  for (const message of decode_ancillary(ancdata)) {
    if (message.name === 'SCM_TIMESTAMPING') time = message.value.software
    if (message.name === 'IP_RECVERR' || message.name === 'IPV6_RECVERR') {
      number = message.value.data
    }
  }
  return time === null || number === null ? null : { time, number }
}
