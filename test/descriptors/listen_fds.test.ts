// listen_fds(): what a service manager passes. libsystemd's own reading of the same
// variables is the reference, and systemd-socket-activate a manager.

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { missing } from '../examples/lab.js'
import { folder, Peer } from '../peer.js'
import { node, started, told } from './programs.js'

socket.setdefaulttimeout(10)

const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket
const twins = ['blocking', 'promises'] as const

describe.each(twins)('%s', (twin) => {
  it('gives sockets with their names, and null for what is none', async () => {
    using server = socket.create_server(['127.0.0.1', 0])
    using log = new socket.socket(AF_UNIX, SOCK_DGRAM)
    const path = join(folder(), 'log')
    log.bind(path)
    const file = openSync('/dev/null', 'r')
    const program = started(
      node(`
        const before = open()
        const found = ${twin}.listen_fds()
        tell(found.map(({ name, fd, socket }) => [name, fd, socket && [socket.family, socket.type]]))
        tell(found.map(({ fd }) => onExec(fd)))
        const [web, log, file] = found
        const [conn] = await web.socket.accept()
        await conn.sendall(await conn.recv(100))
        conn.close()
        tell((await log.socket.recv(100)).toString())
        for (const s of [web.socket, log.socket]) s.close()
        ${twin}.close(file.fd)
        tell([open() - before, Object.keys(process.env).filter((name) => name.startsWith('LISTEN_'))])
        tell(${twin}.listen_fds())`),
      [server.fileno(), log.fileno(), file],
      { LISTEN_FDS: 3, LISTEN_FDNAMES: 'web::web' },
    )
    closeSync(file)
    expect(await told(program)).toEqual([
      ['web', 3, [AF_INET, SOCK_STREAM]],
      ['', 4, [AF_UNIX, SOCK_DGRAM]],
      ['web', 5, null],
    ])
    expect(await told(program)).toEqual([false, false, false])
    using client = socket.create_connection(server.getsockname())
    client.sendall(Buffer.from('echo'))
    expect(client.recv(100).toString()).toBe('echo')
    using sender = new socket.socket(AF_UNIX, SOCK_DGRAM)
    sender.sendto(Buffer.from('a line'), path)
    expect(await told(program)).toBe('a line')
    expect(await told(program)).toEqual([-3, []])
    expect(await told(program)).toEqual([])
    await program.end()
  })

  it('a descriptor too few: EBADF, and nothing is adopted or closed', async () => {
    using server = socket.create_server(['127.0.0.1', 0])
    const program = started(
      node(`
        const before = open()
        try { ${twin}.listen_fds(); tell(null) } catch (e) { tell([e.constructor.name, e.code]) }
        tell([open() - before, process.env.LISTEN_FDS ?? null])`),
      [server.fileno()],
      { LISTEN_FDS: 60 },
    )
    expect(await told(program)).toEqual(['OSError', 'EBADF'])
    expect(await told(program)).toEqual([0, null])
  })
})

