// How calls wait, seen from outside.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as socket from 'bsd-socket'
import { onTestFinished } from 'vitest'
import { type Twin, waitsAside } from './twins.js'

const { AF_UNIX, SOCK_STREAM, SOL_SOCKET } = socket

/** O_NONBLOCK as the kernel has it. */
export function nonblocking(s: socket.socket): boolean {
  const info = readFileSync(`/proc/self/fdinfo/${s.fileno()}`, 'latin1')
  const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? ''
  return (Number.parseInt(flags, 8) & 0o4000) !== 0
}

/** A connected pair of a twin's whose sockets close with the test. */
export function pair(twin: Twin, type = SOCK_STREAM): [socket.socket, socket.socket] {
  const sockets = twin.socketpair(AF_UNIX, type)
  onTestFinished(() => {
    for (const s of sockets) s.close()
  })
  return sockets as unknown as [socket.socket, socket.socket]
}

/** What a call raises, and after how many seconds. */
export async function timed(call: () => unknown): Promise<[name: string, seconds: number]> {
  const start = performance.now()
  try {
    await call()
  } catch (error) {
    const { name, code = '' } = error as socket.OSError
    return [`${name} ${code}`.trim(), (performance.now() - start) / 1000]
  }
  return ['nothing', (performance.now() - start) / 1000]
}

/** Without a timeout; but lest a fault hang, the kernel gives up after 10 seconds. */
export function guarded<T extends socket.socket>(s: T): T {
  s.settimeout(null)
  s.setsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, timeval(10))
  s.setsockopt(SOL_SOCKET, socket.SO_SNDTIMEO, timeval(10))
  return s
}

/** Signals are listened for until the test ends: sockets are then non-blocking underneath. */
export function listenForSignals(): void {
  const listener = () => {}
  process.on('SIGUSR2', listener)
  onTestFinished(() => {
    process.off('SIGUSR2', listener)
  })
  watchdog()
}

/**
 * Lest a fault hang the tests for ever: SIGUSR2 after 10 seconds. With a listener
 * it ends the call, without one the process.
 */
export function watchdog(): void {
  const child = spawn('sh', ['-c', 'sleep 10; kill -USR2 $0', String(process.pid)])
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
}

type Way = [name: string, prepare: (s: socket.socket) => void]

/**
 * How a call of a twin's waits: in the kernel, or in poll(2) with a deadline. The
 * kernel's wait has an end too, so that a broken test does not hang. The promise
 * twin never lets the kernel wait: there the two would be one.
 */
export function ways(twin: Twin): Way[] {
  const deadline: Way = ['a deadline', (s) => s.settimeout(10)]
  return waitsAside(twin) ? [deadline] : [deadline, ["the kernel's wait", guarded]]
}

/** A struct timeval of this machine: two longs. */
export function timeval(seconds: number): Uint8Array {
  const whole = Math.floor(seconds)
  const parts = [whole, Math.round((seconds - whole) * 1e6)]
  const long = process.arch.endsWith('64') || process.arch === 's390x' ? 8 : 4
  const bytes = long === 8 ? new BigInt64Array(parts.map(BigInt)) : new Int32Array(parts)
  return new Uint8Array(bytes.buffer)
}
