// The promise twin's place in a program: what it keeps alive, what ends it, and
// what user code may do to it.

import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { program, run, told } from './node.js'

const env = {}
const thread = { REACTOR: 'thread' }

describe('ref and unref', () => {
  const timer = 'setTimeout(() => b.send(Buffer.from("x")), 100).unref()'
  const waits = 'const waiting = a.recv(1).then(() => tell("came"))'
  const rows = [
    ['what waits keeps the program alive', waits, 'came'],
    ['not after unref()', `a.unref(); ${waits}`, 'ended'],
    ['nor when that comes later', `${waits}; a.unref()`, 'ended'],
    ['but after ref()', `a.unref(); ${waits}; await null; a.ref()`, 'came'],
    ['a deadline alone does not', `a.settimeout(5); a.unref(); ${waits}`, 'ended'],
    [
      'nor does another socket',
      `b.recv(1).catch(() => {}); b.unref(); a.unref(); ${waits}`,
      'ended',
    ],
    ['one of two does', `b.unref(); b.recv(1).catch(() => {}); ${waits}`, 'came'],
    ['a stream does', 'a.makestream().once("data", () => { tell("came"); a.unref() })', 'came'],
    ['not when it is unref()', 'a.makestream().unref().on("data", () => {})', 'ended'],
  ] as const
  const text = (row: string) => `
    const [a, b] = socket.socketpair()
    ${timer}
    process.once('exit', () => tell('ended'))
    ${row}`
  it.each([env, thread])('%j', async (kind) => {
    const first = rows.map(([, row]) => run(text(row), { env: kind }))
    const told = rows.map(async ([name], i) => [name, await first[i]])
    expect(await Promise.all(told)).toEqual(rows.map(([name, , word]) => [name, word]))
  })
})

describe.each([env, thread])('user code %j', (kind) => {
  // A hundred wait; the first of them is let down; all others are served, and more.
  const text = (fault: string) => `
    const uncaught = []
    process.on('uncaughtException', (error) => uncaught.push(error.message))
    process.on('unhandledRejection', (error) => uncaught.push(error.message))
    const pairs = Array.from({ length: 100 }, () => socket.socketpair())
    let served = 0
    const [first] = pairs.map(([a]) => a.recv(1).then(() => served++))
    ${fault}
    for (const [, b] of pairs) await b.send(Buffer.from('x'))
    await sleep(20)
    for (const [a, b] of pairs.slice(1)) {
      const again = a.recv(1)
      await b.send(Buffer.from('y'))
      await again
      served++
    }
    pairs.flat().forEach((s) => s.close())
    tell({ uncaught, served })`
  const bad = '() => { throw new Error("bad") }'
  const rows = [
    ['a then-callback throws', `first.then(${bad})`],
    ['a nextTick callback throws', `first.then(() => process.nextTick(${bad}))`],
    ['a microtask throws', `first.then(() => queueMicrotask(${bad}))`],
    [
      'an abort listener throws',
      `{
      const abort = new AbortController()
      abort.signal.addEventListener('abort', ${bad})
      const [s] = socket.socketpair()
      s.recv(1, 0, { signal: abort.signal }).catch(() => s.close())
      abort.abort()
    }`,
    ],
    [
      'a rejection is unhandled',
      `{
      const [s] = socket.socketpair()
      s.settimeout(0.001)
      s.recv(1).catch(() => { s.close(); throw new Error("bad") })
    }`,
    ],
  ] as const
  it.for(rows)('%s: the others are served', async ([, fault]) => {
    const told = await run(text(fault), { env: kind })
    expect(told).toEqual({ uncaught: ['bad'], served: 199 })
  })
})

// Fault: it was an unhandled rejection, and the stream stood still.
it('a listener of a stream throws: an uncaught exception, and the stream goes on', async () => {
  const text = `
    const uncaught = []
    process.on('uncaughtException', (error) => uncaught.push(error.message))
    const [a, b] = socket.socketpair()
    const stream = a.makestream()
    let heard = ''
    stream.on('data', (data) => {
      heard += data
      throw new Error('data ' + data)
    })
    for (const part of ['x', 'y', 'z']) {
      await b.send(Buffer.from(part))
      await sleep(5)
    }
    stream.write('1', () => { throw new Error('written') })
    await sleep(5)
    const after = await new Promise((resolve) => stream.write('2', resolve))
    b.shutdown(socket.SHUT_WR)
    await new Promise((resolve) => stream.on('end', resolve))
    const sent = String(await b.recv(9))
    stream.destroy()
    b.close()
    tell({ uncaught, heard, sent })`
  expect(await run(text)).toEqual({
    uncaught: ['data x', 'data y', 'data z', 'written'],
    heard: 'xyz',
    sent: '12',
  })
})

