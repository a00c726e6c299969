// For tests that count descriptors.

import * as socket from 'bsd-socket/promises'
import { beforeAll } from 'vitest'

/**
 * Opens, before the tests of a file, the set in which the promise twin waits. It
 * stays open to the end of the process, and is nobody's leak.
 */
export function openSetFirst(): void {
  beforeAll(async () => {
    const [a, b] = socket.socketpair()
    a.settimeout(0.001)
    await a.recv(1).catch(() => {}) // the first wait opens it
    a.close()
    b.close()
  })
}
