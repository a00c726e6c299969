// The benchmark runs, and the kit for one's own. Figures are nobody's business here.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHistogram } from 'node:perf_hooks'
import * as socket from 'bsd-socket'
import {
  distribution,
  latencies,
  measure,
  ratios,
  receive_time,
  send_time,
  stamp_receives,
  stamp_sends,
  TIMES_SPACE,
} from 'bsd-socket/bench'
import { describe, expect, it } from 'vitest'
import { folder, python } from './peer.js'
import { root } from './project.js'

socket.setdefaulttimeout(10)

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'dist/bench/main.js'), ...args], {
    encoding: 'utf8',
    timeout: 18_000,
  })

const spread = {
  median: expect.any(Number),
  low: expect.any(Number),
  high: expect.any(Number),
}

describe('npm run bench', () => {
  it('runs every contestant in turns and gives medians, quartiles and targets', () => {
    const { status, stdout, stderr } = bench(
      ...['--quick', '--only', 'sendto', '--rounds', '2', '--ms', '2', '--json', '-'],
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const { machine, settings, results } = JSON.parse(stdout)
    expect(machine.node).toBe(process.version)
    for (const text of Object.values(machine)) expect(text).toMatch(/\w/)
    expect(settings).toEqual({ rounds: 2, ms: 2, warm: 2 })
    expect(results).toHaveLength(2)
    expect(results[0]).toMatchObject({
      id: 'sendto',
      quantity: 'time',
      values: { ours: spread, c: spread, python: spread, node: spread },
      ratios: {
        c: { ...spread, target: 1.1, holds: expect.any(Boolean) },
        python: { ...spread, target: 0.95, holds: expect.any(Boolean) },
        node: { ...spread, target: 1, holds: expect.any(Boolean) },
      },
    })
    for (const value of Object.values<{ median: number }>(results[0].values)) {
      expect(value.median).toBeGreaterThan(0)
    }
    expect(results[1]).toMatchObject({ id: 'sendto', quantity: 'processor' })
  })

  it('prints a table, and a page with plots', () => {
    const html = join(folder(), 'report.html')
    const { status, stdout } = bench(
      ...['--only', 'ping-pong-unix', '--rounds', '1', '--ms', '1', '--html', html],
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/│ ping-pong, 64 B, Unix +│ [\d.]+ .s +│.* ≤ 1\.05 (yes|NO) +│/)
    expect(existsSync(html)).toBe(true)
    expect(readFileSync(html, 'utf8')).toMatch(/<svg[\s\S]*ping-pong, 64 B, Unix[\s\S]*<\/svg>/)
  })

  it('says what is wrong with its options', () => {
    expect(bench('--only', 'nothing')).toMatchObject({
      status: 2,
      stderr: 'bench: no work nothing\n',
    })
    expect(bench('--rounds', '0').stderr).toBe('bench: --rounds takes a number above 0\n')
    expect(bench('--help')).toMatchObject({ status: 0, stderr: '' })
  })
})

it('latency, the example, against an echo server in Python', async () => {
  const peer = python(`
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1])
while True:
    s.sendto(*s.recvfrom(1000))
`)
  const words = [join(root, 'dist/examples/latency.js'), await peer.line(), '127.0.0.1', '200']
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect(stderr).toBe('')
  const line = /: median [\d.]+ µs, 99 % [\d.]+ µs, 99.9 % [\d.]+ µs\n/.source
  expect(stdout).toMatch(new RegExp(`^round trip${line}between answers${line}$`))
})

describe('the kit', () => {
  it('measures chunks, sync and async, and not what prepares them', async () => {
    const calls: string[] = []
    const work = {
      prepare: (n: number) => void calls.push(`prepare ${n}`),
      async chunk(n: number) {
        await null
        calls.push(`chunk ${n}`)
      },
    }
    const { operations, seconds, user, system } = await measure(work, {
      ...{ chunk: 3, warmup: 0, seconds: 0, operations: 7 },
    })
    expect(operations).toBe(9)
    expect(calls).toEqual(Array.from({ length: 3 }, () => ['prepare 3', 'chunk 3']).flat())
    for (const n of [seconds, user, system]) expect(n).toBeGreaterThanOrEqual(0)
    const sync = await measure({ chunk() {} }, { warmup: 0, seconds: 0.01 })
    expect(sync.seconds).toBeGreaterThanOrEqual(0.01)
  })

  it('records every operation, and none of the warm-up', async () => {
    const histogram = createHistogram()
    let done = 0
    await latencies(() => done++, histogram, { operations: 50, warmup: 10 })
    expect([done, histogram.count]).toEqual([60, 50])
    await latencies(() => Promise.resolve(), histogram, { operations: 5, warmup: 0 })
    expect(histogram.count).toBe(55)
    expect(histogram.min).toBeGreaterThanOrEqual(1)
  })

  it('gives quartiles, and the ratios of rounds', () => {
    expect(distribution([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4 })
    expect(distribution([2, 1]).median).toBe(1.5)
    expect(distribution([])).toEqual({ median: Number.NaN, low: Number.NaN, high: Number.NaN })
    // One round in which the machine was busy, and a round that only one side has.
    expect(ratios([1, 2, 300, 4], [2, 4, 600])).toEqual({ median: 0.5, low: 0.5, high: 0.5 })
  })

  it('reads the times of the kernel', () => {
    using sender = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    using receiver = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(['127.0.0.1', 0])
    sender.connect(receiver.getsockname())
    stamp_receives(receiver)
    stamp_sends(sender)
    const begin = BigInt(Date.now() - 20) * 1_000_000n
    for (let number = 0; number < 2; number++) {
      sender.send(Buffer.from('x'))
      const received = receive_time(receiver.recvmsg(1, TIMES_SPACE)[1])
      const sent = send_time(sender.recvmsg(0, TIMES_SPACE, socket.MSG_ERRQUEUE)[1])
      expect(sent?.number).toBe(number)
      expect(sent?.time).toBeGreaterThan(begin)
      expect(received).toBeGreaterThanOrEqual(sent?.time ?? 0n)
    }
    expect(receive_time([])).toBeNull()
    expect(send_time([])).toBeNull()
  })
})
