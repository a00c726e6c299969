// SOCK_DGRAM over every family, against python, both ways round.

import { networkInterfaces } from 'node:os'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { ask } from './peer.js'
import { ipv4, ipv6, type Place, peer, places, read, written } from './places.js'
import { only, twins } from './twins.js'
import { ways } from './waiting.js'

socket.setdefaulttimeout(10)

const { SOCK_DGRAM, SOL_SOCKET } = socket
const text = (words: string) => Buffer.from(words)

/** This machine's own link-local addresses, if it has any: only these keep a scope. */
const linkLocal = Object.entries(networkInterfaces()).flatMap(([name, rows = []]) =>
  rows
    .filter((row) => row.address.startsWith('fe80:'))
    .map((row): [string, string, number] => [name, row.address, Number(row.scopeid)]),
)

/** Addresses to connect to, with what getpeername says then, or the error's class. */
const forms: readonly (readonly [string, number, ...number[]])[] = [
  ['::1', 7],
  ['::1', 7, 0],
  ['::1', 7, 5, 0],
  ['::1', 7, 0xfffff, 1],
  ['::1', 7, 0x100000],
  ['::1', 7, -1],
  ['::ffff:127.0.0.1', 7],
  ['0:0:0:0:0:0:0:1', 7],
  ['localhost', 7, 3, 0],
  ['', 7],
  ['<broadcast>', 7],
  ['ff01::1', 7, 0, 1],
  ['ff02::1%lo', 7],
  ['ff02::1%1', 7, 9],
  ['ff02::1%lo', 7, 0, 0],
  ['127.0.0.1', 7],
  ['127.1', 7],
  ['0x7f.1', 7],
  ...linkLocal.flatMap(([, host, scope]): [string, number, ...number[]][] => [
    [host, 7],
    [host, 7, 0, scope],
    [host, 7, 0, scope + 1000],
  ]),
]
if (linkLocal.length === 0) console.log('not tested: %scope, no interface has a link-local address')

