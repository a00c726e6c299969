/**
 * Tells systemd how a service is doing, as sd_notify(3) does.
 * node dist/examples/sd_notify.js READY=1 "STATUS=at work"; its peer reads $NOTIFY_SOCKET
 */
import * as socket from 'bsd-socket'

/** Sends the lines; false when nobody wants to know. */
export function notify(...lines: string[]) {
  const path = process.env.NOTIFY_SOCKET
  if (path === undefined) return false
  using s = new socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  // A name that begins with "@" is an abstract one.
  s.connect(path.replace(/^@/, '\0'))
  s.sendall(Buffer.from(lines.join('\n')))
  return true
}

if (!notify(...process.argv.slice(2))) {
  console.log('NOTIFY_SOCKET is not set: no service manager has started this')
}
