// Programs that are started with descriptors, as a service manager starts them.

import * as promises from 'bsd-socket/promises'
import { onTestFinished } from 'vitest'
import { Peer } from '../peer.js'

const prelude = `
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import * as blocking from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
const tell = (value) => console.log(JSON.stringify(value))
process.stdout.write('') // opens a descriptor
// Not what the event loop opens for itself, whenever it does.
const linked = (fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }
const open = () => fs.readdirSync('/proc/self/fd').map(linked).filter((to) => /^socket:|^.dev.null/.test(to)).length
const flags = (fd) => parseInt(/flags:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[1], 8)
const onExec = (fd) => (flags(fd) & 0o2000000) === 0
`

/** The words that run a text as a module; `blocking` and `promises` are the twins. */
export const node = (text: string): string[] => [
  process.execPath,
  '--input-type=module',
  '-e',
  prelude + text,
]

/** The next line that a program prints, parsed. */
export const told = async <T>(peer: Peer): Promise<T> => JSON.parse(await peer.line()) as T

/** Starts a command with descriptors from 3 on; LISTEN_PID is its number unless `variables` say. */
export function started(
  command: readonly string[],
  fds: readonly number[],
  variables: Readonly<Record<string, string | number>> = { LISTEN_FDS: fds.length },
): Peer {
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const peer = new Peer(
    'sh',
    ['-c', 'exec env LISTEN_PID=$$ "$@"', 'sh', ...words, ...command],
    fds,
  )
  onTestFinished(() => {
    peer.child.kill('SIGKILL')
  })
  return peer
}

/** Has the promise twin open what it watches sockets with, before descriptors are counted. */
export async function reactor(): Promise<void> {
  const [a, b] = promises.socketpair()
  const received = a.recv(1)
  await b.send(Buffer.from('x'))
  await received
  a.close()
  b.close()
}