describe.each(twins)('%s', (_, socket) => {
  async function bound(place: Place): Promise<socket.socket> {
    const s = new socket.socket(place.family, SOCK_DGRAM)
    await s.bind(place.address())
    return s
  }

  /** A python program with a bound socket `s`, whose address it prints first. */
  async function pythonAt(place: Place, program: string, ...args: string[]) {
    const py = peer(
      `
s = socket.socket(${place.python}, socket.SOCK_DGRAM); s.bind(given(sys.argv[1]))
show(s.getsockname())
${program}`,
      written(place.address()),
      ...args,
    )
    return { py, address: read(await py.line()) }
  }

  describe.each(places)('$name', (place) => {
    it.each(ways(socket))('answers python, with %s', async (_, prepare) => {
      using s = await bound(place)
      prepare(s)
      const { py, address } = await pythonAt(
        place,
        `
to = given(sys.argv[2])
s.sendto(b'question', to)
for i in range(2):
    data, address = s.recvfrom(100); print(data); show(address)
s.sendto(b'', to); s.sendto(b'end', to)
`,
        written(s.getsockname()),
      )
      const [data, from] = await s.recvfrom(100)
      expect(data.toString()).toBe('question')
      expect(from).toEqual(address)
      expect(await s.sendto(text('answer'), address)).toBe(6)
      expect(await s.sendto(text('more'), 0, address)).toBe(4)
      for (const words of ['answer', 'more']) {
        expect(await py.line()).toBe(`b'${words}'`)
        expect(read(await py.line())).toEqual(s.getsockname())
      }
      expect(await s.recvfrom(100)).toEqual([Buffer.alloc(0), address])
      const into = Buffer.alloc(5, '.')
      expect(await s.recvfrom_into(into)).toEqual([3, address])
      expect(into.toString()).toBe('end..')
      await py.end()
    })

    it.each(ways(socket))(
      'talks to python over a connected socket, with %s',
      async (_, prepare) => {
        using s = await bound(place)
        prepare(s)
        const { py, address } = await pythonAt(
          place,
          `
s.connect(given(sys.argv[2]))
print(s.recv(100))
s.send(b'12345'); s.send(b''); s.sendall(b'6')
print(s.recv(100)); print(s.recv(100))
`,
          written(s.getsockname()),
        )
        await s.connect(address)
        expect(s.getpeername()).toEqual(address)
        await s.send(text('begin'))
        expect(await py.line()).toBe("b'begin'")
        // What does not fit of a datagram is lost; the next one begins a new.
        expect((await s.recv(3)).toString()).toBe('123')
        expect(await s.recv(100)).toEqual(Buffer.alloc(0))
        expect((await s.recv(100)).toString()).toBe('6')
        expect(await s.send(Buffer.alloc(0))).toBe(0)
        await s.sendall(text('end'))
        expect([await py.line(), await py.line()]).toEqual(["b''", "b'end'"])
        await py.end()
      },
    )

    it('says where nobody listens', async () => {
      using s = new socket.socket(place.family, SOCK_DGRAM)
      using gone = await bound(place)
      const address = gone.getsockname() as socket.Address
      if (typeof address !== 'string' && !Buffer.isBuffer(address)) {
        // Connected elsewhere, it takes nothing of ours, and keeps its port.
        await gone.connect(address)
        await s.connect(address)
        expect(await s.send(text('lost'))).toBe(4)
        await expect(async () => s.recv(10)).rejects.toThrow(socket.ConnectionRefusedError)
      } else {
        gone.close()
        await expect(async () => s.sendto(text('lost'), address)).rejects.toThrow(
          socket.ConnectionRefusedError,
        )
      }
    })
  })

  it.each([ipv4, ipv6])('reads the error queue over $name', async (place) => {
    const [level, recverr] = place === ipv4 ? [socket.IPPROTO_IP, 11] : [socket.IPPROTO_IPV6, 25] // IP_RECVERR
    using closed = await bound(place)
    const address = closed.getsockname() as socket.Address
    await closed.connect(address)
    using s = new socket.socket(place.family, SOCK_DGRAM)
    s.settimeout(null)
    s.setsockopt(level, recverr, 1)
    await s.connect(address)
    await s.send(text('one'))
    // The kernel's answer is there when send returns: loopback has no delay.
    await expect(async () => s.send(text('two'))).rejects.toThrow(socket.ConnectionRefusedError)
    const [data, to] = await s.recvfrom(100, socket.MSG_ERRQUEUE)
    expect(data.toString()).toBe('one')
    expect(to).toEqual(address)
    // An empty error queue is waited for when there is a deadline.
    s.settimeout(0.05)
    await expect(async () => s.recv(100, socket.MSG_ERRQUEUE)).rejects.toThrow(socket.TimeoutError)
  })

  it.each(places.filter((place) => place.python === 'socket.AF_UNIX'))(
    'loses nothing to a slow reader over $name',
    async (place) => {
      using s = new socket.socket(place.family, SOCK_DGRAM)
      const { py, address } = await pythonAt(
        place,
        `
import time
seen = []
while not seen or seen[-1] != b'end':
    seen.append(s.recv(100)); time.sleep(0.0002)
print(seen == [b'%d' % i for i in range(500)] + [b'end'])
`,
      )
      for (let i = 0; i < 500; i++) await s.sendto(text(String(i)), address)
      await s.sendto(text('end'), address)
      expect(await py.line()).toBe('True')
    },
  )

  it('refuses a datagram that is too long', async () => {
    using s = await bound(ipv4)
    const to = s.getsockname() as socket.Address
    const tooLong = () => s.sendto(Buffer.alloc(65_508), to)
    await expect(async () => tooLong()).rejects.toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    )
    expect(await s.sendto(Buffer.alloc(65_507), to)).toBe(65_507)
    expect((await s.recv(1e6)).length).toBe(65_507)
  })

  it("takes '' for every address", async () => {
    for (const [place, any, host] of [
      [ipv4, '0.0.0.0', '127.0.0.1'],
      [ipv6, '::', '::1'],
    ] as const) {
      using s = new socket.socket(place.family, SOCK_DGRAM)
      await s.bind(['', 0])
      const [name, port] = s.getsockname() as [string, number]
      expect(name).toBe(any)
      const { py } = await pythonAt(place, `s.sendto(b'hi', ('${host}', ${port}))`)
      expect((await s.recv(10)).toString()).toBe('hi')
      await py.end()
    }
  })

  it('broadcasts with SO_BROADCAST only', async () => {
    const { py, address } = await pythonAt(
      { ...ipv4, address: () => ['0.0.0.0', 0] },
      'print(s.recv(10)); print(s.recv(10))',
    )
    const port = (address as [string, number])[1]
    using s = new socket.socket(socket.AF_INET, SOCK_DGRAM)
    s.setsockopt(SOL_SOCKET, socket.SO_BINDTODEVICE, text('lo')) // nothing leaves this machine
    for (const [i, host] of ['<broadcast>', '127.255.255.255'].entries()) {
      s.setsockopt(SOL_SOCKET, socket.SO_BROADCAST, 0)
      const send = () => s.sendto(text(`to ${i}`), [host, port])
      await expect(async () => send()).rejects.toThrow(socket.PermissionError)
      s.setsockopt(SOL_SOCKET, socket.SO_BROADCAST, 1)
      expect(await send()).toBe(4)
      expect(await py.line()).toBe(`b'to ${i}'`)
    }
    await py.end()
  })

  it("sends to 'localhost'", async () => {
    const { py, address } = await pythonAt(ipv4, 'print(s.recv(10))')
    using s = new socket.socket(socket.AF_INET, SOCK_DGRAM)
    await s.sendto(text('hi'), ['localhost', (address as [string, number])[1]])
    expect(await py.line()).toBe("b'hi'")
    await py.end()
  })

  it('reads IPv4 and IPv6 addresses of every form as python does', async () => {
    const seen = ask(
      `
import json, socket, sys
forms, out = json.load(sys.stdin), []
for flow in (0, 1):
    for form in forms:
        family = socket.AF_INET6 if ':' in form[0] or len(form) > 2 else socket.AF_INET
        s = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, 33, flow)
        try: s.connect(tuple(form)); out.append(s.getpeername())
        except Exception as e: out.append(type(e).__name__)
print(json.dumps(out))`,
      JSON.stringify(forms),
    )
    const tried: unknown[] = []
    for (const [flow, form] of [0, 1].flatMap((flow) =>
      forms.map((form) => [flow, form] as const),
    )) {
      const six = form[0].includes(':') || form.length > 2
      using s = new socket.socket(six ? socket.AF_INET6 : socket.AF_INET, SOCK_DGRAM)
      if (six) s.setsockopt(socket.IPPROTO_IPV6, 33, flow) // IPV6_FLOWINFO_SEND
      try {
        await s.connect(form as socket.Inet6 & socket.Inet)
        tried.push(s.getpeername())
      } catch (error) {
        tried.push((error as Error).name)
      }
    }
    expect(tried).toEqual(seen)
  })

  it.each(linkLocal)('takes the scope %s out of the host', async (name, host, scope) => {
    using s = new socket.socket(socket.AF_INET6, SOCK_DGRAM)
    await s.connect([`${host}%${name}`, 7])
    expect(s.getpeername()).toEqual([host, 7, 0, scope])
    await expect(async () => s.connect([`${host}%${name}`, 7, 0, scope + 1000])).rejects.toThrow(
      socket.OSError,
    )
  })
})

describe.each(only('bsd-socket', 'the kernel does not wait for its error queue, the reactor can'))(
  '%s',
  (_, socket) => {
    it('never waits for the error queue without a deadline', () => {
      using s = new socket.socket(socket.AF_INET, SOCK_DGRAM)
      s.settimeout(null)
      expect(() => s.recv(100, socket.MSG_ERRQUEUE)).toThrow(socket.BlockingIOError)
    })
  },
)
