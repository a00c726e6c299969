// The names of the promise twin: those of the blocking module, where what can
// wait gives a promise.

export { type AsyncSocketConstructor, socket, socket as SocketType } from './asynccallable.js'
export {
  type AsyncServer,
  type CreateConnectionOptions,
  create_connection,
  create_server,
  fromfd,
  fromsocket,
  socketpair,
} from './asynccreate.js'
export { listen_fds, recv_fds, send_fds } from './asyncfds.js'
export type { AsyncBinaryFile, AsyncTextFile } from './asyncfile.js'
export {
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  gethostbyname_ex,
  getnameinfo,
} from './asyncnetdb.js'
export { relay, splice } from './asyncsplice.js'
export * from './public.js'
export type { WaitOptions } from './reactor.js'
export type { SocketStream } from './stream.js'
