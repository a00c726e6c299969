// The echo, HTTP, HTTPS and descriptor programs against programs that are not ours:
// curl, openssl, socat, python3.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { folder, Peer, python } from '../peer.js'
import { certificate, lines, missing } from './lab.js'
import { serve, start } from './run.js'

const absent = {
  curl: await missing('curl'),
  openssl: await missing('openssl'),
  socat: await missing('socat'),
}

/** Runs a command with an input, and gives what it printed; a failure says why. */
async function said(command: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(command, args, { timeout: 15_000 })
  child.stdin.on('error', () => {}) // it may end before it has read all
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = await ended
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${out}${complaint}`)
  return out
}

const curl = (...args: string[]) => said('curl', ['-sS', '--noproxy', '*', ...args])

/** Starts a server at a place of the kind; gives the place, the port for TCP. */
async function serving(
  name: string,
  kind: 'TCP' | 'a path' | 'an abstract name',
  ...before: string[]
): Promise<[Peer, string]> {
  const path = join(folder(), 'socket')
  const place = { TCP: '0', 'a path': path, 'an abstract name': `@${path}` }[kind]
  const server = start('ours', name, ...before, place)
  const line = await server.line()
  if (kind !== 'TCP') expect(line).toBe(`listening on ${place}`)
  return [server, kind === 'TCP' ? String(line.split(':').pop()) : place]
}

describe('echo', () => {
  const long = 'all of it comes back\n'.repeat(20_000)
  const servers = ['tcp_echo_server', 'echo_workers', 'echo_selectors', 'echo_promises']

  it.for(servers)('%s: socat, which reads to the end', async (name, ctx) => {
    if (absent.socat !== null) ctx.skip(absent.socat)
    const [, port] = await serve('ours', name)
    const address = `TCP4:127.0.0.1:${port}`
    expect(await said('socat', ['-t', '10', '-', address], long)).toBe(long)
  })

  it('echo_promises on a path: socat and python3', async (ctx) => {
    if (absent.socat !== null) ctx.skip(absent.socat)
    const [server, path] = await serving('echo_promises', 'a path')
    expect(await said('socat', ['-t', '10', '-', `UNIX-CONNECT:${path}`], long)).toBe(long)
    expect([await server.line(), await server.line()]).toEqual([
      'connected: unnamed',
      'left: unnamed',
    ])
    const bound = `UNIX-CONNECT:${path},bind=${path}.client`
    expect(await said('socat', ['-t', '10', '-', bound], 'hello')).toBe('hello')
    expect(await server.line()).toBe(`connected: ${path}.client`)
    expect(await pythonEchoed(path)).toBe('hello python')
  })

  it('echo_promises on an abstract name: socat and python3', async (ctx) => {
    if (absent.socat !== null) ctx.skip(absent.socat)
    const [, name] = await serving('echo_promises', 'an abstract name')
    const address = `ABSTRACT-CONNECT:${name.slice(1)}`
    expect(await said('socat', ['-t', '10', '-', address], long)).toBe(long)
    expect(await pythonEchoed(name)).toBe('hello python')
  })

  it('tcp_echo_client: against a server of socat', async (ctx) => {
    if (absent.socat !== null) ctx.skip(absent.socat)
    const socat = new Peer('socat', ['-d', '-d', 'TCP4-LISTEN:0,bind=127.0.0.1', 'EXEC:cat'])
    let noted = ''
    socat.child.stderr?.on('data', (chunk) => {
      noted += chunk
    })
    await expect.poll(() => noted, { timeout: 10_000 }).toMatch(/listening on .*:\d+/)
    const port = /listening on .*:(\d+)/.exec(noted)?.[1] ?? ''
    const client = start('ours', 'tcp_echo_client', port)
    expect(await lines(client)).toEqual(['received: Hello, echo!'])
    socat.child.kill()
  })

  /** What python3 gets back from a Unix server. */
  const pythonEchoed = (place: string) =>
    python(
      `
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1].replace('@', '\\0'))
s.sendall(b'hello python'); s.shutdown(socket.SHUT_WR)
print(b''.join(iter(lambda: s.recv(100), b'')).decode())`,
      place,
    ).line()
})

describe('node_http', () => {
  it('curl over a path, two requests on one connection', async (ctx) => {
    if (absent.curl !== null) ctx.skip(absent.curl)
    const [server, path] = await serving('node_http', 'a path')
    const count = ['-w', '%{num_connects} %{http_version}\n']
    const urls = ['http://localhost/one', 'http://localhost/two']
    const answer = await curl('--http1.1', '--unix-socket', path, ...count, ...urls)
    expect(answer).toBe('GET /one\n1 1.1\nGET /two\n0 1.1\n')
    expect([await server.line(), await server.line()]).toEqual(['GET /one', 'GET /two'])
  })

  it('curl over an abstract name', async (ctx) => {
    if (absent.curl !== null) ctx.skip(absent.curl)
    const [, name] = await serving('node_http', 'an abstract name')
    const where = ['--abstract-unix-socket', name.slice(1)]
    expect(await curl(...where, 'http://localhost/page')).toBe('GET /page\n')
    expect(await curl(...where, '-d', 'posted', 'http://localhost/')).toBe('POST /\nposted')
  })

  it('curl, --http1.1 and --http1.0, over TCP', async (ctx) => {
    if (absent.curl !== null) ctx.skip(absent.curl)
    const [, port] = await serving('node_http', 'TCP')
    const url = `http://127.0.0.1:${port}/page`
    const version = ['-w', '%{http_version}']
    expect(await curl('--http1.1', ...version, url)).toBe('GET /page\n1.1')
    expect(await curl('--http1.0', ...version, url)).toBe('GET /page\n1.1')
    expect(await curl('-I', url)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })

  it('socat, with a request by hand', async (ctx) => {
    if (absent.socat !== null) ctx.skip(absent.socat)
    const [, path] = await serving('node_http', 'a path')
    const request = 'GET /hand HTTP/1.0\r\n\r\n'
    const answer = await said('socat', ['-t', '10', '-', `UNIX-CONNECT:${path}`], request)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nGET \/hand\n$/)
  })
})

