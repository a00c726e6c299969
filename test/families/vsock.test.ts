// AF_VSOCK. Few kernels can connect within themselves; the others can still bind a
// socket and name it.

import { existsSync } from 'node:fs'
import * as socket from 'bsd-socket'
import { EADDRINUSE } from 'bsd-socket/errno'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, python } from '../peer.js'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)
const { AF_VSOCK, SOCK_STREAM, VMADDR_CID_ANY, VMADDR_CID_LOCAL, VMADDR_PORT_ANY } = socket

describe.each(twins)('%s', (_, socket) => {
  beforeEach((ctx) => {
    try {
      new socket.socket(AF_VSOCK, SOCK_STREAM).close()
    } catch (error) {
      ctx.skip(`no vsock in this kernel: ${error}`)
    }
  })

  it('is bound to a port that python then finds in use', async () => {
    using s = new socket.socket(AF_VSOCK, SOCK_STREAM)
    await s.bind([VMADDR_CID_ANY, VMADDR_PORT_ANY])
    const [cid, port] = s.getsockname()
    expect(cid).toBe(0xffffffff)
    const pythons = ask<number>(`
import json, socket
s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
try: s.bind((socket.VMADDR_CID_ANY, ${port}))
except OSError as e: print(json.dumps(e.errno))
`)
    expect(pythons).toBe(EADDRINUSE)
  })

  it('is refused a port that python has', async () => {
    const peer = python(`
s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
s.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
print(*s.getsockname())
sys.stdin.read()
`)
    const [cid, port] = (await peer.line()).split(' ').map(Number)
    expect(cid).toBe(VMADDR_CID_ANY)
    using s = new socket.socket(AF_VSOCK, SOCK_STREAM)
    await expect(async () => s.bind([VMADDR_CID_ANY, port])).rejects.toThrow(
      /Address already in use/,
    )
    await s.bind([VMADDR_CID_ANY, VMADDR_PORT_ANY])
    expect(s.getsockname()[1]).not.toBe(port)
    peer.child.stdin?.end()
    await peer.end()
  })

  it('exchanges data with python over the loopback transport', async (ctx) => {
    // Without this transport the kernel would ask the hypervisor's for CID 1.
    if (!existsSync('/sys/module/vsock_loopback'))
      return ctx.skip('no vsock_loopback in this kernel')
    const peer = python(`
s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
s.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
s.listen()
print(s.getsockname()[1])
c, address = s.accept()
c.sendall(b'%d ' % address[1] + c.recv(100))
`)
    const port = Number(await peer.line())
    using s = new socket.socket(AF_VSOCK, SOCK_STREAM)
    await s.connect([VMADDR_CID_LOCAL, port])
    expect(s.getpeername()).toEqual([VMADDR_CID_LOCAL, port])
    await s.sendall(Buffer.from('hello'))
    expect((await s.recv(100)).toString()).toBe(`${s.getsockname()[1]} hello`)
    await peer.end()
  })
})
