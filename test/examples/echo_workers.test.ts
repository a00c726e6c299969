// The echo server with a worker for each client.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import * as socket from 'bsd-socket'
import { expect, it } from 'vitest'
import { type Peer, python } from '../peer.js'
import { interrupt, type Language, run, serve } from './run.js'

socket.setdefaulttimeout(10)

const connect = (port: number) => socket.create_connection(['127.0.0.1', port])

/** Sends a text and gives what comes back; all of it comes in one piece when it is short. */
function echo(client: socket.socket, text: string): string {
  client.sendall(Buffer.from(text))
  return client.recv(1024).toString()
}

/** How many threads a program has. */
const threads = ({ child }: Peer) => readdirSync(`/proc/${child.pid}/task`).length

/** How many sockets it has open. `ls` takes it easily when other descriptors go meanwhile. */
const sockets = ({ child }: Peer) =>
  spawnSync('ls', ['-l', `/proc/${child.pid}/fd`], { encoding: 'utf8' }).stdout.split('socket:')
    .length - 1

it.each<Language>(['ours', 'python'])(
  '%s: a client does not wait for those before it',
  async (language) => {
    const [, port] = await serve(language, 'echo_workers')
    using first = connect(port)
    using second = connect(port)
    using third = connect(port)
    expect(echo(third, '3')).toBe('3')
    expect(echo(first, '1')).toBe('1')
    expect(echo(second, '2')).toBe('2')
    expect(echo(first, 'again')).toBe('again')
  },
)

it.each<Language>(['ours', 'python'])(
  '%s: serves the echo client of the other side',
  async (language) => {
    const [, port] = await serve(language, 'echo_workers')
    const client = language === 'ours' ? 'python' : 'ours'
    expect(await run(client, 'tcp_echo_client', [`${port}`])).toBe('received: Hello, echo!\n')
  },
)

it('serves many Python clients that are all connected', async () => {
  const [, port] = await serve('ours', 'echo_workers')
  const clients = python(
    `
clients = [socket.create_connection(('127.0.0.1', int(sys.argv[1]))) for _ in range(12)]
for i, c in enumerate(clients): c.sendall(bytes([i]) * 5000)
for i, c in enumerate(clients):
    c.shutdown(socket.SHUT_WR)
    assert b''.join(iter(lambda: c.recv(4096), b'')) == bytes([i]) * 5000
`,
    `${port}`,
  )
  await clients.end()
})

it('a reset of one client is reported, and the others go on', async () => {
  const [server, port] = await serve('ours', 'echo_workers')
  using other = connect(port)
  expect(echo(other, 'before')).toBe('before')
  const client = connect(port)
  expect(echo(client, 'x')).toBe('x')
  const linger = Buffer.from(new Int32Array([1, 0]).buffer)
  client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
  const [host, ownPort] = client.getsockname() as [string, number]
  client.close()
  expect(echo(other, 'after')).toBe('after')
  let report = ''
  server.child.stderr?.on('data', (chunk) => {
    report += chunk
  })
  // A report waits for Node's turn in the main thread, which the next client brings.
  while (report === '') {
    using next = connect(port)
    expect(echo(next, 'next')).toBe('next')
    await setTimeout(20)
  }
  expect(report).toBe(`${host}:${ownPort}: [Errno 104] Connection reset by peer\n`)
})

it('keeps neither threads nor descriptors of clients that have left', async () => {
  const [server, port] = await serve('ours', 'echo_workers')
  const visit = () => {
    using client = connect(port)
    expect(echo(client, 'visit')).toBe('visit')
    client.shutdown(socket.SHUT_WR)
    expect(client.recv(1)).toHaveLength(0) // its worker has closed the connection
  }
  visit()
  const before = [threads(server), sockets(server)]
  for (let i = 0; i < 10; i++) visit()
  expect(sockets(server)).toBe(before[1])
  // A thread ends a little later than its connection.
  await expect.poll(() => threads(server), { timeout: 10_000 }).toBeLessThanOrEqual(before[0])
})

it.each<Language>(['ours', 'python'])('%s: Ctrl-C ends it, clients or not', async (language) => {
  const [server, port] = await serve(language, 'echo_workers')
  using client = connect(port)
  expect(echo(client, 'here')).toBe('here')
  expect(await interrupt(server)).toBe(0)
  expect(await server.line()).toMatch(/^connected: /)
  expect(await server.line()).toBe('bye')
  expect(client.recv(1)).toHaveLength(0)
})
