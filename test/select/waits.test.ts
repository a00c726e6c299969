// How the blocking waits end: for readiness, in time, for a signal that the
// program listens for, and with their worker.

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { Peer, python } from '../peer.js'
import { calls } from './blocked.js'

socket.setdefaulttimeout(10)

const program = fileURLToPath(new URL('../../dist/test/select/blocked.js', import.meta.url))

type OnEnd = TestContext['onTestFinished']

/** Starts the program in blocked.ts; when this returns it is about to block. */
async function blocked(end: OnEnd, ...args: string[]): Promise<Peer> {
  const peer = new Peer(process.execPath, [program, ...args])
  end(() => {
    peer.child.kill('SIGKILL')
  })
  expect(await peer.line()).toBe('blocked')
  return peer
}

/** The system call in which each waits. */
const syscalls: Readonly<Record<string, string>> = {
  select: 'select',
  poll: 'poll',
  epoll: 'epoll_wait',
  SelectSelector: 'select',
  PollSelector: 'poll',
  EpollSelector: 'epoll_wait',
}

describe.each(Object.keys(calls))('%s', (name) => {
  it('returns as soon as a peer sends', async () => {
    const peer = python(`
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
c.recv(1)
import time
time.sleep(.2)
c.sendall(b'x')
c.recv(1)
`)
    using s = socket.create_connection(['127.0.0.1', Number(await peer.line())])
    const call = calls[name]()
    expect(call(s, 0)).toEqual([])
    s.sendall(Buffer.from('!'))
    expect(call(s, 30)).toHaveLength(1)
    expect(s.recv(10).toString()).toBe('x')
    expect(call(s, 0)).toEqual([])
    s.close()
    await peer.end()
  })

  it('ends with its worker', async () => {
    const worker = new Worker(program, { workerData: { call: name } })
    await once(worker, 'message')
    let ended = false
    const exit = once(worker, 'exit').then((code) => {
      ended = true
      return code
    })
    await sleep(250) // a few of the slices in which a worker waits
    expect(ended).toBe(false)
    const begun = performance.now()
    await worker.terminate()
    expect(await exit).toEqual([1])
    expect(performance.now() - begun).toBeLessThan(5000)
  })

  it('in a worker waits as long as anywhere', async () => {
    const url = JSON.stringify(new URL('../../dist/test/select/blocked.js', import.meta.url).href)
    const worker = new Worker(
      `(async () => {
        const { parentPort } = require('node:worker_threads')
        const { calls } = await import(${url})
        const socket = await import('bsd-socket')
        const [a, b] = socket.socketpair()
        const call = calls.${name}()
        call(a, 0)
        const begun = performance.now()
        const nothing = call(a, 0.35)
        const waited = performance.now() - begun >= 349
        b.send(Buffer.from('x'))
        parentPort.postMessage([nothing.length, waited, call(a, null).length])
      })()`,
      { eval: true },
    )
    const exit = once(worker, 'exit')
    expect((await once(worker, 'message'))[0]).toEqual([0, true, 1])
    await exit
  })
})

const names = Object.keys(calls)

describe.concurrent('programs', () => {
  it.for(names)('%s: a signal with a listener raises, and the listener runs', async (name, t) => {
    const peer = await blocked(t.onTestFinished, name, 'null', 'listen')
    await sleep(50)
    peer.child.kill('SIGINT')
    t.expect(await peer.line()).toBe(`InterruptedError 4 ${syscalls[name]}`)
    t.expect(await peer.line()).toBe('listener')
    await peer.end()
  })

  it.for(names)('%s: a signal that comes just before it is not missed', async (name, t) => {
    const peer = await blocked(t.onTestFinished, name, 'null', 'listen')
    peer.child.kill('SIGINT')
    t.expect(await peer.line()).toBe(`InterruptedError 4 ${syscalls[name]}`)
    t.expect(await peer.line()).toBe('listener')
  })

  it.for(names)('%s: a signal without a listener ends the program', async (name, t) => {
    const { child } = await blocked(t.onTestFinished, name)
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    t.expect(await exit).toEqual([null, 'SIGINT'])
  })

  it.for(names)('%s: any other signal is slept through', async (name, t) => {
    const peer = await blocked(t.onTestFinished, name, '0.6', 'child')
    t.expect(await peer.line()).toBe('returned [] in time')
    await peer.end()
  })
})

it('process.exit() ends it while workers sit in each of the calls', async () => {
  const code = `
    import { once } from 'node:events'
    import { setTimeout } from 'node:timers/promises'
    import { Worker } from 'node:worker_threads'
    const [, program, ...names] = process.argv
    const workers = names.map((call) => new Worker(program, { workerData: { call }, execArgv: [] }))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    await setTimeout(150)
    console.log('exit')
    process.exit(7)`
  const args = ['--input-type=module', '-e', code, program, ...names]
  const peer = new Peer(process.execPath, args)
  onTestFinished(() => {
    peer.child.kill('SIGKILL')
  })
  const exit = once(peer.child, 'exit')
  expect(await peer.line()).toBe('exit')
  const begun = performance.now()
  expect(await exit).toEqual([7, null])
  expect(performance.now() - begun).toBeLessThan(5000)
})
