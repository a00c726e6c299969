// AF_CAN: the address is an interface, and for the transport protocols the ids
// or the name, too. linux/can.h

import { typeName } from '../args.js'
import { little } from '../builtins.js'
import { OSError, ValueError } from '../errors.js'
import { constants, layout } from '../native.js'
import { interfaceIndex, interfaceName, padded, tuple, unsigned, unsigned64 } from './parts.js'
import type { CanIsotpOut, CanJ1939Out, CanOut, Codec } from './types.js'
import { begin, readUint, writeUint } from './wire.js'

const { AF_CAN, CAN_BCM, CAN_ISOTP, CAN_J1939, CAN_RAW } = constants
const CAN = layout.sockaddr_can
/** The name of an interface as bytes. */
function nameOf(name: unknown): Buffer {
  if (typeof name !== 'string' && !(name instanceof Uint8Array)) {
    throw new TypeError(`expected str, bytes or os.PathLike object, not ${typeName(name)}`)
  }
  const encoded = Buffer.from(name as string)
  if (encoded.includes(0)) throw new ValueError('embedded null byte')
  return encoded
}

/** `''` is any interface. */
function indexOf(name: Buffer): number {
  if (name.length >= layout.ifreq.ifr_name.size) throw new OSError('AF_CAN interface name too long')
  return name.length === 0 ? 0 : interfaceIndex(name.toString())
}

const doubleWord = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset)

/** A number, or a bigint beyond 2^53. */
const smallest = (value: bigint): number | bigint =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value

export const can: Codec | undefined = CAN && {
  encode(address, out, who, proto) {
    const items = (form: string, count: number) =>
      tuple(address, who, 'AF_CAN', `tuple ${form}`, count)
    const start = (name: Buffer) => {
      const index = indexOf(name)
      begin(out, CAN.size, AF_CAN)
      writeUint(out, CAN.can_ifindex, index)
    }
    switch (proto) {
      case CAN_RAW:
      case CAN_BCM: {
        const [ifname] = items('(interface, )', 1)
        start(nameOf(ifname))
        break
      }
      case CAN_ISOTP: {
        const [ifname, rx, tx] = items('(interface, rx_addr, tx_addr)', 3)
        const [name, ...ids] = [nameOf(ifname), unsigned(rx, 32), unsigned(tx, 32)] as const
        start(name)
        writeUint(out, CAN.can_addr_tp_rx_id, ids[0])
        writeUint(out, CAN.can_addr_tp_tx_id, ids[1])
        break
      }
      case CAN_J1939: {
        const [ifname, id, pgn, addr] = items('(interface, name, pgn, addr)', 4)
        const name = nameOf(ifname)
        const [id64, group, byte] = [unsigned64(id), unsigned(pgn, 32), unsigned(addr, 8)]
        start(name)
        doubleWord(out).setBigUint64(CAN.can_addr_j1939_name.offset, id64, little)
        writeUint(out, CAN.can_addr_j1939_pgn, group)
        writeUint(out, CAN.can_addr_j1939_addr, byte)
        break
      }
      default:
        throw new OSError(`${who}(): unsupported CAN protocol`)
    }
    return CAN.size
  },
  decode(bytes, length, proto): CanOut | CanIsotpOut | CanJ1939Out {
    // Of a raw socket's address the kernel gives only the interface.
    const sockaddr = padded(bytes, length, CAN.size)
    const ifname = interfaceName(readUint(sockaddr, CAN.can_ifindex))
    switch (proto) {
      case CAN_ISOTP:
        return [
          ifname,
          readUint(sockaddr, CAN.can_addr_tp_rx_id),
          readUint(sockaddr, CAN.can_addr_tp_tx_id),
        ]
      case CAN_J1939: {
        const id = doubleWord(sockaddr).getBigUint64(CAN.can_addr_j1939_name.offset, little)
        return [
          ifname,
          smallest(id),
          readUint(sockaddr, CAN.can_addr_j1939_pgn),
          readUint(sockaddr, CAN.can_addr_j1939_addr),
        ]
      }
      default:
        return [ifname]
    }
  },
}
