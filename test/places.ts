// Where a socket of each family can live, and how its addresses cross to python.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { folder, type Peer, python } from './peer.js'

export interface Place {
  name: string
  /** python's name of the family */
  python: string
  family: number
  /** A free address. */
  address(): socket.Address
}

export const ipv4: Place = {
  name: 'AF_INET',
  python: 'socket.AF_INET',
  family: socket.AF_INET,
  address: () => ['127.0.0.1', 0],
}

export const ipv6: Place = {
  name: 'AF_INET6',
  python: 'socket.AF_INET6',
  family: socket.AF_INET6,
  address: () => ['::1', 0],
}

/** Whether loopback has IPv6; says so where it has not. */
export function hasIPv6(): boolean {
  try {
    using s = new socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(['::1', 0])
    return true
  } catch (error) {
    console.warn(`skipped: no IPv6 on loopback: ${error}`)
    return false
  }
}

export const path: Place = {
  name: 'AF_UNIX path',
  python: 'socket.AF_UNIX',
  family: socket.AF_UNIX,
  address: () => join(folder(), 's'),
}

/** A name in the abstract namespace that nobody else has. */
export const abstractName = (end = ''): Buffer => Buffer.from(`\0bsd-${randomUUID()}${end}`)

export const abstract: Place = {
  name: 'AF_UNIX abstract',
  python: 'socket.AF_UNIX',
  family: socket.AF_UNIX,
  address: () => abstractName(),
}

export const places: readonly Place[] = [ipv4, ipv6, path, abstract]

// On the wire to python an address is JSON; bytes are a string with a character each.
const prelude = `
import json
def show(address):
    print(json.dumps(address.decode('latin1') if isinstance(address, bytes) else address))
def given(text):
    address = json.loads(text)
    return tuple(address) if isinstance(address, list) else address.encode('latin1')
`

/** A python program that has `show(address)` to print one and `given(argument)` to read one. */
export const peer = (program: string, ...args: string[]): Peer => python(prelude + program, ...args)

/** An address as `given` reads it. */
export const written = (address: unknown): string =>
  JSON.stringify(Buffer.isBuffer(address) ? address.toString('latin1') : address)

/** An address that `show` printed. */
export function read(line: string): socket.Address {
  const address = JSON.parse(line) as socket.Address
  const isAbstract = typeof address === 'string' && address.startsWith('\0')
  return isAbstract ? Buffer.from(address, 'latin1') : address
}
