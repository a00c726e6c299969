// A descriptor goes to another thread as a number: detach() here, fileno there.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { descriptors, python } from '../peer.js'
import { reactor } from './programs.js'

socket.setdefaulttimeout(10)
beforeAll(reactor)

const { AF_UNIX } = socket
// What is awaited may be there already: the tests are written for promises.
const twins = { blocking: socket as unknown as typeof promises, promises }
const names = ['blocking', 'promises'] as const

/** A worker with both twins; the text goes on in an async function. */
const worker = (text: string): Worker =>
  new Worker(
    `
    const { parentPort } = require('node:worker_threads')
    const post = (value) => parentPort.postMessage(value)
    const message = () => new Promise((resolve) => parentPort.once('message', resolve))
    ;(async () => {
      const blocking = await import('bsd-socket')
      const promises = await import('bsd-socket/promises')
      ${text}
    })()`,
    { eval: true },
  )

/** The loop closes what a worker had some time after its end. */
const counted = (count: number) =>
  expect.poll(() => descriptors().length, { timeout: 10_000 }).toBe(count)

const ways = names.flatMap((here) => names.map((there) => ({ here, there })))

describe.each(ways)('from $here to $there', ({ here, there }) => {
  const pair = () => twins[here].socketpair()

  it('the worker owns it, and closes it', async () => {
    const before = descriptors().length
    const echo = worker(`
      const s = new ${there}.socket({ fileno: await message() })
      post([s.family, s.fileno()])
      await s.sendall(await s.recv(100))
      s.close()`)
    const ended = once(echo, 'exit') // it may end before we have read the end of the stream
    const [ours, theirs] = pair()
    const fd = theirs.detach()
    echo.postMessage(fd)
    expect(theirs.fileno()).toBe(-1)
    expect((await once(echo, 'message'))[0]).toEqual([AF_UNIX, fd])
    await ours.sendall(Buffer.from('echo'))
    expect((await ours.recv(100)).toString()).toBe('echo')
    expect(await ours.recv(100)).toHaveLength(0) // nobody else has the other end
    ours.close()
    await ended
    await counted(before)
  })

  it('the worker gives one back, which outlives it', async () => {
    const before = descriptors().length
    const maker = worker(`
      const s = await ${there}.create_server(['127.0.0.1', 0])
      post(s.detach())`)
    const [[fd]] = await Promise.all([once(maker, 'message'), once(maker, 'exit')])
    const s = new twins[here].socket({ fileno: fd as number })
    const peer = python(
      `s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print(s.recv(100))`,
      `${(s.getsockname() as [string, number])[1]}`,
    )
    const [conn] = await s.accept()
    await conn.sendall(Buffer.from('hello'))
    conn.close()
    expect(await peer.line()).toBe("b'hello'")
    await peer.end()
    s.close()
    await counted(before)
  })
})

it('who is terminated takes what it owns with it, and nothing else', async () => {
  const before = descriptors().length
  const [a, b] = promises.socketpair()
  const taker = worker(`
    const s = new blocking.socket({ fileno: await message() })
    post('mine')
    s.recv(1)`)
  taker.postMessage(b.detach())
  await once(taker, 'message')
  await taker.terminate()
  expect(await a.recv(1)).toHaveLength(0) // closed
  a.close()
  await counted(before)
})

it('a number that nobody took belongs to nobody: the sender closes it', async () => {
  const before = descriptors().length
  const [a, b] = promises.socketpair()
  const deaf = worker('await message()')
  const fd = b.detach()
  deaf.postMessage(fd)
  await once(deaf, 'exit')
  a.settimeout(0.1)
  await expect(a.recv(1)).rejects.toThrow('timed out') // still open
  promises.close(fd)
  expect(await a.recv(1)).toHaveLength(0)
  a.close()
  await counted(before)
})

it('a duplicate for each: both use the socket, each closes its own', async () => {
  const before = descriptors().length
  const server = await promises.create_server(['127.0.0.1', 0])
  const serving = worker(`
    const s = new promises.socket({ fileno: await message() })
    post('ready')
    const [conn] = await s.accept()
    await conn.sendall(Buffer.from('from the worker'))
    conn.close()
    s.close()`)
  const ended = once(serving, 'exit')
  serving.postMessage(promises.dup(server.fileno()))
  await once(serving, 'message')
  const served = async () => {
    const s = await promises.create_connection(server.getsockname())
    const data = await s.recv(100)
    s.close()
    return data.toString()
  }
  expect(await served()).toBe('from the worker')
  await ended
  const asked = served()
  const [conn] = await server.accept()
  await conn.sendall(Buffer.from('from here'))
  conn.close()
  expect(await asked).toBe('from here')
  server.close()
  await counted(before)
})
