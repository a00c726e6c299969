// Connections whose address is not there, or cannot be read.

import * as socket from 'bsd-socket'
import { afterEach, expect, it } from 'vitest'
import { constants, native, address as scratch } from '#lib/native'
import { descriptors } from '../peer.js'

socket.setdefaulttimeout(10)

const original = { ...native }
afterEach(() => Object.assign(native, original))

/** The address that the last call left is now one of Bluetooth, which has no protocol 6. */
function disguise<T>(result: T): T {
  scratch.set(new Uint8Array(new Uint16Array([constants.AF_BLUETOOTH]).buffer))
  return result
}
const words = 'Unknown Bluetooth protocol'

/** A TCP server, a client, and the server's end of the connection still to be accepted. */
function pair() {
  const server = new socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
  server.bind(['127.0.0.1', 0])
  server.listen()
  const client = socket.create_connection(server.getsockname())
  const close = () => {
    server.close()
    client.close()
  }
  return { server, client, [Symbol.dispose]: close }
}

it('closes an accepted connection whose address cannot be read (it leaked)', () => {
  using both = pair()
  native.accept = (...args) => disguise(original.accept(...args))
  const before = descriptors()
  expect(() => both.server.accept()).toThrow(words)
  expect(descriptors()).toEqual(before)
  expect(both.client.recv(1)).toHaveLength(0)
})

it('closes received descriptors when the sender cannot be read (they leaked)', () => {
  using sender = new socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  using plain = new socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  for (const s of [sender, plain]) s.bind('') // an abstract name of the kernel's choice
  using receiver = new socket.socket({ family: socket.AF_UNIX, proto: 6, fileno: plain.detach() })
  socket.send_fds(sender, [Buffer.from('x')], [0, 0], 0, receiver.getsockname())
  native.recvmsg = (...args) => disguise(original.recvmsg(...args))
  const before = descriptors()
  expect(() => socket.recv_fds(receiver, 1, 2)).toThrow(words)
  expect(descriptors()).toEqual(before)
})

it('shows a socket whose address cannot be read', () => {
  using both = pair()
  native.getsockname = (fd) => disguise(original.getsockname(fd))
  expect(() => both.server.getsockname()).toThrow(words)
  expect(String(both.server)).toMatch(/^<socket\.socket fd=\d+, family=2, type=1, proto=6>$/)
})

it('accepts on AF_ALG without asking for an address', () => {
  using both = pair()
  const { server, client } = both
  using alg = new socket.socket({ family: socket.AF_ALG, fileno: server.detach() })
  const [conn, address] = alg.accept()
  expect(address).toBeNull()
  client.sendall(Buffer.from('hello'))
  expect(conn.recv(100).toString()).toBe('hello')
  conn.close()
})
