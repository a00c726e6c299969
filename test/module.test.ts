// The look-ups of the module: the same calls here and in one python3, which asks
// the same files. Nothing here needs a name server.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import * as socket from 'bsd-socket'
import { describe, expect, it, vi } from 'vitest'
import { ask } from './peer.js'
import { type Twin, twins } from './twins.js'

const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } = socket
const { AI_ADDRCONFIG, AI_ALL, AI_CANONNAME, AI_NUMERICHOST } = socket
const { AI_NUMERICSERV, AI_PASSIVE, AI_V4MAPPED } = socket
const { NI_DGRAM, NI_NAMEREQD, NI_NOFQDN, NI_NUMERICHOST, NI_NUMERICSERV } = socket

/** A function's name and its arguments. */
type Call = [name: string, ...args: unknown[]]

/** What a call gave: its value, or the class, errno and words of what it raised. */
async function ours(twin: Twin, [name, ...args]: Call): Promise<unknown> {
  const call: (...args: unknown[]) => unknown = Reflect.get(twin, name)
  try {
    return { value: await call(...args) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const errno = error instanceof socket.OSError ? error.errno : null
    return { raised: [error.name, errno, error.message] }
  }
}

const theirs = (calls: readonly Call[]): unknown[] =>
  ask(
    `
import json, socket, sys
def outcome(name, *args):
    try:
        return dict(value=getattr(socket, name)(*[tuple(a) if isinstance(a, list) else a for a in args]))
    except Exception as e:
        return dict(raised=[type(e).__name__, e.errno if isinstance(e, OSError) else None, str(e)])
print(json.dumps([outcome(*call) for call in json.load(sys.stdin)]))
`,
    JSON.stringify(calls),
  )

/** Compares them all, and shows the call with what it gave. */
async function compare(calls: readonly Call[], least: number): Promise<void> {
  expect(calls.length).toBeGreaterThanOrEqual(least)
  const results = theirs(calls)
  const expected = calls.map((call, i) => [call, results[i]])
  for (const [name, twin] of twins) {
    const given = await Promise.all(calls.map(async (call) => [call, await ours(twin, call)]))
    expect(given, name).toEqual(expected)
  }
}

/** Every combination of one item of each list. */
const product = (...lists: unknown[][]): unknown[][] =>
  lists.reduce<unknown[][]>(
    (rows, list) => rows.flatMap((row) => list.map((x) => [...row, x])),
    [[]],
  )

describe('getaddrinfo', () => {
  const families = [0, AF_INET, AF_INET6]
  const types = [0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW]

  it('is Python’s for numeric hosts', async () => {
    const hosts = [
      null,
      '*',
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '255.255.255.255',
      '::1',
      '::',
      '2001:db8::1',
    ]
    const ports = [null, 0, 80, '80', 65535, 65536, -1, 'http', 'domain', 'nosuch']
    const numeric = product(['getaddrinfo'], hosts, ports, families, types, [0, 17])
    await compare(numeric as Call[], 1000)
  })

  it('is Python’s for every flag', async () => {
    const flags = [0, AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED]
    flags.push(AI_ADDRCONFIG, AI_V4MAPPED | AI_ALL, AI_PASSIVE | AI_NUMERICHOST, 1 << 20)
    const hosts = [
      null,
      '127.0.0.1',
      '::1',
      '::ffff:1.2.3.4',
      'fe80::1%1',
      'fe80::1%lo',
      'fe80::1%nosuch',
    ]
    await compare(
      product(
        ['getaddrinfo'],
        hosts,
        [80, 'http', null],
        families,
        [0, SOCK_STREAM],
        [0],
        flags,
      ) as Call[],
      100,
    )
  })

  it('is Python’s for localhost, which /etc/hosts knows', async () => {
    await compare(
      product(
        ['getaddrinfo'],
        ['localhost', 'LocalHost'],
        [null, 80, 'http'],
        [0, AF_INET],
        types,
        [0],
        [0, AI_CANONNAME],
      ) as Call[],
      10,
    )
  })

  it.each(twins)('takes its keywords as options, in %s', async (_, socket) => {
    const expected = await socket.getaddrinfo(
      '127.0.0.1',
      80,
      AF_INET,
      SOCK_STREAM,
      6,
      AI_NUMERICHOST,
    )
    const options = { family: AF_INET, type: SOCK_STREAM, proto: 6, flags: AI_NUMERICHOST }
    expect(await socket.getaddrinfo('127.0.0.1', 80, options)).toEqual(expected)
    expect(expected).toEqual([[AF_INET, SOCK_STREAM, 6, '', ['127.0.0.1', 80]]])
    expect(await socket.getaddrinfo(Buffer.from('127.0.0.1'), Buffer.from('80'), options)).toEqual(
      expected,
    )
    expect(
      await socket.getaddrinfo('127.0.0.1', 80n, { ...options, flags: undefined as never }),
    ).toEqual(expected)
  })
})

describe('names of addresses and hosts', () => {
  it('getnameinfo is Python’s', async () => {
    const numeric = [0, NI_NUMERICSERV, NI_DGRAM].map((flag) => flag | NI_NUMERICHOST)
    const addresses = product(
      ['127.0.0.1', '192.0.2.1', '::1', 'fe80::1%1', '0.0.0.0'],
      [0, 53, 80, 65535, 65536],
    )
    const six = product(['::1', 'fe80::1'], [80], [0, 1, 0xfffff], [0, 1]).concat(
      product(['::1'], [80], [5]),
    )
    const named = product(
      [
        ['127.0.0.1', 80],
        ['127.0.0.1', 12345],
      ],
      [0, NI_NAMEREQD, NI_NOFQDN, NI_DGRAM],
    )
    const calls = [...product([...addresses, ...six], numeric), ...named]
    await compare(
      calls.map((call) => ['getnameinfo', ...call]),
      80,
    )
  })

  it('gethostbyname, gethostbyname_ex, gethostbyaddr and getfqdn are Python’s', async () => {
    const hosts = ['localhost', '127.0.0.1', '127.1', '0.0.0.0', '255.255.255.255']
    const calls: Call[] = [
      ...hosts.flatMap((host): Call[] => [
        ['gethostbyname', host],
        ['gethostbyname_ex', host],
      ]),
      ['gethostbyname', ''],
      ['gethostbyname', '<broadcast>'],
      ['gethostbyname', '::1'],
      ['gethostbyaddr', 'localhost'],
      ['gethostbyaddr', '127.0.0.1'],
      ['getfqdn', 'localhost'],
      ['getfqdn', ' 127.0.0.1 '],
      ['gethostname'],
    ]
    if (readFileSync('/etc/hosts', 'utf8').split(/\s+/).includes(hostname())) {
      calls.push(
        ['getfqdn'],
        ['getfqdn', ''],
        ['getfqdn', '0.0.0.0'],
        ['getfqdn', '::'],
        ['gethostbyname', hostname()],
      )
    } else {
      console.warn('not tested: the names of this host, which /etc/hosts does not know')
    }
    await compare(calls, 15)
  })
})

/** The words of each line of one of netdb's files; none where it is missing. */
function database(path: string): string[][] {
  try {
    const lines = readFileSync(path, 'utf8').replace(/#.*/g, '').split('\n')
    return lines
      .map((line) => line.split(/\s+/).filter(Boolean))
      .filter((words) => words.length > 1)
  } catch {
    console.warn(`not tested: there is no ${path}`)
    return []
  }
}

describe('services and protocols', () => {
  it('getservbyname and getservbyport are Python’s for every line of /etc/services', async () => {
    const calls = database('/etc/services').flatMap(([name, where, ...aliases]): Call[] => {
      const [port, protocol] = where.split('/')
      return [
        ...[name, ...aliases].flatMap((known): Call[] => [
          ['getservbyname', known],
          ['getservbyname', known, protocol],
          ['getservbyname', known, 'nosuch'],
        ]),
        ['getservbyport', Number(port)],
        ['getservbyport', Number(port), protocol],
      ]
    })
    await compare([...calls, ['getservbyport', 1, 'udp'], ['getservbyname', 'nosuch']], 2)
  })

  it('getprotobyname is Python’s for every line of /etc/protocols', async () => {
    const calls = database('/etc/protocols').flatMap(([name, , ...aliases]): Call[] =>
      [name, ...aliases].map((known): Call => ['getprotobyname', known]),
    )
    await compare([...calls, ['getprotobyname', 'nosuch']], 1)
  })
})

describe('numbers and packed addresses', () => {
  it('byte order is Python’s', async () => {
    const shorts = [0, 1, 80, 255, 256, 0x1234, 0xffff]
    const longs = [...shorts, 0x10000, 0x12345678, 0x7fffffff, 0x80000000, 0xffffffff]
    await compare(
      [...product(['htons', 'ntohs'], shorts), ...product(['htonl', 'ntohl'], longs)] as Call[],
      30,
    )
  })
})

describe('interfaces', () => {
  it('are Python’s', async () => {
    // Whoever else works on this machine may make interfaces meanwhile.
    await vi.waitFor(() => compare([['if_nameindex']], 1), { timeout: 5000 })
    expect(socket.if_nameindex()).toContainEqual([socket.if_nametoindex('lo'), 'lo'])
    await compare(
      [
        ['if_nametoindex', 'lo'],
        ['if_indextoname', socket.if_nametoindex('lo')],
        ['if_indextoname', 0x7fffffff],
      ],
      3,
    )
  })
})

describe('sethostname', () => {
  const unshare = process.getuid?.() === 0 ? ['-u'] : ['-Uru']

  it('sets the name, in a UTS namespace of its own', ({ skip }) => {
    const { status } = spawnSync('unshare', [...unshare, 'true'])
    if (status !== 0) {
      console.warn(`not tested: sethostname, because unshare ${unshare.join(' ')} is refused`)
      skip()
    }
    const program = `
import * as socket from 'bsd-socket'
import { execFileSync } from 'node:child_process'
const seen = []
for (const name of ['bsd-socket-a', Buffer.from('bsd-socket-b')]) {
  socket.sethostname(name)
  const python = execFileSync('python3', ['-c', 'import socket; print(socket.gethostname(), end="")'])
  seen.push([socket.gethostname(), String(python)])
}
console.log(JSON.stringify(seen))
`
    const node = [process.execPath, '--input-type=module', '-e', program]
    const seen = JSON.parse(execFileSync('unshare', [...unshare, ...node], { encoding: 'utf8' }))
    expect(seen).toEqual(['bsd-socket-a', 'bsd-socket-b'].map((name) => [name, name]))
    expect(socket.gethostname()).toBe(hostname())
  })
})
