// The examples of the promise twin: many clients at once, and Node's http and tls.

import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import * as socket from 'bsd-socket'
import { expect, it } from 'vitest'
import { python } from '../peer.js'
import { certificate, missing } from './lab.js'
import { built, type Language, run, serve } from './run.js'

socket.setdefaulttimeout(10)

it('echo_promises: silent clients keep nobody waiting', async () => {
  const [server, port] = await serve('ours', 'echo_promises')
  const silent = Array.from({ length: 50 }, () => socket.create_connection(['127.0.0.1', port]))
  for (const _ of silent) expect(await server.line()).toMatch(/^connected: 127\.0\.0\.1:\d+$/)
  for (const client of ['ours', 'python'] as const satisfies Language[]) {
    expect(await run(client, 'tcp_echo_client', [`${port}`])).toBe('received: Hello, echo!\n')
  }
  for (const [i, s] of silent.reverse().entries()) {
    s.sendall(Buffer.from(`client ${i}`))
    expect(s.recv(100).toString()).toBe(`client ${i}`)
    s.close()
  }
})

it('echo_promises: a client that resets its connection harms no other', async () => {
  const [, port] = await serve('ours', 'echo_promises')
  const rude = socket.create_connection(['127.0.0.1', port])
  const reset = socket.linger.encode({ onoff: true, linger: 0 })
  rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
  rude.sendall(Buffer.from('never mind'))
  rude.close()
  expect(await run('ours', 'tcp_echo_client', [`${port}`])).toBe('received: Hello, echo!\n')
})

it('node_http: answers our client by hand, and Python', async () => {
  const [server, port] = await serve('ours', 'node_http')
  for (const client of ['ours', 'python'] as const satisfies Language[]) {
    const url = `http://127.0.0.1:${port}/some/path`
    expect(await run(client, 'http_client', [url])).toBe('GET /some/path\n')
    expect(await server.line()).toBe('GET /some/path')
  }
})

it('node_http: takes from curl what it posts', async (ctx) => {
  const noCurl = await missing('curl')
  if (noCurl !== null) ctx.skip(noCurl)
  const [, port] = await serve('ours', 'node_http')
  const posted = 'x'.repeat(300_000)
  const url = `http://127.0.0.1:${port}/post`
  const curl = spawnSync('curl', ['-sS', '--noproxy', '*', '--data-binary', '@-', url], {
    input: posted,
    encoding: 'utf8',
  })
  expect(curl.stdout).toBe(`POST /post\n${posted}`)
})

it('node_tls: reads from a TLS server in Python, and trusts no other CA', async (ctx) => {
  const noOpenssl = await missing('openssl')
  if (noOpenssl !== null) ctx.skip(noOpenssl)
  const [key, cert] = certificate()
  const server = python(
    `
import http.server, ssl
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b'secret of ' + self.path.encode())
    def log_message(self, *args): pass
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(sys.argv[2], sys.argv[1])
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1]); server.serve_forever()`,
    key,
    cert,
  )
  const url = `https://localhost:${await server.line()}/page`
  const get = async (...args: string[]) => {
    const child = spawn(process.execPath, [built('node_tls'), url, ...args])
    const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { said, complaint }
  }
  const trusted = await get(cert)
  expect(trusted.said, trusted.complaint).toBe('secret of /page')
  expect(trusted.complaint).toMatch(/^connected to 127\.0\.0\.1 port \d+\nTLSv1\.3 \w+\n200 OK\n$/)
  const untrusted = await get()
  expect(untrusted.said).toBe('')
  expect(untrusted.complaint).toContain('self-signed certificate')
})