describe.each([env, thread])('a hundred pending waits %j', (kind) => {
  /** Half a second; on a noisy machine the best of three. */
  async function soon(measure: () => Promise<number>) {
    let time = await measure()
    for (let i = 0; i < 2 && time > 500; i++) time = await measure()
    expect(time).toBeLessThan(500)
  }

  it('process.exit() ends them', () =>
    soon(async () => {
      const peer = program('waits', ['exit'], { env: kind })
      expect(await told(peer)).toBe(100)
      const begun = performance.now()
      expect(await once(peer.child, 'exit')).toEqual([3, null])
      return performance.now() - begun
    }))

  it('worker.terminate() ends them, and leaves nothing open', () =>
    soon(async () => {
      const peer = program('waits', ['terminate'], { env: kind })
      const { count, time, left } = await told<Record<string, number>>(peer)
      expect([count, left]).toEqual([100, 0])
      await peer.end()
      return time
    }))
})

describe.each([env, thread])('a socket that nobody refers to %j', (kind) => {
  const collect = `
    const collect = async () => { for (let i = 0; i < 10; i++) { gc(); await sleep(5) } }
    const warnings = []
    process.on('warning', ({ name }) => warnings.push(name))
    await warm()
    const before = descriptors()`
  const options = { env: kind, flags: ['--expose-gc'] }

  it('is not lost while it waits, nor kept when the wait is over', async () => {
    const text = `${collect}
      const peers = []
      let came = 0
      const lose = () => {
        const [a, b] = socket.socketpair()
        peers.push(b)
        a.recv(1).then(() => came++)
      }
      for (let i = 0; i < 20; i++) lose()
      await collect()
      const during = descriptors() - before
      for (const b of peers) await b.send(Buffer.from('x'))
      await sleep(20)
      await collect()
      const after = descriptors() - before
      for (const b of peers) b.close()
      tell({ during, came, after, warnings: warnings.length })`
    expect(await run(text, options)).toEqual({ during: 40, came: 20, after: 20, warnings: 20 })
  })

  // Fault: the last wait that began was the one that kept it.
  it('is not lost while one of its waits goes on', async () => {
    const text = `${collect}
      const peers = []
      let came = 0
      let written = 0
      const lose = () => {
        const [a, b] = socket.socketpair()
        peers.push(b)
        a.recv(1).then(() => came++, () => {})
        a.makefile('wb').write(Buffer.alloc(300000)).then(() => written++)
      }
      for (let i = 0; i < 5; i++) lose()
      await sleep(10)
      for (const b of peers) {
        for (let left = 300000; left > 0; ) left -= (await b.recv(left)).length
      }
      await sleep(10)
      await collect()
      for (const b of peers) await b.send(Buffer.from('x'))
      await sleep(20)
      tell({ came, written })
      process.exit()`
    expect(await run(text, options)).toEqual({ came: 5, written: 5 })
  })

  it('is not kept by a wait that was aborted or timed out', async () => {
    const text = `${collect}
      let ended = 0
      const lose = (signal) => {
        const [a] = socket.socketpair()
        a.settimeout(0.01)
        a.recv(1, 0, { signal }).catch(() => ended++)
      }
      const abort = new AbortController()
      for (let i = 0; i < 10; i++) lose(i < 5 ? abort.signal : undefined)
      abort.abort()
      await sleep(50)
      await collect()
      tell({ ended, after: descriptors() - before, warnings: warnings.length })`
    expect(await run(text, options)).toEqual({ ended: 10, after: 0, warnings: 20 })
  })
})

describe.each([env, thread])('%j', (kind) => {
  // 300 are ready at once, more than one batch. Whoever hears first closes them all
  // and opens as many, which get the same descriptors and the same tokens.
  it('sockets closed while their edge is on its way: the next ones hear nothing of it', async () => {
    const text = `
      const COUNT = 300
      const open = () => Array.from({ length: COUNT }, () => socket.socketpair())
      const count = { data: 0, closed: 0, early: 0, late: 0, other: 0 }
      const first = open()
      let second = null
      let sent = false
      const turn = () => {
        if (second !== null) return
        for (const [a] of first) a.close()
        second = open()
        for (const [a] of second) a.recv(1).then(() => count[sent ? 'late' : 'early']++, () => count.other++)
      }
      for (const [a] of first) {
        a.recv(1).then(
          () => { count.data++; turn() },
          (error) => count[error.code === 'EBADF' ? 'closed' : 'other']++,
        )
      }
      for (const [, b] of first) void b.send(Buffer.from('x'))
      await sleep(50)
      sent = true
      for (const [, b] of second) await b.send(Buffer.from('y'))
      await sleep(50)
      for (const s of [...first, ...second].flat()) s.close()
      tell({ ...count, data: undefined, closed: undefined, all: count.data + count.closed, some: count.data > 0 })`
    const told = await run(text, { env: kind })
    expect(told).toEqual({ early: 0, late: 300, other: 0, all: 300, some: true })
  })
})
