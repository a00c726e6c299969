// The names of the blocking module; index.ts adds the default export.

import { AF, AI, MSG, SOCK } from './names.gen.js'
import { constants, errnos } from './native.js'

export type { AfAlgOptions } from './afalg.js'
export { type AncData, type AncItem, CMSG_LEN, CMSG_SPACE } from './ancillary.js'
export type { BytesLike, Int } from './args.js'
export { getdefaulttimeout, type SocketOptions, setdefaulttimeout } from './base.js'
export { Batch, type BatchMessage, type BatchOptions } from './batch.js'
export { aligned_alloc } from './bytes.js'
export { type SocketConstructor, socket } from './callable.js'
export { inet_checksum } from './checksum.js'
export {
  type Ancillary,
  type AncillaryInput,
  type AncillaryName,
  type AncillaryValues,
  decode_ancillary,
  type ExtendedError,
  encode_ancillary,
  type PacketAuxdata,
  type PacketInfo,
  type PacketInfo6,
  type TimestampPacketInfo,
  type Timestamps,
} from './cmsg.js'
export * from './constants.gen.js'
export {
  type CreateConnectionOptions,
  type CreateServerOptions,
  close,
  create_connection,
  create_server,
  dup,
  fromfd,
  fromsocket,
  has_dualstack_ipv6,
  has_ipv6,
  type InetFamily,
  socketpair,
} from './create.js'
export {
  BlockingIOError,
  BrokenPipeError,
  ChildProcessError,
  ConnectionAbortedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileExistsError,
  FileNotFoundError,
  gaierror,
  herror,
  InterruptedError,
  IsADirectoryError,
  NotADirectoryError,
  NotConnectedError,
  OSError,
  OSError as error,
  OverflowError,
  PermissionError,
  ProcessLookupError,
  TimeoutError,
  TimeoutError as timeout,
  ValueError,
} from './errors.js'
export { BDADDR_ANY, BDADDR_LOCAL } from './family/bluetooth.js'
export type * from './family/types.js'
export { recv_fds, send_fds } from './fds.js'
export type { MakefileOptions } from './file/open.js'
export { attach_filter, detach_filter, type FilterInstruction } from './filter.js'
export {
  htonl,
  htons,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  ntohl,
  ntohs,
} from './inet.js'
export { type ListenFd, type ListenFdsOptions, listen_fds } from './listenfds.js'
export type { AddrInfo, GetaddrinfoOptions, HostInfo } from './lookups.js'
export type { BinaryFile, TextFile } from './makefile.js'
export {
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  gethostbyname_ex,
  gethostname,
  getnameinfo,
  getprotobyname,
  getservbyname,
  getservbyport,
  sethostname,
} from './netdb.js'
export type { FileLike } from './sendfile.js'
export { pipe, type RelayOptions, relay, type SpliceOptions, splice } from './splice.js'
export type { Struct } from './struct.js'
export {
  type Credentials,
  type GroupReq,
  type GroupSourceReq,
  group_req,
  group_source_req,
  type IpMreq,
  type IpMreqn,
  type IpMreqSource,
  type Ipv6Mreq,
  icmp6_filter,
  ip_mreq,
  ip_mreq_source,
  ip_mreqn,
  ipv6_mreq,
  type Linger,
  linger,
  type PacketMreq,
  type PacketStatistics,
  packet_mreq,
  peer_credentials,
  type SockTxtime,
  sock_txtime,
  timeval,
  tpacket_stats,
  ucred,
} from './structs.js'
export { type TcpInfo, tcp_info } from './tcpinfo.js'
export type { ZerocopyCompletion, ZerocopyResult } from './zerocopy.js'

// Not from errno.gen.ts, whose other names an import of this module has no use for.
/** resource temporarily unavailable. errno(3) */
export const EAGAIN = errnos.EAGAIN as number
/** bad file descriptor. errno(3) */
export const EBADF = errnos.EBADF as number
/** resource temporarily unavailable. errno(3) */
export const EWOULDBLOCK = errnos.EWOULDBLOCK as number

/** Names to numbers and numbers to names. */
export type Enumeration = Readonly<Record<string, number>> & Readonly<Record<number, string>>

/** Of two names with one number, the first is the one that the number gives. */
function enumeration(names: readonly string[]): Enumeration {
  const members: Record<string | number, string | number> = {}
  for (const name of names) {
    const number = constants[name]
    if (number === undefined) continue
    members[name] = number
    members[number] ??= name
  }
  return Object.freeze(members) as Enumeration
}

/** The AF_ numbers: `AddressFamily.AF_INET === 2`, `AddressFamily[2] === 'AF_INET'`. */
export const AddressFamily: Enumeration = enumeration(AF)
/** The SOCK_ numbers. */
export const SocketKind: Enumeration = enumeration(SOCK)
/** The MSG_ numbers. */
export const MsgFlag: Enumeration = enumeration(MSG)
/** The AI_ numbers. */
export const AddressInfo: Enumeration = enumeration(AI)

export { socket as SocketType } from './callable.js'
