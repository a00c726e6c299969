/**
 * Logs a message with the system's logger, by RFC 3164 over a Unix datagram socket.
 * node dist/examples/syslog.js [-s path] [-t tag] message; its peer: journald, rsyslogd, …
 */
import { parseArgs } from 'node:util'
import * as socket from 'bsd-socket'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    socket: { type: 'string', short: 's', default: '/dev/log' },
    tag: { type: 'string', short: 't', default: 'node' },
  },
})
const [USER, NOTICE] = [1, 5] // facility and severity

/** "Nov  5 09:08:07" */
function timestamp(date: Date) {
  const month = date.toLocaleString('en', { month: 'short' })
  const day = `${date.getDate()}`.padStart(2)
  return `${month} ${day} ${date.toTimeString().slice(0, 8)}`
}

const head = `<${USER * 8 + NOTICE}>${timestamp(new Date())} ${values.tag}[${process.pid}]`

using s = new socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(values.socket)
s.send(Buffer.from(`${head}: ${positionals.join(' ')}`))
