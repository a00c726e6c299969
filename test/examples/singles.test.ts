// What the pairings do not show: the examples that stand alone, clients that do
// not behave, and the ports.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { built, type Language, run, serve, source } from './run.js'

socket.setdefaulttimeout(10)

const languages: readonly Language[] = ['ours', 'python']

it('services: says what Python says', () => {
  // Where /etc/services is missing both end with the same error.
  const ours = spawnSync(process.execPath, [built('services')], { encoding: 'utf8' })
  const python = spawnSync('python3', [source('python', 'services')], { encoding: 'utf8' })
  expect(ours.stdout).toBe(python.stdout)
  expect(ours.status).toBe(python.status)
  const last = python.status === 0 ? ours.stdout : ours.stderr
  expect(last).toContain('service/proto not found')
})

it('exceptions: catches what Python catches, in the same words', async () => {
  // glibc answers "::" by itself and leaves the global h_errno alone, where
  // Python reads the reason; the class is the same.
  const reasonless = (text: string) => text.replace(/^herror: .*$/m, 'herror')
  const ours = await run('ours', 'exceptions')
  expect(reasonless(ours)).toBe(reasonless(await run('python', 'exceptions')))
  expect(ours).toBe(
    [
      'error: [Errno 98] Address already in use',
      'timeout: timed out',
      'herror: [Errno 1] Unknown host',
      'gaierror: [Errno -2] Name or service not known',
      'ConnectionAbortedError: [Errno 103] Software caused connection abort',
      'ConnectionRefusedError: [Errno 111] Connection refused',
      'ConnectionResetError: [Errno 104] Connection reset by peer',
      'NotConnectedError: [Errno 107] Transport endpoint is not connected',
      '',
    ].join('\n'),
  )
})

describe.each(languages)('against a server in %s', (language) => {
  it.each(languages)('who_am_i: %s tells what the server sees', async (client) => {
    const [server, port] = await serve(language, 'tcp_echo_server')
    const [me, peer] = (await run(client, 'who_am_i', [`${port}`])).split('\n')
    expect(await server.line()).toBe(me.replace('I am', 'connected:'))
    expect(peer).toBe(`my peer is 127.0.0.1:${port}`)
  })

  it('tcp_echo_server: sends everything back, and serves the next client', async () => {
    const [, port] = await serve(language, 'tcp_echo_server')
    const data = Buffer.alloc(100_000, 'what goes in comes out ')
    for (const part of [data.subarray(0, 1), data]) {
      using client = socket.create_connection(['127.0.0.1', port])
      client.sendall(part)
      client.shutdown(socket.SHUT_WR)
      const echoed: Buffer[] = []
      for (let got = client.recv(65536); got.length > 0; got = client.recv(65536)) echoed.push(got)
      expect(Buffer.concat(echoed).equals(part)).toBe(true)
    }
  })

  it('udp_time_server: tells the time now, and only when asked for it', async () => {
    const [, port] = await serve(language, 'udp_time_server')
    using client = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(['127.0.0.1', port])
    for (const question of ['weather', 'time', '']) client.send(Buffer.from(question))
    const date = client.recv(1024).toString()
    expect(date).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    expect(Math.abs(Date.now() - new Date(date.replace(' ', 'T')).getTime())).toBeLessThan(5000)
    client.settimeout(0.2)
    expect(() => client.recv(1024)).toThrow(socket.timeout)
  })

  it('chat_server: goes on when a client leaves without a word', async () => {
    const [, port] = await serve(language, 'chat_server')
    for (let i = 0; i < 2; i++) {
      using client = socket.create_connection(['127.0.0.1', port])
      expect(client.recv(1024).toString()).toBe('你好, 客户端!')
    }
  })

  it('gbk_server: what is on the wire is GBK', async () => {
    const [server, port] = await serve(language, 'gbk_server')
    using client = socket.create_connection(['127.0.0.1', port])
    client.sendall(Buffer.from([0xc4, 0xe3, 0xba, 0xc3])) // 你好
    expect(client.recv(1024).toString('hex')).toBe('cad5b5bd203220b8f6d7d62c20d0bbd0bb21')
    expect(await server.line()).toMatch(/ 说: 你好$/)
  })
})

const originals = readdirSync(new URL('python', import.meta.url))
  .filter((file) => file.endsWith('.py'))
  .map((file) => basename(file, '.py'))

it.each(originals)('%s: the same default ports and hosts as its original', (name) => {
  const read = (language: Language) => readFileSync(source(language, name), 'utf8')
  const defaults = (text: string, pattern: RegExp) =>
    Array.from(text.matchAll(pattern), ([, value]) => value)
  expect(defaults(read('ours'), /argv\[\d\] \?\? ('[\d.]+'|\d+)/g)).toEqual(
    defaults(read('python'), /argv\) > \d else ('[\d.]+'|\d+)/g),
  )
})