it('children get nothing, neither variables nor descriptors', async () => {
  using server = socket.create_server(['127.0.0.1', 0])
  const program = started(
    node(`
      const script = 'test -e /proc/self/fd/3 && echo LISTEN_FD 3; exec env'
      const child = () => execFileSync('sh', ['-c', script]).toString().match(/^LISTEN_\\w+/gm) ?? []
      tell(child())
      const [{ socket }] = blocking.listen_fds({ unset_environment: false })
      tell(child())
      socket.detach()
      blocking.listen_fds()
      tell(child())`),
    [server.fileno()],
    { LISTEN_FDS: 1, LISTEN_FDNAMES: 'web', LISTEN_PIDFDID: 1 },
  )
  const variables = ['LISTEN_FDNAMES', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_PIDFDID']
  for (const wanted of [variables, variables, []]) {
    expect((await told<string[]>(program)).sort()).toEqual(wanted)
  }
})

it('what is meant for another process is left alone, but for the variables', async () => {
  using server = socket.create_server(['127.0.0.1', 0])
  const program = started(
    node(`
      tell([blocking.listen_fds(), process.env.LISTEN_FDS ?? null])
      const s = new blocking.socket({ fileno: 3 })
      tell(s.getsockname())`),
    [server.fileno()],
    { LISTEN_FDS: 1, LISTEN_PID: 1 },
  )
  expect(await told(program)).toEqual([[], null])
  expect(await told(program)).toEqual(server.getsockname())
})

describe('the variables, read as libsystemd reads them', () => {
  type Row = [pid: string | null, fds: string | null, names: string | null]
  const rows: Row[] = [
    [null, '1', null],
    ['PID', null, null],
    ['PID', '1', null],
    ['PID', '2', null],
    ['PID', '2', 'a:b'],
    ['PID', '2', 'a:a'],
    ['PID', '2', ':b'],
    ['PID', '2', 'a:'],
    ['PID', '1', 'a:b'],
    ['PID', '2', 'a'],
    ['PID', '200', null],
    ['PID', '0', null],
    ['PID', '-1', null],
    ['PID', '', null],
    ['PID', 'two', null],
    ['PID', '1.5', null],
    ['PID', '2147483647', null],
    ['PID', '99999999999999999999', null],
    ['1', 'two', null],
    ['1', '1', 'a:b:c'],
    ['0', '1', null],
    ['-1', '1', null],
    ['', '1', null],
    ['me', '1', null],
    ['99999999999999999999', '1', null],
  ]
  const ours = `
    for (const row of JSON.parse(process.argv[1])) {
      const names = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']
      for (const [i, name] of names.entries()) {
        delete process.env[name]
        if (row[i] !== null) process.env[name] = row[i] === 'PID' ? process.pid : row[i]
      }
      try {
        const found = blocking.listen_fds()
        for (const { socket } of found) socket.detach()
        tell(found.map(({ name, fd }) => [name, fd]))
      } catch (e) {
        tell(e instanceof blocking.ValueError ? 'EINVAL' : e.code ?? String(e))
      }
    }`
  const theirs = `
import ctypes, errno, json, os, sys
library = ctypes.CDLL('libsystemd.so.0')
for row in json.loads(sys.argv[1]):
    for name, value in zip(['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'], row):
        os.environ.pop(name, None)
        if value is not None: os.environ[name] = str(os.getpid()) if value == 'PID' else value
    names = ctypes.POINTER(ctypes.c_char_p)()
    n = library.sd_listen_fds_with_names(1, ctypes.byref(names))
    found = [[names[i].decode(), 3 + i] for i in range(max(n, 0))]
    # A number out of range is one more way to be malformed.
    print(json.dumps(errno.errorcode[-n].replace('ERANGE', 'EINVAL') if n < 0 else found), flush=True)`

  it('row by row', async (ctx) => {
    const [a, b] = socket.socketpair()
    const fds = [a.fileno(), b.fileno()]
    const reference = started(['python3', '-c', theirs, JSON.stringify(rows)], fds)
    const mine = started([...node(ours), JSON.stringify(rows)], fds)
    const wanted: unknown[] = []
    try {
      for (const _ of rows) wanted.push(await told(reference))
    } catch (error) {
      ctx.skip(/libsystemd/.test(String(error)), 'libsystemd is not installed')
      throw error
    }
    const got: unknown[] = []
    for (const _ of rows) got.push(await told(mine))
    const table = (values: unknown[]) => rows.map((row, i) => [...row, values[i]])
    expect(table(got)).toEqual(table(wanted))
    a.close()
    b.close()
  })

  it('is stricter with numbers that no manager writes', async () => {
    const strange = [' 1', '+1', '0x1', '1 ', '01']
    const mine = started([...node(ours), JSON.stringify(strange.map((n) => ['PID', n, null]))], [0])
    for (const _ of strange) expect(await told(mine)).toBe('EINVAL')
  })

  it('a wrong argument is a TypeError', () => {
    expect(() => socket.listen_fds(false as unknown as object)).toThrow(TypeError)
    expect(() => socket.listen_fds(null as unknown as object)).toThrow(TypeError)
  })
})

const noManager = await missing('systemd-socket-activate')

describe('systemd-socket-activate', () => {
  const kinds = [
    ['a path', [], SOCK_STREAM, 'path', 'blocking'],
    ['an abstract name', [], SOCK_STREAM, 'abstract', 'promises'],
    ['datagrams', ['--datagram'], SOCK_DGRAM, 'path', 'promises'],
    ['packets', ['--seqpacket'], SOCK_SEQPACKET, 'path', 'blocking'],
    ['a connection already accepted', ['--accept'], SOCK_STREAM, 'path', 'promises'],
  ] as const

  it.for(kinds)('%s', async ([, options, type, form, twin], ctx) => {
    if (noManager !== null) ctx.skip(noManager)
    const path = join(folder(), 'socket')
    const name = form === 'path' ? path : `\0${path}`
    const server = node(`
      const [{ name, socket }] = ${twin}.listen_fds()
      const accepted = socket.getsockopt(blocking.SOL_SOCKET, blocking.SO_ACCEPTCONN) === 0
      const conn = accepted ? socket : (await socket.accept())[0]
      const [data, address] = await conn.recvfrom(100)
      if (socket.type === blocking.SOCK_DGRAM) await socket.sendto(data, address)
      else await conn.sendall(data)
      tell([name, socket.type])`)
    const listen = ['-l', name.replace('\0', '@'), '--fdname=web', ...options]
    const manager = new Peer('systemd-socket-activate', [...listen, ...server])
    using client = new socket.socket(AF_UNIX, type)
    if (type === SOCK_DGRAM) client.bind(`${path}.client`)
    await connected(client, name)
    client.sendall(Buffer.from('hello'))
    expect(client.recv(100).toString()).toBe('hello')
    expect(await told(manager)).toEqual(['web', type])
    manager.child.kill()
  })
})

/** Connects to who is about to listen. */
async function connected(client: socket.socket<typeof AF_UNIX>, name: string): Promise<void> {
  for (let attempts = 0; client.connect_ex(name) !== 0; attempts++) {
    if (attempts === 500) throw new Error('nobody listens')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
