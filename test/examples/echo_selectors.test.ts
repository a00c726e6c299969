// The echo server with selectors: all clients in one thread.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { python } from '../peer.js'
import { interrupt, type Language, run, serve } from './run.js'

socket.setdefaulttimeout(10)

const connect = (port: number) => socket.create_connection(['127.0.0.1', port])

/** Sends a text and gives what comes back; all of it comes in one piece when it is short. */
function echo(client: socket.socket, text: string): string {
  client.sendall(Buffer.from(text))
  return client.recv(1024).toString()
}

describe.each<Language>(['ours', 'python'])('%s', (language) => {
  it('a client does not wait for those before it', async () => {
    const [, port] = await serve(language, 'echo_selectors')
    using first = connect(port)
    using second = connect(port)
    using third = connect(port)
    expect(echo(third, '3')).toBe('3')
    expect(echo(first, '1')).toBe('1')
    expect(echo(second, '2')).toBe('2')
    expect(echo(first, 'again')).toBe('again')
  })

  it('serves the echo client of the other side, and says who came and went', async () => {
    const [server, port] = await serve(language, 'echo_selectors')
    const client = language === 'ours' ? 'python' : 'ours'
    expect(await run(client, 'tcp_echo_client', [`${port}`])).toBe('received: Hello, echo!\n')
    const peer = (await server.line()).replace('connected: ', '')
    expect(peer).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(await server.line()).toBe(`left: ${peer}`)
  })

  it('many Python clients at once, who send more than fits into the buffers before they read', async () => {
    const [, port] = await serve(language, 'echo_selectors')
    const clients = python(
      `
import threading
def visit(i):
    c = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    data = bytes([i]) * 300_000
    def send():
        c.sendall(data)
        c.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    if b''.join(iter(lambda: c.recv(4096), b'')) == data: done.append(i)
    sender.join()
done = []
threads = [threading.Thread(target=visit, args=[i]) for i in range(20)]
for t in threads: t.start()
for t in threads: t.join()
print(len(done))
`,
      `${port}`,
    )
    expect(await clients.line()).toBe('20')
    await clients.end()
  })

  it('a client that does not read holds up no other', async () => {
    const [, port] = await serve(language, 'echo_selectors')
    using lazy = connect(port)
    lazy.setblocking(false)
    // Until the server can send it nothing more, and has stopped reading from it.
    let rounds = 0
    const block = Buffer.alloc(65536)
    while (rounds < 20) {
      try {
        lazy.send(block)
        rounds = 0
      } catch (error) {
        if (!(error instanceof socket.BlockingIOError)) throw error
        rounds++
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    using other = connect(port)
    expect(echo(other, 'still there?')).toBe('still there?')
  })

  it('a reset of one client is reported, and the others go on', async () => {
    const [server, port] = await serve(language, 'echo_selectors')
    let report = ''
    server.child.stderr?.on('data', (chunk) => {
      report += chunk
    })
    using other = connect(port)
    expect(echo(other, 'before')).toBe('before')
    const client = connect(port)
    expect(echo(client, 'x')).toBe('x')
    const [host, ownPort] = client.getsockname() as [string, number]
    client.setsockopt(
      socket.SOL_SOCKET,
      socket.SO_LINGER,
      Buffer.from(new Int32Array([1, 0]).buffer),
    )
    client.close()
    expect(echo(other, 'after')).toBe('after')
    await expect
      .poll(() => report, { timeout: 10_000 })
      .toBe(`${host}:${ownPort}: [Errno 104] Connection reset by peer\n`)
  })

  it('Ctrl-C ends it', async () => {
    const [server, port] = await serve(language, 'echo_selectors')
    using client = connect(port)
    expect(echo(client, 'here')).toBe('here')
    expect(await interrupt(server)).toBe('SIGINT')
    expect(client.recv(1)).toHaveLength(0)
  })
})
