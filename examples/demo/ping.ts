// The raw row of the demo: pings this host. The kernel answers.

import * as socket from 'bsd-socket'
import { type Done, exchange, type RoundTrip } from './exchange.js'

const ECHO_REPLY = 0
const ECHO_REQUEST = 8

/** The Internet checksum, RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i] << 8 : bytes[i]
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** An ICMP echo request: type, code, checksum, identifier, sequence number, data. */
function echoRequest(id: number, sequence: number, data: Buffer): Buffer {
  const packet = Buffer.concat([Buffer.alloc(8), data])
  packet[0] = ECHO_REQUEST
  packet.writeUInt16BE(id, 4)
  packet.writeUInt16BE(sequence, 6)
  packet.writeUInt16BE(checksum(packet), 2)
  return packet
}

function pinging(s: socket.socket, id: number): RoundTrip {
  let sequence = 0
  return (data) => {
    sequence++
    s.send(echoRequest(id, sequence, data))
    // A raw socket sees every ICMP packet of this host, its own requests too.
    for (;;) {
      const packet = s.recv(65536)
      const icmp = packet.subarray((packet[0] & 15) * 4) // behind the IP header
      const mine = icmp.readUInt16BE(4) === id && icmp.readUInt16BE(6) === sequence
      if (icmp[0] === ECHO_REPLY && mine) return icmp.subarray(8)
    }
  }
}

export function ping(host: string): Done {
  using s = new socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
  s.connect([host, 0])
  const done = exchange(pinging(s, process.pid & 0xffff))
  return { ...done, ours: s.getsockname()[0], theirs: 'the kernel' }
}
