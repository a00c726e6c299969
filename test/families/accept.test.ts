// Connections whose address is not there, or cannot be read.

import * as socket from 'bsd-socket'
import { afterEach, describe, expect, it } from 'vitest'
import { constants, native, address as scratch } from '#lib/native'
import { openSetFirst } from '../counting.js'
import { descriptors } from '../peer.js'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)
openSetFirst()

const original = { ...native }
afterEach(() => Object.assign(native, original))

/** The address that the last call left is now one of Bluetooth, which has no protocol 6. */
function disguise<T>(result: T): T {
  scratch.set(new Uint8Array(new Uint16Array([constants.AF_BLUETOOTH]).buffer))
  return result
}
const words = 'Unknown Bluetooth protocol'

describe.each(twins)('%s', (_, socket) => {
  /** A TCP server, a client, and the server's end of the connection still to be accepted. */
  async function pair() {
    const server = new socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    await server.bind(['127.0.0.1', 0])
    server.listen()
    const client = await socket.create_connection(server.getsockname())
    const close = () => {
      server.close()
      client.close()
    }
    return { server, client, [Symbol.dispose]: close }
  }

  it('closes an accepted connection whose address cannot be read (it leaked)', async () => {
    using both = await pair()
    native.accept = (...args) => disguise(original.accept(...args))
    const before = descriptors()
    await expect(async () => both.server.accept()).rejects.toThrow(words)
    expect(descriptors()).toEqual(before)
    expect(await both.client.recv(1)).toHaveLength(0)
  })

  it('closes received descriptors when the sender cannot be read (they leaked)', async () => {
    using sender = new socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    using plain = new socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for (const s of [sender, plain]) await s.bind('') // an abstract name of the kernel's choice
    using receiver = new socket.socket({ family: socket.AF_UNIX, proto: 6, fileno: plain.detach() })
    await socket.send_fds(sender, [Buffer.from('x')], [0, 0], 0, receiver.getsockname())
    native.recvmsg = (...args) => disguise(original.recvmsg(...args))
    const before = descriptors()
    await expect(async () => socket.recv_fds(receiver, 1, 2)).rejects.toThrow(words)
    expect(descriptors()).toEqual(before)
  })

  it('shows a socket whose address cannot be read', async () => {
    using both = await pair()
    native.getsockname = (fd) => disguise(original.getsockname(fd))
    expect(() => both.server.getsockname()).toThrow(words)
    expect(String(both.server)).toMatch(/^<socket\.socket fd=\d+, family=2, type=1, proto=6>$/)
  })

  it('accepts on AF_ALG without asking for an address', async () => {
    using both = await pair()
    const { server, client } = both
    using alg = new socket.socket({ family: socket.AF_ALG, fileno: server.detach() })
    const [conn, address] = await alg.accept()
    expect(address).toBeNull()
    await client.sendall(Buffer.from('hello'))
    expect((await conn.recv(100)).toString()).toBe('hello')
    conn.close()
  })
})
