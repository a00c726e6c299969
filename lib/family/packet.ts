// AF_PACKET: packet(7).

import { bytes as bytesOf, text, within } from '../args.js'
import { OverflowError, ValueError } from '../errors.js'
import { constants, layout } from '../native.js'
import { interfaceIndex, interfaceName, padded, tuple } from './parts.js'
import type { Codec, PacketOut } from './types.js'
import { begin, readPort, readUint, writePort, writeUint } from './wire.js'

const LL = layout.sockaddr_ll
const NONE = new Uint8Array(0)

export const packet: Codec | undefined = LL && {
  encode(address, out, who) {
    const form = 'tuple of two to five elements'
    const items = tuple(address, who, 'AF_PACKET', form, 2, 5)
    const [ifname, proto, pkttype = constants.PACKET_HOST, hatype = 0, addr = NONE] = items
    const name = text(ifname, 'AF_PACKET interface')
    const words = `${who}(): address argument out of range`
    const [protocol, type, hardware] = [proto, pkttype, hatype].map((item) =>
      within(item, -0x80000000, 0x7fffffff, words),
    )
    const physical = bytesOf(addr)
    const index = interfaceIndex(name)
    if (physical.length > LL.sll_addr.size) {
      throw new ValueError('Hardware address must be 8 bytes or less')
    }
    if (protocol < 0 || protocol > 0xffff) {
      throw new OverflowError(`${who}(): proto must be 0-65535.`)
    }
    begin(out, LL.size, constants.AF_PACKET)
    // The host's order in the tuple, the network's in the sockaddr; socket(2)
    // takes the network's too, so there it is htons(ETH_P_ALL).
    writePort(out, LL.sll_protocol.offset, protocol)
    writeUint(out, LL.sll_ifindex, index)
    writeUint(out, LL.sll_pkttype, type)
    writeUint(out, LL.sll_hatype, hardware)
    writeUint(out, LL.sll_halen, physical.length)
    out.set(physical, LL.sll_addr.offset)
    return LL.size
  },
  decode(bytes, length): PacketOut {
    const sockaddr = padded(bytes, length, LL.size)
    const at = LL.sll_addr.offset
    // Infiniband's addresses have 20 bytes and go on behind the struct.
    const addr = sockaddr.subarray(at, at + readUint(sockaddr, LL.sll_halen))
    return [
      interfaceName(readUint(sockaddr, LL.sll_ifindex)),
      readPort(sockaddr, LL.sll_protocol.offset),
      readUint(sockaddr, LL.sll_pkttype),
      readUint(sockaddr, LL.sll_hatype),
      Buffer.from(addr),
    ]
  },
}
