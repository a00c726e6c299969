// Loses sockets and lets the collector find them. Run by memory.test.ts with
// --expose-gc TWIN; prints what is open afterwards and what was warned of.

import { readdirSync, readlinkSync } from 'node:fs'
import { socket } from './twin.js'

const warnings: string[] = []
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`))

/** What the kernel calls a descriptor: the same socket, the same name. */
const identity = (fd: number | string) => readlinkSync(`/proc/self/fd/${fd}`)

function isOpen(name: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return identity(fd) === name
    } catch {
      return false // the descriptor of the folder itself
    }
  })
}

/** Collects what is lost; finalizers run between turns of the loop. */
async function collect(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function lose(): { lost: string[]; detached: number } {
  const closed = new socket.socket(socket.AF_INET6)
  closed.close() // its number is given to the next
  const lost = [new socket.socket(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)]
  const detached = new socket.socket().detach()
  return { lost: lost.map((s) => identity(s.fileno())), detached }
}

const kept = new socket.socket()
const { lost, detached } = lose()
const before = lost.map(isOpen)
await collect()
console.log(
  JSON.stringify({
    before,
    after: lost.map(isOpen),
    kept: isOpen(identity(kept.fileno())),
    detached: new socket.socket({ fileno: detached }).type,
    warnings: warnings.map((text) => text.replace(/fd=\d+/, 'fd=N')),
  }),
)
process.exit(0)
