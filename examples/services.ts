/**
 * Services and their ports, as /etc/services has them (Debian: package netbase).
 * node dist/examples/services.js; it needs no peer
 */
import * as socket from 'bsd-socket'

console.log(`http: ${socket.getservbyname('http')}`)
console.log(`https: ${socket.getservbyname('https', 'tcp')}`)
console.log(`53: ${socket.getservbyport(53, 'udp')}`)

try {
  console.log(`no-such-service: ${socket.getservbyname('no-such-service')}`)
} catch (error) {
  if (!(error instanceof socket.OSError)) throw error
  console.log(`no-such-service: ${error.message}`)
}
