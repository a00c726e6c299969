/**
 * Every family: tries to open each AF_ with each type, says which the kernel has and why not.
 * node dist/examples/families.js; it needs no peer
 */
import * as socket from 'bsd-socket'

const types = ['SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET', 'SOCK_RAW'] as const

for (const [name, family] of Object.entries(socket.AddressFamily)) {
  if (typeof family !== 'number') continue // the other way round: a number's name
  const opened: string[] = []
  const errors: string[] = []
  for (const type of types) {
    try {
      using _ = new socket.socket(family, socket[type])
      opened.push(type)
    } catch (error) {
      if (!(error instanceof socket.OSError)) throw error
      errors.push(error.message)
    }
  }
  const found = opened.length > 0 ? `yes: ${opened.join(' ')}` : `no: ${errors[0]}`
  console.log(`${name.padEnd(14)} ${found}`)
}
