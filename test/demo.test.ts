// `npm run demo`, as a newcomer runs it, and where something is missing.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as socket from 'bsd-socket'
import { expect, it, onTestFinished } from 'vitest'
import { folder, Peer } from './peer.js'

const demo = fileURLToPath(new URL('../dist/examples/demo.js', import.meta.url))
const root = process.getuid?.() === 0

interface Run {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs a command to its end. */
function run(command: string, args: string[] = [], env = process.env): Run {
  return spawnSync(command, args, { env, encoding: 'utf8', timeout: 15_000 })
}

/** Whether this process may and can open a socket. */
function opens(family: number, type: number, proto: number, address: socket.Inet): boolean {
  try {
    using s = new socket.socket(family, type, proto)
    s.bind(address)
    return true
  } catch {
    return false
  }
}

const ipv6 = opens(socket.AF_INET6, socket.SOCK_DGRAM, 0, ['::1', 0])
const raw = opens(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP, ['127.0.0.1', 0])

/** The cells of a row of the table. */
function row(stdout: string, what: string): string[] {
  const line = stdout.split('\n').find((text) => text.startsWith(`│ ${what} `))
  return (line ?? '').split('│').map((cell) => cell.trim())
}

// socket, from, to; then bytes, round trips, median, 99th percentile, checked
const done = ['769350', '1000', expect.stringMatching(/^\d+\.\d$/), expect.any(String), 'yes', '']

function expectRows(stdout: string, rawWorks = raw): void {
  const inet = expect.stringMatching(/^127\.0\.0\.1:\d+$/)
  const inet6 = expect.stringMatching(/^\[::1\]:\d+$/)
  const chosen = expect.stringMatching(/^@[0-9a-f]{5}$/)
  const ours = expect.stringMatching(/^@bsd-demo-\d+$/)
  const abroad = (what: string) =>
    ipv6
      ? ['', what, inet6, inet6, ...done]
      : ['', what, expect.stringMatching(/^not in this kernel/), '']
  expect(row(stdout, 'TCP')).toEqual(['', 'TCP', inet, inet, ...done])
  expect(row(stdout, 'UDP')).toEqual(['', 'UDP', inet, inet, ...done])
  expect(row(stdout, 'TCP over IPv6')).toEqual(abroad('TCP over IPv6'))
  expect(row(stdout, 'UDP over IPv6')).toEqual(abroad('UDP over IPv6'))
  expect(row(stdout, 'Unix stream')).toEqual(['', 'Unix stream', 'unnamed', 'stream', ...done])
  expect(row(stdout, 'Unix datagram')).toEqual(['', 'Unix datagram', 'from', 'to', ...done])
  expect(row(stdout, 'Unix SEQPACKET')).toEqual([
    '',
    'Unix SEQPACKET',
    'unnamed',
    'packets',
    ...done,
  ])
  expect(row(stdout, 'abstract name')).toEqual(['', 'abstract name', chosen, ours, ...done])
  const refused = 'not permitted: [Errno 1] Operation not permitted'
  expect(row(stdout, 'raw ICMP')).toEqual(
    rawWorks ? ['', 'raw ICMP', '127.0.0.1', 'the kernel', ...done] : ['', 'raw ICMP', refused, ''],
  )
  expect(stdout.includes('raw ICMP: this kind of socket needs root or CAP_NET_RAW')).toBe(!rawWorks)
}

it('exchanges data on every kind of socket with python3', () => {
  const { status, stdout, stderr } = run(process.execPath, [demo])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^The peer is Python 3\.\d+\.\d+/m)
  expectRows(stdout)
  expect(status).toBe(0)
})

it('exchanges data with a worker of its own when asked to', () => {
  const { status, stdout, stderr } = run(process.execPath, [demo, '--self'])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^The peer is a worker of this process/m)
  expectRows(stdout)
  expect(status).toBe(0)
})

it('says so where python3 is missing, and goes on with a worker', () => {
  const { status, stdout } = run(process.execPath, [demo], { ...process.env, PATH: '/nonexistent' })
  expect(stdout).toMatch(/^python3 does not start \(spawn python3 ENOENT\)/)
  expectRows(stdout)
  expect(status).toBe(0)
})

it('tells an unprivileged user what raw ICMP needs', (context) => {
  context.skip(!root, 'not root: the tests above have run unprivileged already')
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
  if (run('setpriv', [...nobody, 'test', '-r', demo]).status !== 0) {
    context.skip('nobody may not read this folder, or there is no setpriv')
  }
  const { status, stdout, stderr } = run('setpriv', [...nobody, process.execPath, demo])
  expect(stderr).toBe('')
  expectRows(stdout, false)
  expect(status).toBe(0)
})

it('fails when an exchange fails that should work', (context) => {
  // A new network namespace, whose loopback interface is down.
  const unshare = ['--user', '--map-root-user', '--net']
  if (run('unshare', [...unshare, 'true']).status !== 0) {
    context.skip('this user may not make a network namespace')
  }
  const { status, stdout, stderr } = run('unshare', [...unshare, process.execPath, demo])
  expect(row(stdout, 'TCP')[2]).toBe('FAILED: [Errno 101] Network is unreachable')
  expect(stderr).toMatch(/^TCP failed: OSError: \[Errno 101\] Network is unreachable\n +at /)
  expect(row(stdout, 'Unix stream').at(-2)).toBe('yes')
  expect(status).toBe(1)
})

/** Whether a process still runs; one that waits for its parent to notice does not. */
function runs(pid: string): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

it('leaves no python3 behind when it is killed', async (context) => {
  context.skip(!existsSync('/proc/self'), 'there is no /proc to look into')
  const killed = new Peer('env', [`TMPDIR=${folder()}`, process.execPath, demo])
  onTestFinished(() => {
    killed.child.kill('SIGKILL')
  })
  await killed.line() // printed when the peer runs
  const { pid } = killed.child
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  expect(children.filter(runs)).toHaveLength(1)
  killed.child.kill('SIGKILL')
  await expect.poll(() => children.filter(runs), { timeout: 8000 }).toEqual([])
})
