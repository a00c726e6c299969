// The proxy by splice, between programs that know nothing of it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ask, folder, type Peer, python } from '../peer.js'
import { missing } from './lab.js'
import { start } from './run.js'

async function proxy(to: string): Promise<[Peer, port: string]> {
  const relay = start('ours', 'relay', '0', '127.0.0.1', to)
  return [relay, (await relay.line()).split(':').at(-1) ?? '']
}

it('relay: curl fetches 3 MB from a python3 server', async (ctx) => {
  const noCurl = await missing('curl')
  ctx.skip(noCurl !== null, noCurl ?? '')
  const web = join(folder(), 'web')
  mkdirSync(web)
  const content = Buffer.alloc(3_000_000, 'a line of the file\n')
  writeFileSync(join(web, 'file'), content)
  const server = python(
    `
import functools, http.server
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
print(server.server_port)
server.serve_forever()`,
    web,
  )
  const [relay, port] = await proxy(await server.line())
  const { stdout } = spawnSync('curl', ['-s', `http://127.0.0.1:${port}/file`], {
    maxBuffer: 1 << 23,
  })
  expect(stdout.equals(content)).toBe(true)
  expect(await relay.line()).toMatch(/: \d+ bytes sent, 3000\d\d\d received$/)
})

it('relay: half-closing passes through, either way first', async () => {
  const server = python(`
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
while True:
    c, _ = s.accept()
    got = b''
    while data := c.recv(65536): got += data
    c.sendall(got[::-1])
    c.close()`)
  const [relay, port] = await proxy(await server.line())
  expect(
    ask<string>(`
import json, socket
c = socket.create_connection(('127.0.0.1', ${port}), 10)
c.sendall(b'0123456789' * 1000)
c.shutdown(socket.SHUT_WR)
got = b''
while data := c.recv(65536): got += data
print(json.dumps(got == b'9876543210' * 1000))`),
  ).toBe(true)
  expect(await relay.line()).toMatch(/: 10000 bytes sent, 10000 received$/)
})

it('relay: a server that is not there is a line, not the end', async () => {
  const [relay, port] = await proxy('1')
  let stderr = ''
  relay.child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const connect = `import json, socket
c = socket.create_connection(('127.0.0.1', ${port}), 10)
print(json.dumps(len(c.recv(1))))`
  expect([ask(connect), ask(connect)]).toEqual([0, 0])
  await expect.poll(() => stderr).toContain('Connection refused') // ask() held the loop up
})
