/**
 * Interfaces and their addresses, as JSON like that of `ip -j addr`, by a netlink dump.
 * node dist/examples/ip_addr.js; the kernel is its peer
 */
import { endianness } from 'node:os'
import * as socket from 'bsd-socket'

// netlink(7) and rtnetlink(7): all of it is in the byte order of the host.
const little = endianness() === 'LE'
const u16 = (b: Buffer, at: number) => (little ? b.readUInt16LE(at) : b.readUInt16BE(at))
const u32 = (b: Buffer, at: number) => (little ? b.readUInt32LE(at) : b.readUInt32BE(at))
const align = (length: number) => (length + 3) & ~3

/** Asks for all of a kind, and gives the messages of the answer without their headers. */
function* dump(s: socket.socket, type: number) {
  const request = new DataView(new ArrayBuffer(16 + 4)) // struct nlmsghdr, and family 0: all
  request.setUint32(0, request.byteLength, little)
  request.setUint16(4, type, little)
  request.setUint16(6, socket.NLM_F_REQUEST | socket.NLM_F_DUMP, little)
  s.send(request)
  while (true) {
    const data = s.recv(1 << 17)
    for (let at = 0; at + 16 <= data.length; at += align(u32(data, at))) {
      const [length, kind] = [u32(data, at), u16(data, at + 4)]
      if (length < 16 || at + length > data.length) throw new Error('a message is cut off')
      if (kind === socket.NLMSG_DONE) return
      if (kind === socket.NLMSG_ERROR) throw new Error(`errno ${-u32(data, at + 16) | 0}`)
      yield data.subarray(at + 16, at + length)
    }
  }
}

/** The attributes behind the fixed part of a message, by their type. */
function attributes(message: Buffer, fixed: number) {
  const found = new Map<number, Buffer>()
  for (let at = fixed; at + 4 <= message.length; at += align(u16(message, at))) {
    const length = u16(message, at)
    if (length < 4) break
    found.set(u16(message, at + 2), message.subarray(at + 4, at + length))
  }
  return found
}

const names = [
  'LOOPBACK BROADCAST POINTOPOINT MULTICAST NOARP ALLMULTI PROMISC MASTER SLAVE DEBUG DYNAMIC',
  'AUTOMEDIA PORTSEL NOTRAILERS UP LOWER_UP DORMANT',
].flatMap((line) => line.split(' '))
const bits = socket as unknown as Readonly<Record<string, number>>

function flagNames(flags: number) {
  const silent = (flags & socket.IFF_UP) !== 0 && (flags & socket.IFF_RUNNING) === 0
  const set = names.filter((name) => (flags & bits[`IFF_${name}`]) !== 0)
  return silent ? ['NO-CARRIER', ...set] : set
}

const NONE: Buffer = Buffer.alloc(4)
const text = (bytes = NONE) => bytes.toString('utf8', 0, bytes.indexOf(0))
const mac = (bytes = NONE) => bytes.toString('hex').replace(/..(?=.)/g, '$&:')
const scopes: Record<number, string> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' }

function link(message: Buffer) {
  const found = attributes(message, 16) // struct ifinfomsg
  return {
    ifindex: u32(message, 4),
    ifname: text(found.get(socket.IFLA_IFNAME)),
    flags: flagNames(u32(message, 8)),
    mtu: u32(found.get(socket.IFLA_MTU) ?? NONE, 0),
    address: mac(found.get(socket.IFLA_ADDRESS)),
  }
}

function address(message: Buffer) {
  const found = attributes(message, 8) // struct ifaddrmsg
  // On a link from point to point IFA_ADDRESS is the other end.
  const local = found.get(socket.IFA_LOCAL) ?? found.get(socket.IFA_ADDRESS) ?? NONE
  const [family, prefixlen, , scope] = message
  const v6 = family === socket.AF_INET6
  return {
    family: v6 ? 'inet6' : 'inet',
    local: socket.inet_ntop(family, local),
    prefixlen,
    scope: scopes[scope] ?? `${scope}`,
  }
}

using s = new socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
s.connect([0, 0])
const links = Array.from(dump(s, socket.RTM_GETLINK), link)
const addresses = Array.from(dump(s, socket.RTM_GETADDR), (message) => ({
  ifindex: u32(message, 4),
  info: address(message),
}))
const all = links.map((found) => ({
  ...found,
  addr_info: addresses.filter((a) => a.ifindex === found.ifindex).map((a) => a.info),
}))
console.log(JSON.stringify(all, null, 2))
