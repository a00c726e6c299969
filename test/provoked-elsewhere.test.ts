// Errors that a process of their own provokes: because of a signal, its limits,
// what it may not do, or the network it is in.

import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import * as socket from 'bsd-socket'
import * as errno from 'bsd-socket/errno'
import { expect, it, onTestFinished } from 'vitest'
import { folder, Peer } from './peer.js'
import { twins } from './twins.js'

const { AF_UNIX, SOCK_STREAM } = socket

/** Runs a program of a twin's in a Node of its own; gives what it prints, as JSON. */
function elsewhere(twin: string, program: string, command: readonly string[] = []): unknown {
  const prelude = `import * as socket from '${twin}'\nimport { inspect } from 'node:util'\n`
  const node = [process.execPath, '--input-type=module', '-e', prelude + program]
  const [file, ...args] = [...command, ...node]
  const { stdout, stderr, status } = spawnSync(file, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

// The blocking twin alone: while the other waits, signals are the event loop's.
it('EINTR out of accept is InterruptedError: a signal came that the program listens for', async () => {
  const program = `
import * as socket from 'bsd-socket'
process.on('SIGUSR1', () => {})
const s = socket.create_server(['127.0.0.1', 0])
process.stdout.write('ready\\n', () => {
  try { s.accept() } catch (e) { console.log(JSON.stringify([e.name, e.code, e.errno, e.syscall])) }
  s.close()
})
`
  const peer = new Peer(process.execPath, ['--input-type=module', '-e', program])
  await peer.line()
  const timer = setInterval(() => peer.child.kill('SIGUSR1'), 50)
  onTestFinished(() => {
    clearInterval(timer)
    peer.child.kill('SIGKILL')
  })
  const line = await peer.line()
  expect(JSON.parse(line)).toEqual(['InterruptedError', 'EINTR', errno.EINTR, 'accept'])
})

it.each(twins)('EMFILE out of socket is an OSError: no descriptor is left (%s)', (twin) => {
  const found = elsewhere(
    twin,
    `
const made = []
try {
  for (;;) made.push(new socket.socket())
} catch (e) {
  for (const s of made) s.close()
  console.log(JSON.stringify([made.length > 0, e.name, e.code, e.errno, e.syscall]))
}
`,
    ['sh', '-c', 'ulimit -n 64; exec "$0" "$@"'],
  )
  expect(found).toEqual([true, 'OSError', 'EMFILE', errno.EMFILE, 'socket'])
})

/** Root gives up what it is; anybody else is nobody already. */
const asNobody = `
if (process.getuid() === 0) {
  process.setgroups([])
  process.setgid(65534)
  process.setuid(65534)
}
const report = async (call) => {
  try { await call() } catch (e) {
    return [e.name, e.code, e.syscall, e.hint ?? '', inspect(e).includes('hint: ' + e.hint)]
  }
}
`

const portsFrom = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))

it.each(twins)('EPERM and EACCES are PermissionError, with a hint (%s)', async (twin, socket) => {
  const path = `${folder()}/s`
  using listener = new socket.socket(AF_UNIX, SOCK_STREAM)
  await listener.bind(path)
  listener.listen()
  chmodSync(path, 0)
  const found = elsewhere(
    twin,
    `${asNobody}
const { AF_INET, AF_UNIX, SOCK_RAW, SOCK_DGRAM, SOL_SOCKET, SO_MARK } = socket
const s = new socket.socket()
const u = new socket.socket(AF_UNIX)
const d = new socket.socket(AF_INET, SOCK_DGRAM)
console.log(JSON.stringify([
  await report(() => new socket.socket(AF_INET, SOCK_RAW, 1)),
  await report(() => s.setsockopt(SOL_SOCKET, SO_MARK, 1)),
  await report(() => socket.sethostname('nosuch')),
  await report(() => u.connect(${JSON.stringify(path)})),
  await report(() => d.connect(['127.255.255.255', 9])),
  await report(() => d.sendto(Buffer.from('x'), ['127.255.255.255', 9])),
  ${portsFrom > 80} && await report(() => s.bind(['127.0.0.1', 80])),
]))
for (const made of [s, u, d]) made.close()
`,
  ) as string[][]
  const saying = (words: string) => expect.stringContaining(words)
  const error = (code: string, syscall: string, hint: string) =>
    ['PermissionError', code, syscall, saying(hint), true] as unknown[]
  expect(found.slice(0, 6)).toEqual([
    error('EPERM', 'socket', 'CAP_NET_RAW'),
    error('EPERM', 'setsockopt', 'CAP_NET_ADMIN'),
    error('EPERM', 'sethostname', 'CAP_SYS_ADMIN'),
    error('EACCES', 'connect', 'write permission'),
    error('EACCES', 'connect', 'SO_BROADCAST'),
    error('EACCES', 'sendto', 'SO_BROADCAST'),
  ])
  if (portsFrom > 80) expect(found[6]).toEqual(error('EACCES', 'bind', 'CAP_NET_BIND_SERVICE'))
  else console.warn('not tested: this host lets anybody bind port 80 (ip_unprivileged_port_start)')
})

// In a network of its own, where no name server can be asked.
const alone = process.getuid?.() === 0 ? ['unshare', '-n'] : ['unshare', '-Urn']

it('herror: a host without a name, with the number and words of netdb.h', ({ skip }) => {
  const [file, ...args] = alone
  const look = `
import json, socket
try:
    socket.gethostbyaddr('192.0.2.1')
except OSError as e:
    print(json.dumps([type(e).__name__, e.errno, str(e)]))
`
  const { status, stdout } = spawnSync(file, [...args, 'python3', '-c', look], { encoding: 'utf8' })
  if (status !== 0) {
    console.warn(`not tested: herror needs a network of its own, and ${alone.join(' ')} is refused`)
    skip()
  }
  for (const [twin] of twins) {
    const found = elsewhere(
      twin,
      `try { await socket.gethostbyaddr('192.0.2.1') } catch (e) {
  console.log(JSON.stringify([e.name, e.errno, e.message, e.syscall, e instanceof socket.herror]))
}`,
      alone,
    )
    expect(found).toEqual([...JSON.parse(stdout), 'gethostbyaddr', true])
  }
})
