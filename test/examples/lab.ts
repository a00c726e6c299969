// Several hosts: namespaces beside one another, joined by cables.

import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Netns } from '../netns.js'
import { bare, folder, type Peer } from '../peer.js'
import { built } from './run.js'

/** A namespace within the reach of `net`, which owns it: an own host of the lab. */
export class Host {
  constructor(
    private readonly net: Netns,
    private readonly pid: string | null,
  ) {}

  run(command: string, ...args: string[]): Peer {
    const { net, pid } = this
    if (pid === null) return net.run(command, ...args)
    return net.run('nsenter', '-t', pid, '--net', command, ...args)
  }

  example(name: string, ...args: string[]): Peer {
    return this.run(process.execPath, built(name), ...args)
  }

  python(program: string, ...args: string[]): Peer {
    return this.run(
      'python3',
      bare,
      '-u',
      '-c',
      `import socket, sys\nsocket.setdefaulttimeout(10)\n${program}`,
      ...args,
    )
  }

  /** Runs lines of shell to their end; `$h1`, `$h2`, … are the other hosts, for `netns`. */
  sh(script: string): Promise<void> {
    return this.run('sh', '-ec', script).end()
  }
}

/** So many hosts; `setup` is run on the first, where `$h1`, … are the others. */
export async function lab(count: number, setup: string): Promise<Host[]> {
  const net = await Netns.create('ip link set lo up')
  const hosts = [new Host(net, null)]
  const names: string[] = []
  for (let i = 1; i < count; i++) {
    const keeper = net.run('unshare', '-n', 'sh', '-ec', 'ip link set lo up\necho $$\nexec cat')
    const pid = await keeper.line()
    hosts.push(new Host(net, pid))
    names.push(`h${i}=${pid}`)
  }
  await hosts[0].sh(`${names.join('\n')}\n${setup}`)
  return hosts
}

/** All lines that a program prints until its end. */
export async function lines(peer: Peer): Promise<string[]> {
  const found: string[] = []
  const end = peer.end()
  try {
    for (;;) found.push(await peer.line())
  } catch {
    await end // the reason, unless it is the end
    return found
  }
}

/** Why a program cannot be run here, or null. */
export async function missing(program: string): Promise<string | null> {
  try {
    await promisify(execFile)('which', [program])
    return null
  } catch {
    return `${program} is not installed`
  }
}

/** The files of a key and of a certificate for localhost, which is its own CA. */
export function certificate(): [key: string, cert: string] {
  const home = folder()
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(home, name))
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const made = spawnSync('openssl', [...request.split(' '), ...name, '-keyout', key, '-out', cert])
  if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr}`)
  return [key, cert]
}
