// AF_BLUETOOTH: a form of address for each protocol. bluetooth/bluetooth.h

import { text, whole } from '../args.js'
import { util } from '../builtins.js'
import { OSError, ValueError } from '../errors.js'
import type { Field } from '../layout.gen.js'
import { constants, layout } from '../native.js'
import { padded, tuple, unsigned } from './parts.js'
import type { Codec, HciOut, L2capOut, RfcommOut } from './types.js'
import { begin, readUint, writeUint } from './wire.js'

const { AF_BLUETOOTH, BDADDR_BREDR, HCI_CHANNEL_RAW } = constants
const { BTPROTO_HCI, BTPROTO_L2CAP, BTPROTO_RFCOMM, BTPROTO_SCO } = constants
const { sockaddr_l2: L2, sockaddr_rc: RC, sockaddr_hci: HCI, sockaddr_sco: SCO } = layout

/** Any Bluetooth adapter, for bind(2). */
export const BDADDR_ANY = '00:00:00:00:00:00'
/** The local adapter. */
export const BDADDR_LOCAL = '00:00:00:FF:FF:FF'

/** `'01:23:45:67:89:AB'` into a field, which has the last byte first. */
function writeDevice(out: Uint8Array, { offset, size }: Field, device: string): void {
  // As sscanf(3)'s %X has it: one digit will do, and so will a 0x.
  const bytes = device
    .split(':')
    .map((byte) => (/^\s*\+?(0x)?[0-9a-f]+$/i.test(byte) ? Number.parseInt(byte, 16) : -1))
  if (bytes.length !== size || bytes.some((byte) => byte < 0 || byte > 255)) {
    throw new OSError('bad bluetooth address')
  }
  out.set(bytes.reverse(), offset)
}

const readDevice = (bytes: Uint8Array, { offset, size }: Field): string =>
  Array.from(bytes.subarray(offset, offset + size), (byte) => byte.toString(16).padStart(2, '0'))
    .reverse()
    .join(':')
    .toUpperCase()

/** 16 bits of L2CAP, little-endian on every machine. */
const read16 = (bytes: Uint8Array, { offset }: Field) => bytes[offset] | (bytes[offset + 1] << 8)
const write16 = (out: Uint8Array, { offset }: Field, value: number) =>
  out.set([value, value >>> 8], offset)

/** What `read` finds in an address; Python has one error for all that can be wrong there. */
function parsed<T>(who: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new OSError(`${who}(): wrong format`)
  }
}

const items = (address: unknown, who: string, low: number, high: number) =>
  tuple(address, who, 'AF_BLUETOOTH', 'tuple', low, high)

const l2cap: Codec | undefined = L2 && {
  encode(address, out, who) {
    const [device, psm, cid, type] = parsed(who, () => {
      const [bdaddr, port, channel = 0, kind = BDADDR_BREDR] = items(address, who, 2, 4)
      return [
        text(bdaddr, 'bdaddr'),
        unsigned(port, 16),
        unsigned(channel, 16),
        unsigned(kind, 8),
      ] as const
    })
    begin(out, L2.size, AF_BLUETOOTH)
    writeDevice(out, L2.l2_bdaddr, device)
    write16(out, L2.l2_psm, psm)
    write16(out, L2.l2_cid, cid)
    writeUint(out, L2.l2_bdaddr_type, type)
    return L2.size
  },
  decode(bytes, length): L2capOut {
    const sockaddr = padded(bytes, length, L2.size)
    const device = readDevice(sockaddr, L2.l2_bdaddr)
    const psm = read16(sockaddr, L2.l2_psm)
    const cid = read16(sockaddr, L2.l2_cid)
    const type = readUint(sockaddr, L2.l2_bdaddr_type)
    if (type !== BDADDR_BREDR) return [device, psm, cid, type]
    return cid === 0 ? [device, psm] : [device, psm, cid]
  },
}

const rfcomm: Codec | undefined = RC && {
  encode(address, out, who) {
    const [device, channel] = parsed(who, () => {
      const [bdaddr, port] = items(address, who, 2, 2)
      return [text(bdaddr, 'bdaddr'), unsigned(port, 8)] as const
    })
    begin(out, RC.size, AF_BLUETOOTH)
    writeDevice(out, RC.rc_bdaddr, device)
    writeUint(out, RC.rc_channel, channel)
    return RC.size
  },
  decode(bytes, length): RfcommOut {
    const sockaddr = padded(bytes, length, RC.size)
    return [readDevice(sockaddr, RC.rc_bdaddr), readUint(sockaddr, RC.rc_channel)]
  },
}

const hci: Codec | undefined = HCI && {
  encode(address, out, who) {
    const [dev, channel] = parsed(who, () => {
      const alone = !Array.isArray(address)
      const [id, port = HCI_CHANNEL_RAW] = alone ? [whole(address)] : items(address, who, 1, 2)
      return [unsigned(id, 16), unsigned(port, 16)] as const
    })
    begin(out, HCI.size, AF_BLUETOOTH)
    writeUint(out, HCI.hci_dev, dev)
    writeUint(out, HCI.hci_channel, channel)
    return HCI.size
  },
  decode(bytes, length): HciOut {
    const sockaddr = padded(bytes, length, HCI.size)
    const dev = readUint(sockaddr, HCI.hci_dev)
    const channel = readUint(sockaddr, HCI.hci_channel)
    return channel === HCI_CHANNEL_RAW ? dev : [dev, channel]
  },
}

const sco: Codec | undefined = SCO && {
  encode(address, out, who) {
    const device = util.types.isUint8Array(address)
      ? Buffer.from(address).toString('latin1')
      : address
    if (typeof device !== 'string') throw new OSError(`${who}(): wrong format`)
    if (device.includes('\0')) throw new ValueError('embedded null character')
    begin(out, SCO.size, AF_BLUETOOTH)
    writeDevice(out, SCO.sco_bdaddr, device)
    return SCO.size
  },
  decode: (bytes, length): string => readDevice(padded(bytes, length, SCO.size), SCO.sco_bdaddr),
}

const protocols = new Map<number, Codec | undefined>([
  [BTPROTO_L2CAP, l2cap],
  [BTPROTO_RFCOMM, rfcomm],
  [BTPROTO_HCI, hci],
  [BTPROTO_SCO, sco],
])

export const bluetooth: Codec = {
  encode(address, out, who, proto) {
    const protocol = protocols.get(proto)
    if (protocol === undefined) throw new OSError(`${who}(): unknown Bluetooth protocol`)
    return protocol.encode(address, out, who, proto)
  },
  decode(bytes, length, proto) {
    const protocol = protocols.get(proto)
    if (protocol === undefined) throw new ValueError('Unknown Bluetooth protocol')
    return protocol.decode(bytes, length, proto)
  },
}
