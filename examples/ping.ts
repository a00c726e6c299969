/**
 * Ping: ICMP or ICMPv6 echo over a raw socket, or over SOCK_DGRAM without the right to one.
 * node dist/examples/ping.js [-c count] [-i seconds] [host]; the kernel of any host is its peer
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import * as socket from 'bsd-socket'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', short: 'c', default: '4' },
    interval: { type: 'string', short: 'i', default: '1' },
  },
})
const host = positionals[0] ?? '127.0.0.1'
const WAIT = 1 // second for an answer

const [[family, , , , sockaddr]] = socket.getaddrinfo(host, null, 0, socket.SOCK_DGRAM)
const v6 = family === socket.AF_INET6
const proto = v6 ? socket.IPPROTO_ICMPV6 : socket.IPPROTO_ICMP
const [REQUEST, REPLY] = v6
  ? [socket.ICMP6_ECHO_REQUEST, socket.ICMP6_ECHO_REPLY]
  : [socket.ICMP_ECHO, socket.ICMP_ECHOREPLY]

function open() {
  try {
    return new socket.socket(family, socket.SOCK_RAW, proto)
  } catch (error) {
    if (!(error instanceof socket.PermissionError)) throw error
    return new socket.socket(family, socket.SOCK_DGRAM, proto) // net.ipv4.ping_group_range
  }
}

/** Type, code, checksum, identifier, sequence number, data. */
function echoRequest(id: number, sequence: number) {
  const packet = Buffer.alloc(64)
  packet.set([REQUEST, 0])
  packet.writeUInt16BE(id, 4)
  packet.writeUInt16BE(sequence, 6)
  if (!v6) packet.writeUInt16BE(socket.inet_checksum(packet), 2) // the kernel does ICMPv6's
  return packet
}

using s = open()
s.connect(sockaddr as socket.Inet)
const raw = s.type === socket.SOCK_RAW
if (raw && v6) {
  s.setsockopt(proto, socket.ICMP6_FILTER, socket.icmp6_filter.encode([REPLY]))
}
// The kernel chooses the identifier of SOCK_DGRAM, and gives it as the port.
const id = raw ? process.pid & 0xffff : (s.getsockname() as socket.InetOut)[1]

/** Waits for the answer to a request: its length, or null when there is none in time. */
function answer(sequence: number) {
  const end = performance.now() + WAIT * 1000
  for (let left = WAIT; left > 0; left = (end - performance.now()) / 1000) {
    s.settimeout(left)
    try {
      const packet = s.recv(65536)
      // A raw IPv4 socket gives the IP header too.
      const icmp = raw && !v6 ? packet.subarray((packet[0] & 15) * 4) : packet
      const mine = icmp.readUInt16BE(4) === id && icmp.readUInt16BE(6) === sequence
      if (icmp[0] === REPLY && mine) return icmp.length
    } catch (error) {
      if (!(error instanceof socket.timeout)) throw error
    }
  }
  return null
}

const times: number[] = []
const [address] = sockaddr as socket.InetOut
for (let sequence = 1; sequence <= Number(values.count); sequence++) {
  if (sequence > 1) await setTimeout(Number(values.interval) * 1000)
  const sent = performance.now()
  s.send(echoRequest(id, sequence))
  const length = answer(sequence)
  const time = performance.now() - sent
  if (length === null) console.log(`no answer to ${sequence}`)
  else {
    times.push(time)
    console.log(`${length} bytes from ${address}: seq=${sequence} time=${time.toFixed(3)} ms`)
  }
}
console.log(`${values.count} sent, ${times.length} received`)
const [least, most] = [Math.min(...times), Math.max(...times)]
const average = times.reduce((sum, time) => sum + time, 0) / times.length
if (times.length === 0) process.exitCode = 1
else console.log(`min/avg/max ${[least, average, most].map((ms) => ms.toFixed(3)).join('/')} ms`)
