// Address types, and which one belongs to which family.

declare const family: unique symbol

/** An AF_ number that remembers its name, so that addresses can be typed by it. */
export type Family<Name extends string = string> = number & { readonly [family]: Name }

/** A host: a name, or a numeric address; `''` is any, `'<broadcast>'` is all. */
export type Host = string

/** `[host, port]` */
export type Inet = readonly [host: Host, port: number]
/** `[host, port, flowinfo, scope_id]`; the last two are 0 when left out. */
export type Inet6 = readonly [host: Host, port: number, flowinfo?: number, scopeId?: number]
/** A path; or bytes, which begin with NUL for an abstract name. */
export type Unix = string | Uint8Array
/** `[pid, groups]`; pid 0 is the kernel, or for `bind()` a choice of the kernel's. */
export type Netlink = readonly [pid: number, groups: number]
/**
 * `[ifname, proto, pkttype, hatype, addr]`: the interface, the EtherType in the
 * host's byte order, PACKET_HOST if left out, the ARPHRD_ type, and up to 8
 * bytes of hardware address. `bind()` looks at the first two only.
 */
export type Packet = readonly [
  ifname: string,
  proto: number,
  pkttype?: number,
  hatype?: number,
  addr?: Uint8Array,
]
/** `[cid, port]`: VMADDR_CID_HOST, …; VMADDR_PORT_ANY, … */
export type Vsock = readonly [cid: number, port: number]
/** `[node, port]` */
export type Qipcrtr = readonly [node: number, port: number]
/** `[type, name, feat, mask]`: `['hash', 'sha256']`; the last two are 0 when left out. */
export type Alg = readonly [type: string, name: string, feat?: number, mask?: number]
/**
 * `[addr_type, v1, v2, v3, scope]`; the scope is TIPC_CLUSTER_SCOPE if left out.
 * TIPC_ADDR_NAME: type and instance of a service; TIPC_ADDR_NAMESEQ: type, lower
 * and upper instance; TIPC_ADDR_ID: node and reference of a socket.
 */
export type Tipc = readonly [addrType: number, v1: number, v2: number, v3: number, scope?: number]

/** An interface's name; `''` is all of them. */
export type Interface = string | Uint8Array
/** CAN_RAW and CAN_BCM: `[ifname]` */
export type Can = readonly [ifname: Interface]
/** CAN_ISOTP: `[ifname, rx_id, tx_id]` */
export type CanIsotp = readonly [ifname: Interface, rxId: number, txId: number]
/** CAN_J1939: `[ifname, name, pgn, addr]`, the name a number of 64 bits. */
export type CanJ1939 = readonly [
  ifname: Interface,
  name: number | bigint,
  pgn: number,
  addr: number,
]

/** A Bluetooth device: `'01:23:45:67:89:AB'` */
export type Device = string
/** BTPROTO_L2CAP: `[device, psm, cid, type]`; no cid and BDADDR_BREDR if left out. */
export type L2cap = readonly [device: Device, psm: number, cid?: number, bdaddrType?: number]
/** BTPROTO_RFCOMM: `[device, channel]` */
export type Rfcomm = readonly [device: Device, channel: number]
/** BTPROTO_HCI: a device id; `[id, channel]`, HCI_CHANNEL_RAW if left out. */
export type Hci = number | readonly [id: number, channel?: number]
/** BTPROTO_SCO: a device. */
export type Sco = Device | Uint8Array

/**
 * No address: `connect([AF_UNSPEC, Buffer.alloc(0)])` takes the peer of a
 * datagram socket of any family away again, and with it a port that was the
 * kernel's choice. connect(2)
 */
export type Unspec = readonly [family: Family<'AF_UNSPEC'>, bytes: Uint8Array]
/**
 * For families without a file of their own: the sockaddr's bytes after the
 * family; or, as they come out, `[family number, bytes]`.
 */
export type Opaque = Uint8Array | readonly [family: number, bytes: Uint8Array]

/** What the calls that give an address back give. */
export type InetOut = [host: string, port: number]
export type Inet6Out = [host: string, port: number, flowinfo: number, scopeId: number]
export type UnixOut = string | Buffer
export type NetlinkOut = [pid: number, groups: number]
export type PacketOut = [
  ifname: string,
  proto: number,
  pkttype: number,
  hatype: number,
  addr: Buffer,
]
export type VsockOut = [cid: number, port: number]
export type QipcrtrOut = [node: number, port: number]
export type AlgOut = [type: string, name: string, feat: number, mask: number]
export type TipcOut = [addrType: number, v1: number, v2: number, v3: number, scope: number]
export type CanOut = [ifname: string]
export type CanIsotpOut = [ifname: string, rxId: number, txId: number]
/** The name is a bigint when it is beyond 2^53. */
export type CanJ1939Out = [ifname: string, name: number | bigint, pgn: number, addr: number]
/** The cid where there is one, and the address type where it is not BDADDR_BREDR. */
export type L2capOut = [device: Device, psm: number, cid?: number, bdaddrType?: number]
export type RfcommOut = [device: Device, channel: number]
/** The channel where it is not HCI_CHANNEL_RAW. */
export type HciOut = number | [id: number, channel: number]
export type BluetoothOut = L2capOut | RfcommOut | HciOut | Device
/** `[family number, bytes]` */
export type OpaqueOut = [family: number, bytes: Buffer]

interface In {
  AF_INET: Inet
  AF_INET6: Inet6
  AF_UNIX: Unix
  AF_ALG: Alg
  AF_BLUETOOTH: L2cap | Rfcomm | Hci | Sco
  AF_CAN: Can | CanIsotp | CanJ1939
  AF_NETLINK: Netlink
  AF_PACKET: Packet
  AF_QIPCRTR: Qipcrtr
  AF_RDS: Inet
  AF_ROUTE: Netlink
  AF_TIPC: Tipc
  AF_VSOCK: Vsock
}
interface Out {
  AF_INET: InetOut
  AF_INET6: Inet6Out
  AF_UNIX: UnixOut
  AF_ALG: AlgOut
  AF_BLUETOOTH: BluetoothOut
  AF_CAN: CanOut | CanIsotpOut | CanJ1939Out
  AF_NETLINK: NetlinkOut
  AF_PACKET: PacketOut
  AF_QIPCRTR: QipcrtrOut
  AF_RDS: InetOut
  AF_ROUTE: NetlinkOut
  AF_TIPC: TipcOut
  AF_VSOCK: VsockOut
}

/** An address as the methods of a socket of family F take it. */
export type Address<F = number> =
  | Unspec
  | (F extends Family<infer Name>
      ? Name extends keyof In
        ? In[Name]
        : Opaque
      : In[keyof In] | Opaque)

/** An address as they give it back; null where the kernel names none. */
export type AddressOut<F = number> =
  F extends Family<infer Name>
    ? Name extends keyof Out
      ? Out[Name]
      : OpaqueOut
    : Out[keyof Out] | OpaqueOut | null

/** How one family writes its addresses down. */
export interface Codec {
  /** The host in an address that a name server has to be asked for, or null. */
  name?(address: unknown): string | null
  /** The address with its host replaced by the numeric one that was found. */
  named?(address: unknown, host: string, scopeId: number): unknown
  /**
   * Writes a sockaddr into `out`, gives its length. `who` names the method in
   * errors; `proto` is the socket's protocol, where a family has forms by it.
   */
  encode(address: unknown, out: Uint8Array, who: string, proto: number): number
  /** Reads the sockaddr in the first `length` bytes. */
  decode(bytes: Uint8Array, length: number, proto: number): AddressOut
}
