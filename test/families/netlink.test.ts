// AF_NETLINK: with the kernel, whose answers ip(8) and python3 show too, and with
// python3 over NETLINK_USERSOCK.

import { spawnSync } from 'node:child_process'
import * as socket from 'bsd-socket'
import { beforeEach, describe, expect, it } from 'vitest'
import { Netns, netnsMissing } from '../netns.js'
import { ask, python } from '../peer.js'
import { twins } from '../twins.js'

socket.setdefaulttimeout(10)

beforeEach((ctx) => {
  if (socket.AF_NETLINK === undefined) ctx.skip('netlink is Linux')
})

interface Link {
  readonly ifindex: number
  readonly ifname: string
}

/** What ip(8) says, or why it says nothing. */
function ipLinks(): Link[] | string {
  const { status, stdout, error } = spawnSync('ip', ['-j', 'link'], { encoding: 'utf8' })
  if (status !== 0) return `no ip(8) here: ${error?.message}`
  return (JSON.parse(stdout) as Link[]).map(({ ifindex, ifname }) => ({ ifindex, ifname }))
}

const [NLMSG_DONE, IFLA_IFNAME] = [3, 3]
const view = (data: Buffer) => new DataView(data.buffer, data.byteOffset, data.length)
const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const aligned = (length: number) => (length + 3) & ~3

function* messages(data: Buffer): Generator<{ type: number; body: Buffer }> {
  for (let at = 0; at < data.length; ) {
    const length = view(data).getUint32(at, little)
    yield {
      type: view(data).getUint16(at + 4, little),
      body: data.subarray(at + 16, at + length),
    }
    at += aligned(length)
  }
}

function readLink(body: Buffer): Link {
  const ifindex = view(body).getInt32(4, little)
  for (let at = 16; at < body.length; ) {
    const length = view(body).getUint16(at, little)
    if (view(body).getUint16(at + 2, little) === IFLA_IFNAME) {
      return { ifindex, ifname: body.toString('utf8', at + 4, at + length - 1) }
    }
    at += aligned(length)
  }
  throw new Error('a link without a name')
}

it('hears of a new interface as python does, by a multicast group', async (ctx) => {
  const missing = netnsMissing()
  if (missing !== null) return ctx.skip(missing)
  const net = await Netns.create('ip link set lo up')
  const pythons = net.python(`
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
s.bind((0, 1))
print('bound')
data, sender = s.recvfrom(65536)
print(json.dumps([data.hex(), sender]))
`)
  const listening = twins.map(([name]) => net.fixture('netlink', name))
  expect(await pythons.line()).toBe('bound')
  for (const ours of listening) expect(await ours.line()).toBe('bound')
  await net.run('ip', 'link', 'add', 'name', 'va', 'type', 'veth', 'peer', 'name', 'vb').end()
  const heard = await pythons.line()
  for (const ours of listening) expect(JSON.parse(await ours.line())).toEqual(JSON.parse(heard))
  const [data, sender] = JSON.parse(heard) as [string, unknown]
  expect(sender).toEqual([0, 1]) // the kernel, to the group
  const [message] = messages(Buffer.from(data, 'hex'))
  expect(['va', 'vb']).toContain(readLink(message.body).ifname)
})

describe.each(twins)('%s', (_, socket) => {
  /** The same by RTM_GETLINK, rtnetlink(7). */
  async function dumpLinks(): Promise<Link[]> {
    using s = new socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    await s.bind([0, 0])
    const request = Buffer.alloc(32) // nlmsghdr, and an ifinfomsg that asks for all
    const [RTM_GETLINK, NLM_F_REQUEST_DUMP] = [18, 0x301]
    request.set(new Uint8Array(new Uint32Array([32]).buffer), 0)
    request.set(new Uint8Array(new Uint16Array([RTM_GETLINK, NLM_F_REQUEST_DUMP]).buffer), 4)
    expect(await s.sendto(request, [0, 0])).toBe(32)
    const links: Link[] = []
    for (;;) {
      const [data, sender] = await s.recvfrom(1 << 16)
      expect(sender).toEqual([0, 0]) // the kernel
      for (const message of messages(data)) {
        if (message.type === NLMSG_DONE) return links
        links.push(readLink(message.body))
      }
    }
  }

  it('dumps the same interfaces as ip link', async (ctx) => {
    for (let tries = 0; ; tries++) {
      const before = ipLinks()
      if (typeof before === 'string') return ctx.skip(before)
      const dumped = await dumpLinks()
      // An interface may have come or gone in between.
      if (JSON.stringify(ipLinks()) !== JSON.stringify(before) && tries < 20) continue
      return expect(dumped).toEqual(before)
    }
  })

  it('has the names that python gives a socket', async () => {
    const pythons = ask<[unknown, unknown, number]>(`
import json, os, socket
unbound = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
bound = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
bound.bind((0, 1))
print(json.dumps([unbound.getsockname(), [bound.getsockname()[0] == os.getpid(), bound.getsockname()[1]]]))
`)
    using unbound = new socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
    using bound = new socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    await bound.bind([process.pid + 0x40000000, 1])
    expect([unbound.getsockname(), [true, bound.getsockname()[1]]]).toEqual(pythons)
    expect(bound.getsockname()).toEqual([process.pid + 0x40000000, 1])
    expect(String(bound)).toContain(`laddr=(${process.pid + 0x40000000}, 1)`)
  })

  it('exchanges messages with python by port id, both ways', async () => {
    const peer = python(`
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, ${socket.NETLINK_USERSOCK})
s.bind((0, 0))
print(s.getsockname()[0])
data, sender = s.recvfrom(100)
print(data.decode(), *sender)
s.sendto(b'to node', sender)
`)
    const pid = Number(await peer.line())
    using s = new socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_USERSOCK)
    await s.bind([0, 0])
    await s.connect([pid, 0])
    expect(s.getpeername()).toEqual([pid, 0])
    expect(await s.send(Buffer.from('to python'))).toBe(9)
    expect(await peer.line()).toBe(`to python ${s.getsockname()[0]} 0`)
    const [data, sender] = await s.recvfrom(100)
    expect([data.toString(), sender]).toEqual(['to node', [pid, 0]])
    await peer.end()
  })
})
