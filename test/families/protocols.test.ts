// Protocols of IP by their number: MPTCP, UDP-Lite, SCTP.

import * as socket from 'bsd-socket'
import { describe, expect, it, type TestContext } from 'vitest'
import { ask, python } from '../peer.js'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)
const { AF_INET, IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_UDPLITE, SOCK_DGRAM, SOCK_STREAM } = socket
const { AF_INET6, SOCK_SEQPACKET } = socket

/** getsockopt's int; or what failed. */
function option(s: socket.socket<typeof AF_INET>, level: number, name: number): unknown {
  try {
    return s.getsockopt(level, name)
  } catch (error) {
    return (error as socket.OSError).code
  }
}

const sctp = [
  [AF_INET, SOCK_STREAM, IPPROTO_SCTP],
  [AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP],
  [AF_INET6, SOCK_STREAM, IPPROTO_SCTP],
]
/** The errnos that python gets for them, or 0. */
const pythons = ask<number[]>(
  `
import json, socket, sys
def attempt(row):
    try: socket.socket(*row).close()
    except OSError as e: return e.errno
    return 0
print(json.dumps([attempt(row) for row in json.load(sys.stdin)]))
`,
  JSON.stringify(sctp),
)

describe.each(twins)('%s', (_, socket) => {
  /** A socket; or the test is skipped where the kernel has not got it. */
  function open(ctx: TestContext, type: number, proto: number) {
    try {
      return new socket.socket(AF_INET, type, proto)
    } catch (error) {
      return ctx.skip(`protocol ${proto}: ${error}`)
    }
  }

  it('speaks MPTCP with a python server', async (ctx) => {
    using s = open(ctx, SOCK_STREAM, IPPROTO_MPTCP)
    const peer = python(`
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, ${IPPROTO_MPTCP})
s.bind(('127.0.0.1', 0))
s.listen()
print(s.getsockname()[1])
c, _ = s.accept()
c.sendall(c.recv(100).upper())
print(c.getsockopt(socket.IPPROTO_TCP, ${socket.TCP_IS_MPTCP}))
c.recv(1)
`)
    await s.connect(['127.0.0.1', Number(await peer.line())])
    await s.sendall(Buffer.from('hello'))
    expect((await s.recv(100)).toString()).toBe('HELLO')
    expect(s.proto).toBe(262)
    // Both ends of one connection fell back to TCP, or neither did.
    const fallen = String(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_IS_MPTCP))
    expect(await peer.line()).toBe(fallen)
    expect(fallen).toBe('1')
    s.close()
    await peer.end()
  })

  it('serves MPTCP to a python client, and plain TCP too', async (ctx) => {
    using server = open(ctx, SOCK_STREAM, IPPROTO_MPTCP)
    await server.bind(['127.0.0.1', 0])
    server.listen()
    for (const [proto, multipath] of [
      [IPPROTO_MPTCP, 1],
      [0, 0],
    ]) {
      const peer = python(`
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, ${proto})
s.connect(('127.0.0.1', ${server.getsockname()[1]}))
s.sendall(b'hello')
print(s.recv(100).decode())
`)
      using conn = (await server.accept())[0]
      expect(conn.getsockopt(socket.IPPROTO_TCP, socket.TCP_IS_MPTCP)).toBe(multipath)
      await conn.sendall(Buffer.concat([await conn.recv(100), Buffer.from(`${proto}`)]))
      expect(await peer.line()).toBe(`hello${proto}`)
      await peer.end()
    }
  })

  it('exchanges UDP-Lite datagrams with python', async (ctx) => {
    using s = open(ctx, SOCK_DGRAM, IPPROTO_UDPLITE)
    const peer = python(`
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, ${IPPROTO_UDPLITE})
s.bind(('127.0.0.1', 0))
s.setsockopt(${socket.SOL_UDPLITE}, ${socket.UDPLITE_RECV_CSCOV}, 20)
print(s.getsockname()[1])
for _ in range(2):
    data, sender = s.recvfrom(100)
    print(data.decode(), sender[1])
    s.sendto(data.upper(), sender)
`)
    const port = Number(await peer.line())
    await s.bind(['127.0.0.1', 0])
    const { SOL_UDPLITE, UDPLITE_RECV_CSCOV, UDPLITE_SEND_CSCOV } = socket
    expect(option(s, SOL_UDPLITE, UDPLITE_SEND_CSCOV)).toBe(0)
    await s.sendto(Buffer.from('whole checksum'), ['127.0.0.1', port])
    expect(await peer.line()).toBe(`whole checksum ${s.getsockname()[1]}`)
    expect(await s.recvfrom(100)).toEqual([Buffer.from('WHOLE CHECKSUM'), ['127.0.0.1', port]])
    // Python takes no less than 20 bytes covered: 8 of them are not enough, 20 are.
    s.setsockopt(SOL_UDPLITE, UDPLITE_SEND_CSCOV, 8)
    await s.sendto(Buffer.from('header only'), ['127.0.0.1', port])
    s.setsockopt(SOL_UDPLITE, UDPLITE_SEND_CSCOV, 20)
    expect(option(s, SOL_UDPLITE, UDPLITE_SEND_CSCOV)).toBe(20)
    expect(option(s, SOL_UDPLITE, UDPLITE_RECV_CSCOV)).toBe(0)
    await s.sendto(Buffer.from('first 20 bytes'), ['127.0.0.1', port])
    expect(await peer.line()).toBe(`first 20 bytes ${s.getsockname()[1]}`)
    expect((await s.recv(100)).toString()).toBe('FIRST 20 BYTES')
    await peer.end()
  })

  it('opens SCTP, or fails with the errno that python gets', () => {
    const ours = sctp.map(([family, type, proto]) => {
      try {
        new socket.socket(family, type, proto).close()
        return 0
      } catch (error) {
        return (error as socket.OSError).errno
      }
    })
    expect(ours).toEqual(pythons)
    if (ours[0] !== 0) console.log(`SCTP: this kernel has none (errno ${ours[0]}), as python finds`)
  })
})
