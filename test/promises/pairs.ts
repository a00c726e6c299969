// Sockets of the promise twin that are connected, and close with the test.

import * as socket from 'bsd-socket/promises'
import { onTestFinished } from 'vitest'

/** The two ends of a TCP connection. */
export async function connected() {
  using server = await socket.create_server(['127.0.0.1', 0])
  const a = await socket.create_connection(server.getsockname())
  const [b] = await server.accept()
  onTestFinished(() => {
    a.close()
    b.close()
  })
  return [a, b] as const
}
