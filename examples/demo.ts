// The main job, running: opens a socket of every kind that the package has,
// exchanges data on each with a peer that is not ours, and prints what was done.
//   npm run demo             the peer is python3, where it is there
//   npm run demo -- --self   the peer is a worker of this process

import { mkdtempSync, rmSync } from 'node:fs'
import { release, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { type Done, withPeer } from './demo/exchange.js'
import { inPython, inWorker, type Peer } from './demo/peer.js'
import { ping } from './demo/ping.js'
import { fault, type Outcome, report } from './demo/report.js'

socket.setdefaulttimeout(5) // nothing hangs

const folder = mkdtempSync(join(tmpdir(), 'bsd-socket-demo-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const abstract = `\0bsd-demo-${process.pid}`

type Row = [what: string, run: (peer: Peer) => Done | Promise<Done>]

const rows: Row[] = [
  ['TCP', (peer) => withPeer(peer, 'AF_INET', 'SOCK_STREAM', ['127.0.0.1', 0])],
  ['UDP', (peer) => withPeer(peer, 'AF_INET', 'SOCK_DGRAM', ['127.0.0.1', 0], ['127.0.0.1', 0])],
  ['TCP over IPv6', (peer) => withPeer(peer, 'AF_INET6', 'SOCK_STREAM', ['::1', 0])],
  ['UDP over IPv6', (peer) => withPeer(peer, 'AF_INET6', 'SOCK_DGRAM', ['::1', 0], ['::1', 0])],
  ['Unix stream', (peer) => withPeer(peer, 'AF_UNIX', 'SOCK_STREAM', path('stream'))],
  ['Unix datagram', (peer) => withPeer(peer, 'AF_UNIX', 'SOCK_DGRAM', path('to'), path('from'))],
  ['Unix SEQPACKET', (peer) => withPeer(peer, 'AF_UNIX', 'SOCK_SEQPACKET', path('packets'))],
  // '' has the kernel choose an abstract name for our side.
  ['abstract name', (peer) => withPeer(peer, 'AF_UNIX', 'SOCK_DGRAM', abstract, '')],
  ['raw ICMP', () => ping('127.0.0.1')],
]

/** python3, or a worker where it is missing or not wanted. */
async function startPeer(): Promise<Peer> {
  if (process.argv.includes('--self')) return inWorker()
  try {
    return await inPython()
  } catch (error) {
    console.log(`python3 does not start (${(error as Error).message}).`)
    return inWorker()
  }
}

async function outcome([what, run]: Row, peer: Peer): Promise<Outcome> {
  if (what === 'abstract name' && socket.AF_PACKET === undefined) {
    return { what, missing: 'not in this kernel: only Linux has abstract names' }
  }
  try {
    return { what, done: await run(peer) }
  } catch (error) {
    return fault(what, error)
  }
}

const outcomes: Outcome[] = []
const peer = await startPeer()
try {
  console.log(`bsd-socket on Node ${process.version}, ${type()} ${release()}.`)
  console.log(`The peer is ${peer.name}. Unix paths are in ${folder}.`)
  for (const row of rows) outcomes.push(await outcome(row, peer))
  console.log(report(outcomes))
} finally {
  await peer.end()
}
const failed = outcomes.filter(({ error }) => error !== undefined)
for (const { what, error } of failed) console.error(`${what} failed:`, error)
process.exitCode = failed.length > 0 ? 1 : 0
