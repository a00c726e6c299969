// inet_checksum against a naive Python.

import * as socket from 'bsd-socket'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask } from '../peer.js'
import { twins } from '../twins.js'

const { inet_checksum } = socket

/** RFC 1071 as it is written down, over lines of hexadecimal bytes. */
const naive = (samples: readonly Uint8Array[]) =>
  ask<number[]>(
    `
import json, sys
def checksum(data):
    if len(data) % 2: data += b'\\0'
    total = 0
    for i in range(0, len(data), 2):
        total += data[i] * 256 + data[i + 1]
        total = total % 65536 + total // 65536
    return 65535 - total
print(json.dumps([checksum(bytes.fromhex(line)) for line in sys.stdin.read().split('\\n')]))`,
    samples.map((sample) => Buffer.from(sample).toString('hex')).join('\n'),
  )

const anyBytes = fc.uint8Array({ maxLength: 300 })

test('any bytes: what Python computes', () => {
  const samples = [
    ...fc.sample(anyBytes, 500),
    ...[0, 1, 2, 3, 65_531, 65_532, 65_533, 65_535, 65_536, 200_001].flatMap((length) => [
      new Uint8Array(length),
      new Uint8Array(length).fill(0xff),
      Uint8Array.from({ length }, (_, i) => (i * 7919) >>> 3),
    ]),
  ]
  expect(samples.map((sample) => inet_checksum(sample))).toEqual(naive(samples))
})

test('the checksum of a message makes its checksum 0', () => {
  fc.assert(
    fc.property(anyBytes, (body) => {
      const packet = Buffer.concat([Buffer.from([8, 0, 0, 0]), body])
      packet.writeUInt16BE(inet_checksum(packet), 2)
      expect(inet_checksum(packet)).toBe(0)
    }),
  )
})

test('in two parts as in one', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      const head = a.subarray(0, a.length & ~1)
      expect(inet_checksum(b, inet_checksum(head))).toBe(inet_checksum(Buffer.concat([head, b])))
    }),
  )
})

test('every kind of bytes, at any alignment', () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => 255 - i)
  const { buffer } = bytes
  const expected = inet_checksum(bytes)
  const shared = new SharedArrayBuffer(40)
  new Uint8Array(shared).set(bytes)
  for (const data of [
    buffer,
    shared,
    Buffer.from(bytes),
    new DataView(buffer),
    new Uint16Array(buffer),
  ]) {
    expect(inet_checksum(data)).toBe(expected)
  }
  const odd = new Uint8Array(41)
  odd.set(bytes, 1)
  expect(inet_checksum(odd.subarray(1))).toBe(expected)
})

test('wrong arguments', () => {
  expect(() => inet_checksum('text' as unknown as Uint8Array)).toThrow(TypeError)
  expect(() => inet_checksum(Buffer.alloc(2), 65536)).toThrow(socket.OverflowError)
  expect(() => inet_checksum(Buffer.alloc(2), -1)).toThrow(socket.OverflowError)
  expect(() => inet_checksum(Buffer.alloc(2), 0.5)).toThrow(TypeError)
})

describe.each(twins)('%s', (_, socket) => {
  test('it is right where it counts: the kernel answers our ping', async () => {
    let icmp: socket.socket
    try {
      icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    } catch {
      console.warn('skipped: a raw socket needs CAP_NET_RAW')
      return
    }
    using s = icmp
    s.settimeout(10)
    const request = Buffer.from([socket.ICMP_ECHO, 0, 0, 0, 0, 0, 0, 1, ...Buffer.from('odd')])
    request.writeUInt16BE(process.pid & 0xffff, 4)
    request.writeUInt16BE(inet_checksum(request), 2)
    await s.sendto(request, ['127.0.0.1', 0])
    for (;;) {
      const packet = await s.recv(1500)
      const message = packet.subarray(4 * (packet[0] & 15))
      if (
        message[0] !== socket.ICMP_ECHOREPLY ||
        message.readUInt16BE(4) !== request.readUInt16BE(4)
      )
        continue
      expect(inet_checksum(packet.subarray(0, 20))).toBe(0)
      expect(inet_checksum(message)).toBe(0)
      break
    }
  })
})
