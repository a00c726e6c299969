/**
 * Arping: asks a link who has an IPv4 address, by ARP over AF_PACKET.
 * node dist/examples/arping.js [-c count] interface host; its peer is the kernel of any neighbour
 */
import { parseArgs } from 'node:util'
import * as socket from 'bsd-socket'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', short: 'c', default: '4' } },
})
const [ifname, host] = positionals
const BROADCAST = Buffer.alloc(6, 0xff)
const [REQUEST, REPLY] = [1, 2]
const WAIT = 1 // second for an answer

/** Our own address on the way to a host: the kernel knows, and sends nothing for it. */
function sourceFor(address: string) {
  using s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  s.connect([address, 9])
  return s.getsockname()[0]
}

/** Ethernet, IPv4, the lengths of their addresses, what it is, from whom, for whom. */
function request(mac: Buffer, from: string, to: string) {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(socket.ARPHRD_ETHER)
  head.writeUInt16BE(socket.ETH_P_IP, 2)
  head.set([6, 4], 4)
  head.writeUInt16BE(REQUEST, 6)
  return Buffer.concat([head, mac, socket.inet_aton(from), Buffer.alloc(6), socket.inet_aton(to)])
}

using s = new socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
s.bind([ifname, socket.ETH_P_ARP])
const [, , , , mac] = s.getsockname()
const target = socket.gethostbyname(host)
const question = request(mac, sourceFor(target), target)

/** Waits for the answer of the target: its hardware address, or null. */
function answer() {
  const end = performance.now() + WAIT * 1000
  for (let left = WAIT; left > 0; left = (end - performance.now()) / 1000) {
    s.settimeout(left)
    try {
      const arp = s.recv(1500)
      const sender = socket.inet_ntoa(arp.subarray(14, 18))
      if (arp.readUInt16BE(6) === REPLY && sender === target) return arp.subarray(8, 14)
    } catch (error) {
      if (!(error instanceof socket.timeout)) throw error
    }
  }
  return null
}

let received = 0
for (let n = 0; n < Number(values.count); n++) {
  const sent = performance.now()
  s.sendto(question, [ifname, socket.ETH_P_ARP, socket.PACKET_HOST, 0, BROADCAST])
  const found = answer()
  const time = (performance.now() - sent).toFixed(3)
  if (found === null) console.log(`no answer from ${target}`)
  else {
    received++
    console.log(`${target} is at ${found.toString('hex').replace(/..(?=.)/g, '$&:')}  ${time} ms`)
  }
}
console.log(`${values.count} sent, ${received} received`)
process.exitCode = received > 0 ? 0 : 1
