// HTTP and FTP by hand, against curl, Python's http.server and a small FTP server.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { folder, python } from '../peer.js'
import { missing } from './lab.js'
import { built, type Language, run, serve, start } from './run.js'

socket.setdefaulttimeout(10)
const languages: readonly Language[] = ['ours', 'python']
const noCurl = await missing('curl')

const curl = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('curl', ['-sS', '--noproxy', '*', ...args], {
    maxBuffer: 1 << 26,
    timeout: 15_000,
  })
  return { status, stdout, stderr: stderr.toString() }
}

describe.each(languages)('http_server in %s', (serverIn) => {
  it.each(languages)('http_client in %s gets what it asks for', async (clientIn) => {
    const [, port] = await serve(serverIn, 'http_server')
    const said = await run(clientIn, 'http_client', [`http://127.0.0.1:${port}/a/path?with=query`])
    expect(said).toBe('GET /a/path?with=query\n')
  })

  it('answers curl: GET, POST, HEAD, and several over one connection', async (ctx) => {
    if (noCurl !== null) ctx.skip(noCurl)
    const [, port] = await serve(serverIn, 'http_server')
    const url = `http://127.0.0.1:${port}`
    const posted = 'gutentag '.repeat(50_000)
    const body = join(folder(), 'body')
    writeFileSync(body, posted)
    expect(curl(`${url}/1`, `${url}/2`).stdout.toString()).toBe('GET /1\nGET /2\n')
    const answer = curl('--data-binary', `@${body}`, '-H', 'Expect:', `${url}/3`)
    expect(answer.stdout.toString()).toBe(`POST /3\n${posted}`)
    expect(curl('-I', `${url}/4`).stdout.toString()).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/,
    )
    const reused = curl(
      '-w',
      '%{num_connects} ',
      '-o',
      '/dev/null',
      `${url}/5`,
      '-o',
      '/dev/null',
      `${url}/6`,
    )
    expect(reused.stdout.toString()).toBe('1 0 ')
  })
})

it('http_client: reads chunks, and a body that ends with the connection', async () => {
  const [, port] = await serve('python', 'http_server')
  expect(await run('ours', 'http_client', [`http://127.0.0.1:${port}/chunked`])).toBe(
    'GET /chunked\n',
  )
  const old = python(`
s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])
c = s.accept()[0]; c.recv(1000); c.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\nto the end'); c.close()`)
  expect(await run('ours', 'http_client', [`http://127.0.0.1:${await old.line()}/`])).toBe(
    'to the end',
  )
})

describe('file_server', () => {
  async function serving() {
    const root = join(folder(), 'root')
    mkdirSync(join(root, 'sub'), { recursive: true })
    const data = Buffer.from(Array.from({ length: 1_000_003 }, (_, i) => (i * 7919) >>> 3))
    writeFileSync(join(root, 'sub', 'big file.bin'), data)
    writeFileSync(join(root, 'empty'), '')
    writeFileSync(join(root, '..', 'secret'), 'not yours')
    symlinkSync('../secret', join(root, 'link'))
    const server = start('ours', 'file_server', '0', root)
    const port = (await server.line()).split(':').pop()
    return { url: `http://127.0.0.1:${port}`, data, server }
  }

  it('curl gets every byte', async (ctx) => {
    if (noCurl !== null) ctx.skip(noCurl)
    const { url, data, server } = await serving()
    const got = curl('-f', `${url}/sub/big%20file.bin`)
    expect(got.stderr).toBe('')
    expect(got.stdout.equals(data)).toBe(true)
    expect(await server.line()).toBe('/sub/big%20file.bin: 1000003 bytes')
    expect(curl('-f', `${url}/empty`)).toMatchObject({ status: 0, stdout: Buffer.alloc(0) })
  })

  it('nothing outside of the folder, and no folder', async (ctx) => {
    if (noCurl !== null) ctx.skip(noCurl)
    const { url } = await serving()
    for (const path of [
      '/../secret',
      '/%2e%2e/secret',
      '/link',
      '/sub',
      '/',
      '/nothing',
      '/%00',
      '/%',
    ]) {
      const said = curl('--path-as-is', '-o', '/dev/null', '-w', '%{http_code}', url + path)
      expect([path, said.stdout.toString()]).toEqual([path, '404'])
    }
  })
})

/** An FTP server for one client; argv[1] says whether it knows EPSV, argv[2] is its file. */
const ftp = `
s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])
c = s.accept()[0]; f = c.makefile('rwb')
def say(text): f.write(text.encode() + b'\\r\\n'); f.flush()
def send(data):
    say('150 here it comes'); d = passive.accept()[0]; d.sendall(data); d.close(); say('226 done')
say('220-welcome\\r\\n 220 is not the end yet\\r\\n220 to this server')
for line in f:
    assert line.endswith(b'\\r\\n'), line
    word, _, rest = line.decode().strip().partition(' ')
    if word == 'USER': say('331 password?')
    elif word == 'PASS': say('230 come in')
    elif word == 'TYPE': say('200 binary')
    elif word == 'EPSV' and sys.argv[1] == 'EPSV':
        passive = socket.create_server(('127.0.0.1', 0))
        say('229 Extended (|||%d|)' % passive.getsockname()[1])
    elif word == 'PASV':
        passive = socket.create_server(('127.0.0.1', 0)); port = passive.getsockname()[1]
        say('227 Passive (192,0,2,1,%d,%d)' % divmod(port, 256))
    elif word == 'LIST': send(b'-rw-r--r-- 1 a file\\r\\n')
    elif word == 'RETR' and rest == '/file': send(open(sys.argv[2], 'rb').read())
    elif word == 'RETR': say('550 no such file')
    elif word == 'QUIT': say('221 bye'); break
    else: say('502 what is ' + word)
print('ended')`

describe.each(['EPSV', 'PASV'])('ftp_client by %s', (passive) => {
  it('lists, fetches every byte, and says when a file is missing', async () => {
    const file = join(folder(), 'file')
    writeFileSync(file, Buffer.from(Array.from({ length: 300_001 }, (_, i) => (i * 31) >>> 2)))
    const fetching = async (path: string) => {
      const server = python(ftp, passive, file)
      const args = ['127.0.0.1', await server.line(), path]
      // In a process of its own: this one has to go on reading.
      return { server, ...spawnSync(process.execPath, [built('ftp_client'), ...args]) }
    }
    const listed = await fetching('/')
    expect(listed.stdout.toString()).toBe('-rw-r--r-- 1 a file\r\n')
    expect(await listed.server.line()).toBe('ended')
    const fetched = await fetching('/file')
    expect(fetched.stdout.equals(readFileSync(file))).toBe(true)
    const absent = await fetching('/other')
    expect(absent.stderr.toString()).toContain('RETR: 550 no such file')
    expect(absent.status).not.toBe(0)
  })
})