describe('https', () => {
  let [key, cert] = ['', '']
  const request = 'GET /page HTTP/1.0\r\n\r\n'
  const answered = /HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nGET \/page\n/

  const served = (kind: Parameters<typeof serving>[1]) => {
    ;[key, cert] = certificate()
    return serving('node_https', kind, key, cert)
  }

  beforeEach((ctx) => {
    if (absent.openssl !== null) ctx.skip(absent.openssl)
  })

  it('node_https: curl, which trusts no other CA', async (ctx) => {
    if (absent.curl !== null) ctx.skip(absent.curl)
    const [server, port] = await served('TCP')
    const url = `https://localhost:${port}/page`
    expect(await curl('--http1.1', '--cacert', cert, url)).toBe('GET /page\n')
    const posted = 'x'.repeat(300_000)
    const file = join(folder(), 'file')
    writeFileSync(file, posted)
    expect(await curl('--cacert', cert, '--data-binary', `@${file}`, url)).toBe(
      `POST /page\n${posted}`,
    )
    await expect(curl(url)).rejects.toThrow(/ended with 60: .*self-signed certificate/s)
    expect([await server.line(), await server.line()]).toEqual(['GET /page', 'POST /page'])
  })

  it.for(['a path', 'an abstract name'] as const)('node_https: curl over %s', async (kind, ctx) => {
    if (absent.curl !== null) ctx.skip(absent.curl)
    const [, place] = await served(kind)
    const where =
      kind === 'a path' ? ['--unix-socket', place] : ['--abstract-unix-socket', place.slice(1)]
    expect(await curl('--cacert', cert, ...where, 'https://localhost/page')).toBe('GET /page\n')
  })

  it('node_https: openssl s_client', async () => {
    const [, port] = await served('TCP')
    const verify = ['-CAfile', cert, '-verify_return_error', '-verify_hostname', 'localhost']
    for (const version of ['-tls1_2', '-tls1_3']) {
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', ...verify, version]
      const output = await said('openssl', args, request)
      expect(output).toMatch(answered)
      expect(output).toContain('Verify return code: 0 (ok)')
      expect(output).toContain(version === '-tls1_2' ? 'TLSv1.2' : 'TLSv1.3')
    }
  })

  it('node_https on a path: openssl s_client -unix', async () => {
    const [, path] = await served('a path')
    const args = ['s_client', '-unix', path, '-ign_eof', '-CAfile', cert, '-verify_return_error']
    expect(await said('openssl', args, request)).toMatch(answered)
  })

  it('node_https: socat', async (ctx) => {
    if (absent.socat !== null) ctx.skip(absent.socat)
    const [, port] = await served('TCP')
    const address = `OPENSSL:localhost:${port},pf=ip4,cafile=${cert}`
    expect(await said('socat', ['-t', '10', '-', address], request)).toMatch(answered)
  })

  it('node_https: python3', async () => {
    const [, port] = await served('TCP')
    const client = python(
      `
import http.client, ssl
context = ssl.create_default_context(cafile=sys.argv[2])
c = http.client.HTTPSConnection('localhost', int(sys.argv[1]), context=context, timeout=10)
for path in '/one', '/two':
    c.request('POST', path, b'x' * 100_000)
    r = c.getresponse(); body = r.read()
    print(r.status, c.sock.version(), len(body), body[:10])`,
      port,
      cert,
    )
    expect(await client.line()).toBe("200 TLSv1.3 100010 b'POST /one\\n'")
    expect(await client.line()).toBe("200 TLSv1.3 100010 b'POST /two\\n'")
  })

  it('node_https: node_tls', async () => {
    const [, port] = await served('TCP')
    const client = start('ours', 'node_tls', `https://localhost:${port}/page`, cert)
    expect(await lines(client)).toEqual(['GET /page'])
  })

  it('node_tls: openssl s_server', async () => {
    const [key, cert] = certificate()
    const args = ['-accept', '127.0.0.1:0', '-key', key, '-cert', cert, '-www']
    const server = new Peer('openssl', ['s_server', ...args])
    let line = ''
    while (!line.startsWith('ACCEPT')) line = await server.line()
    const url = `https://localhost:${line.split(':').pop()}/`
    const page = await lines(start('ours', 'node_tls', url, cert))
    expect(page.join('\n')).toMatch(/s_server[\s\S]*TLSv1\.3/)
    server.child.kill()
  })
})

describe('descriptors', () => {
  it("fd_send: python3's recv_fds", async () => {
    const path = join(folder(), 'socket')
    const file = join(folder(), 'letter')
    writeFileSync(file, 'dear python')
    const peer = python(
      `
import os
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print('ready')
c = s.accept()[0]
data, fds, flags, _ = socket.recv_fds(c, 1024, 4)
print(data.decode(), len(fds), flags & socket.MSG_CTRUNC, os.read(fds[0], 100).decode())
c.sendall(b'thanks')`,
      path,
    )
    expect(await peer.line()).toBe('ready')
    const sending = start('ours', 'fd_send', path, file)
    expect(await peer.line()).toBe(`${file} 1 0 dear python`)
    expect((await lines(sending))[1]).toBe('it says: thanks')
  })
})
