// Only compiled: what must compile, and what must not.
import * as socket from 'bsd-socket'

export function addresses(
  inet: socket.socket<typeof socket.AF_INET>,
  inet6: socket.socket<typeof socket.AF_INET6>,
  unix: socket.socket<typeof socket.AF_UNIX>,
): void {
  inet.connect(['127.0.0.1', 80])
  inet6.bind(['::1', 80, 0, 1])
  unix.bind('/tmp/path')
  unix.connect(Buffer.from('\0abstract'))
  // @ts-expect-error a path is no IPv4 address
  inet.connect('/tmp/path')
  // @ts-expect-error four parts are IPv6's
  inet.bind(['127.0.0.1', 80, 0, 0])
  // @ts-expect-error a host and a port are no path
  unix.connect(['127.0.0.1', 80])
}

export function data(s: socket.socket, file: Uint8Array): number {
  s.sendall(new DataView(new ArrayBuffer(1)))
  s.sendall(new SharedArrayBuffer(1))
  // @ts-expect-error bytes, not text
  s.send('text')
  // @ts-expect-error the errno of an error may be null
  const errno: number = new socket.OSError('text').errno
  return s.recv_into(file) + errno
}
