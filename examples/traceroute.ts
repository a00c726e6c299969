/**
 * Traceroute: UDP with a growing TTL, and each router's ICMP answer from the error queue.
 * node dist/examples/traceroute.js [-n] [-m hops] [-w seconds] [host]; its peers are routers
 */
import { parseArgs } from 'node:util'
import * as socket from 'bsd-socket'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    numeric: { type: 'boolean', short: 'n', default: false },
    'max-hops': { type: 'string', short: 'm', default: '30' },
    wait: { type: 'string', short: 'w', default: '3' },
  },
})
const host = positionals[0] ?? '127.0.0.1'
const PORT = 33434 // and up: nobody listens there
const ROOM = 512 // for control messages

const [[family, , , , sockaddr]] = socket.getaddrinfo(host, null, 0, socket.SOCK_DGRAM)
const [address] = sockaddr as socket.InetOut
const v6 = family === socket.AF_INET6
const level = v6 ? socket.IPPROTO_IPV6 : socket.IPPROTO_IP

using s = new socket.socket(family, socket.SOCK_DGRAM)
s.setsockopt(level, v6 ? socket.IPV6_RECVERR : socket.IP_RECVERR, 1)
s.settimeout(Number(values.wait))

/** The next report about the probe to a port: who says what. Null when none comes in time. */
function report(port: number) {
  try {
    while (true) {
      const [, ancdata, , to] = s.recvmsg(0, ROOM, socket.MSG_ERRQUEUE)
      if ((to as socket.InetOut)[1] !== port) continue // a late one, about an earlier probe
      for (const m of socket.decode_ancillary(ancdata)) {
        if (m.name === 'IP_RECVERR' || m.name === 'IPV6_RECVERR') return m.value
      }
    }
  } catch (error) {
    if (!(error instanceof socket.timeout)) throw error
    return null
  }
}

function nameOf(hop: string) {
  if (values.numeric) return hop
  const [name] = socket.getnameinfo([hop, 0], 0)
  return name === hop ? hop : `${name} (${hop})`
}

console.log(`to ${host} (${address}), ${values['max-hops']} hops at most`)
for (let ttl = 1; ttl <= Number(values['max-hops']); ttl++) {
  s.setsockopt(level, v6 ? socket.IPV6_UNICAST_HOPS : socket.IP_TTL, ttl)
  const sent = performance.now()
  s.sendto(Buffer.from('traceroute'), [address, PORT + ttl])
  const heard = report(PORT + ttl)
  const time = (performance.now() - sent).toFixed(3)
  if (heard === null || heard.offender === null) {
    console.log(`${ttl}  *`)
    continue
  }
  console.log(`${ttl}  ${nameOf(heard.offender[0])}  ${time} ms`)
  // "Time exceeded" comes from on the way, anything else is the end of it.
  if (heard.type !== (v6 ? socket.ICMP6_TIME_EXCEEDED : socket.ICMP_TIME_EXCEEDED)) break
}
