/** A place to listen, from the command line: a port, a path, or @name for an abstract name. */
import * as socket from 'bsd-socket/promises'

export async function listen(place: string) {
  if (/^\d+$/.test(place)) return socket.create_server(['0.0.0.0', Number(place)])
  const server = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
  await server.bind(place.replace(/^@/, '\0'))
  server.listen()
  return server
}

/** An address in one word. */
export function word(address: readonly unknown[] | string | Buffer | null) {
  if (Array.isArray(address)) return address.join(':')
  return `${address ?? ''}`.replace(/^\0/, '@') || 'unnamed'
}
