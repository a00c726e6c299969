// tcp_info: the offsets are the compiler's, the values are the kernel's.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { tcpInfoRows } from '#lib/tcpinfo'
import { folder, python } from '../peer.js'
import { twins } from '../twins.js'

const { IPPROTO_TCP, TCP_INFO, tcp_info } = socket
const header = '/usr/include/linux/tcp.h'

socket.setdefaulttimeout(10)

if (!existsSync(header)) console.warn(`skipped: no ${header} to compare the offsets with`)

test('every field lies where the compiler puts it', (ctx) => {
  ctx.skip(!existsSync(header), 'no kernel header to compare with')
  const struct = /struct tcp_info \{([\s\S]*?)\n\};/.exec(readFileSync(header, 'utf8'))?.[1] ?? ''
  // The comment-free declarations, without the bit fields, which have no offset.
  const fields = [...struct.matchAll(/__u\d+\s+tcpi_(\w+)\s*;/g)].map(([, name]) => name)
  expect(fields.length).toBeGreaterThan(50)
  const program = join(folder(), 'offsets')
  const lines = fields.map((f) => `  ROW(${f});`).join('\n')
  writeFileSync(
    `${program}.cc`,
    `#include <linux/tcp.h>
#include <stddef.h>
#include <stdio.h>
#define ROW(f) printf("%s %zu %zu\\n", #f, offsetof(tcp_info, tcpi_##f), sizeof(tcp_info::tcpi_##f))
int main() {
${lines}
}
`,
  )
  const built = spawnSync(process.env.CXX ?? 'c++', ['-o', program, `${program}.cc`])
  expect(built.stderr?.toString()).toBe('')
  const measured = spawnSync(program).stdout.toString().trim().split('\n')
  // A header newer than the table may have more at the end.
  const ours = tcpInfoRows().filter(({ name }) => fields.includes(name))
  expect(ours.map(({ name, offset, width }) => `${name} ${offset} ${width}`)).toEqual(
    measured.slice(0, ours.length),
  )
  const bitFields = ['wscale', 'flags'] // two names of ours for what the header has as bits
  const missing = tcpInfoRows()
    .slice(0, fields.length + 2)
    .filter(({ name }) => !fields.includes(name))
  expect(missing.map(({ name }) => name)).toEqual(bitFields)
})

const infoOf = (s: socket.socket) =>
  tcp_info.decode(s.getsockopt(IPPROTO_TCP, TCP_INFO, tcp_info.size))

test('an older kernel gives less: the rest is undefined', () => {
  const bytes = Buffer.alloc(104, 1)
  const info = tcp_info.decode(bytes)
  expect(info.total_retrans).toBe(0x01010101)
  expect(info.pacing_rate).toBeUndefined()
  expect(info.total_rto_time).toBeUndefined()
  expect('pacing_rate' in info).toBe(false)
  expect(tcp_info.decode(bytes.subarray(0, 103)).total_retrans).toBeUndefined()
  expect(() => tcp_info.decode(bytes.subarray(0, 7))).toThrow(socket.ValueError)
})

test('the bit fields are parts of two bytes', () => {
  const bytes = Buffer.alloc(8)
  bytes[6] = 0x7a
  bytes[7] = 0b0000_0101
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  expect(tcp_info.decode(bytes)).toMatchObject(
    little
      ? { snd_wscale: 10, rcv_wscale: 7, delivery_rate_app_limited: true, fastopen_client_fail: 2 }
      : {
          snd_wscale: 7,
          rcv_wscale: 10,
          delivery_rate_app_limited: false,
          fastopen_client_fail: 0,
        },
  )
})

describe.each(twins)('%s', (_, socket) => {
  test('a connection to python3: the state, the bytes, the scales', async () => {
    const peer = python(`
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
n = 0
while n < 5000: n += len(c.recv(5000))
c.sendall(b'x' * 700)
raw = c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1024)
print(raw[0], raw[6] & 15, raw[6] >> 4)
sys.stdin.read()
`)
    using s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
    await s.sendall(Buffer.alloc(5000))
    let got = 0
    while (got < 700) got += (await s.recv(700)).length
    const [state, sndScale, rcvScale] = (await peer.line()).split(' ').map(Number)
    const info = infoOf(s)
    expect(info.state).toBe(state)
    expect(info.state).toBe(socket.TCP_ESTABLISHED)
    expect([info.rcv_wscale, info.snd_wscale]).toEqual([sndScale, rcvScale])
    expect(info).toMatchObject({
      ca_state: 0,
      retransmits: 0,
      unacked: 0,
      lost: 0,
      bytes_received: 700,
      delivery_rate_app_limited: expect.any(Boolean),
    })
    expect(info.rtt).toBeGreaterThan(0)
    expect(info.rtt).toBeLessThan(10e6)
    expect(info.pmtu).toBeGreaterThan(1000)
    expect(info.max_pacing_rate).toBe(Number.POSITIVE_INFINITY)
    expect(info.bytes_acked).toBe(5001) // the SYN counts
    if (info.bytes_sent !== undefined) expect(info.bytes_sent).toBe(5000) // Linux 4.19
    peer.child.stdin?.end()
    await peer.end()
  })

  test('a listener, and a socket that is nothing yet', async () => {
    using fresh = socket.socket()
    expect(infoOf(fresh).state).toBe(socket.TCP_CLOSE)
    using listener = await socket.create_server(['127.0.0.1', 0])
    expect(infoOf(listener).state).toBe(socket.TCP_LISTEN)
  })
})
