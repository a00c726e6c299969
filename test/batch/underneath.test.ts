// What a batch stands on: memory that does not grow, the loops for systems
// without the two calls, and kernels that refuse a flag.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as socket from 'bsd-socket'
import { expect, it } from 'vitest'
import { folder } from '../peer.js'
import { run } from '../program.js'

socket.setdefaulttimeout(10)

it('a hundred thousand messages cost no memory', () => {
  const cost = run<{ average: number; rss: number; held: number }>('batch')
  expect(cost.average).toBe(31.5)
  expect(cost.rss).toBeLessThan(10e6)
  expect(cost.held).toBeLessThan(500e3) // what the engine adds to its code shows
})

it('the loops that stand in for the system calls do as these do', () => {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const program = join(folder(), 'many')
  const args = ['-std=c++17', '-Wall', '-Werror', '-I', at('../../native'), '-o', program]
  execFileSync('g++', [...args, at('../fixtures/many.cc')])
  const lines = execFileSync(program, { encoding: 'utf8', timeout: 10_000 }).trimEnd().split('\n')
  expect(lines).toHaveLength(6)
  for (const i of [0, 2, 4]) expect(lines[i + 1]).toBe(lines[i])
  expect(lines[0]).toMatch(
    /^ nothing=-11 sent=3.* cut=2\(2,20,0\).* cloexec=1 full=.* gone=-111 bad=-9$/,
  )
})

it('AF_PACKET, which refuses MSG_CMSG_CLOEXEC: frames with their auxiliary data', (ctx) => {
  const { AF_PACKET, PACKET_AUXDATA, SOCK_DGRAM, SOL_PACKET } = socket
  const TYPE = 0x88b5 // for experiments
  let s: socket.socket
  try {
    s = new socket.socket(AF_PACKET, SOCK_DGRAM, 0)
  } catch (error) {
    if (!(error instanceof socket.PermissionError)) throw error
    return ctx.skip('AF_PACKET is not permitted')
  }
  using packets = s
  packets.bind(['lo', TYPE])
  packets.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
  const to = ['lo', TYPE, 0, 0, Buffer.alloc(6)] as const
  const frames = ['one', 'two', 'three'].map((text) => Buffer.from(`${text} ${process.pid}`))
  expect(packets.sendmmsg(frames.map((frame) => [frame, to]))).toBe(3)
  const batch = new socket.Batch({ messages: 8, size: 64, ancbufsize: 64 })
  const got: string[] = []
  while (got.length < 3) {
    const count = packets.recvmmsg(batch)
    for (let i = 0; i < count; i++) {
      const [aux] = socket.decode_ancillary(batch.ancdata(i))
      expect(aux).toMatchObject({ name: 'PACKET_AUXDATA', value: { len: batch.nbytes(i) } })
      expect(batch.address(i)).toEqual(['lo', TYPE, socket.PACKET_HOST, 772, Buffer.alloc(6)])
      got.push(batch.data(i).toString())
    }
  }
  expect(got).toEqual(frames.map(String))
})
