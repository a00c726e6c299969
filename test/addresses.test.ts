// Addresses: from Python's form to a sockaddr and back, for addresses that
// fast-check makes up, against libc and the kernel.

import * as socket from 'bsd-socket'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codec } from '#lib/address'
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '#lib/family/ipaddress'
import { layout, native } from '#lib/native'
import { ask, folder } from './peer.js'
import { twins } from './twins.js'

const { AF_INET, AF_INET6, AF_SNA, AF_UNIX, SOCK_DGRAM } = socket

/** A codec's two directions; `proto` is 0 for every family here. */
interface Form {
  encode(address: unknown, out: Uint8Array, who: string, proto: number): number
  decode(bytes: Uint8Array, length: number, proto: number): unknown
}

/** The sockaddr of an address, of exactly its length. */
function encode(family: number, address: unknown): Buffer {
  const form: Form = codec(family)
  const room = Buffer.alloc(128)
  const dirty = Buffer.alloc(128, 0xff)
  const length = form.encode(address, room, 'test', 0)
  // Whatever lay there before, the same bytes come out.
  expect(form.encode(address, dirty, 'test', 0)).toBe(length)
  expect(dirty.subarray(0, length)).toEqual(room.subarray(0, length))
  return room.subarray(0, length)
}

function decode(family: number, bytes: Uint8Array): unknown {
  const form: Form = codec(family)
  return form.decode(bytes, bytes.length, 0)
}

const bytes = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((array) => Buffer.from(array))

/** 16 bytes in which groups of zeros, and the prefixes that libc treats apart, are frequent. */
const groups = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((words) => Buffer.from(words.flatMap((word) => [word >> 8, word & 255])))

const port = fc.integer({ min: 0, max: 65535 })
const uint32 = fc.integer({ min: 0, max: 0xffffffff })

/** Text that is nearly an address: right characters, and some wrong ones. */
const garbage = fc
  .array(
    fc.constantFrom(
      ...'0123456789abcdefABF:.:.:.',
      '::',
      '255',
      '0x',
      'g',
      ' ',
      '%',
      '-',
      '１',
      'é',
    ),
    {
      maxLength: 24,
    },
  )
  .map((parts) => parts.join(''))

/** An address with one character put in, taken out or changed. */
const damaged = (valid: fc.Arbitrary<string>) =>
  fc
    .tuple(valid, fc.nat(40), fc.nat(2), fc.constantFrom('0', '1', 'f', ':', '.', '', ' '))
    .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut))

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()

type Parse = typeof parseIPv4
/** What our parser and inet_pton(3) make of a text: the bytes, or null. */
function parsed(parse: Parse, family: number, text: string): [mine: unknown, libc: unknown] {
  const size = family === AF_INET ? 4 : 16
  const [mine, libc] = [Buffer.alloc(size), Buffer.alloc(size)]
  return [
    parse(text, mine, 0) ? mine : null,
    native.inetPton(family, text, libc) === 1 ? libc : null,
  ]
}

describe('numeric IP addresses', () => {
  for (const [name, family, parse, valid] of [
    ['IPv4', AF_INET, parseIPv4, ipv4],
    ['IPv6', AF_INET6, parseIPv6, ipv6],
  ] as const) {
    it(`${name} text that is an address is read as inet_pton(3) reads it`, () => {
      fc.assert(
        fc.property(valid, (text) => {
          const [mine, libc] = parsed(parse, family, text)
          expect(libc).not.toBe(null)
          expect(mine).toEqual(libc)
        }),
      )
    })

    it(`${name} text that is none, or nearly one, is refused where inet_pton(3) refuses it`, () => {
      fc.assert(
        fc.property(fc.oneof(garbage, damaged(valid), damaged(damaged(valid))), (text) => {
          const [mine, libc] = parsed(parse, family, text)
          expect(mine).toEqual(libc)
        }),
        { numRuns: 2000 },
      )
    })
  }

  it('IPv4 bytes are written as inet_ntop(3) writes them, and read back', () => {
    fc.assert(
      fc.property(bytes(4), (address) => {
        const text = formatIPv4(address, 0)
        expect(text).toBe(native.inetNtop(AF_INET, address))
        expect(parsed(parseIPv4, AF_INET, text)).toEqual([address, address])
      }),
    )
  })

  it('IPv6 bytes are written as inet_ntop(3) writes them, and read back', () => {
    fc.assert(
      fc.property(fc.oneof(groups, bytes(16)), (address) => {
        const text = formatIPv6(address, 0)
        expect(text).toBe(native.inetNtop(AF_INET6, address))
        expect(parsed(parseIPv6, AF_INET6, text)).toEqual([address, address])
      }),
      { numRuns: 2000 },
    )
  })

  it('inet_pton and inet_ntop undo each other', () => {
    fc.assert(
      fc.property(bytes(4), groups, (four, sixteen) => {
        expect(socket.inet_pton(AF_INET, socket.inet_ntop(AF_INET, four))).toEqual(four)
        expect(socket.inet_pton(AF_INET6, socket.inet_ntop(AF_INET6, sixteen))).toEqual(sixteen)
        expect(socket.inet_aton(socket.inet_ntoa(four))).toEqual(four)
      }),
    )
  })

  it('inet_aton and inet_pton take from any text what Python takes', () => {
    const octal = fc.constantFrom(
      '127.1',
      '0x7f.1',
      '0177.0.0.1',
      '1.2.3',
      '4294967295',
      '1.2.3.4 x',
    )
    const texts = fc.sample(fc.oneof(garbage, damaged(ipv4), damaged(ipv6), octal), 600)
    const theirs = ask<(string | null)[][]>(
      `
import json, socket, sys
def packed(f, *args):
    try:
        return f(*args).hex()
    except OSError:
        return None
print(json.dumps([[packed(socket.inet_aton, t), packed(socket.inet_pton, socket.AF_INET, t),
                   packed(socket.inet_pton, socket.AF_INET6, t)] for t in json.load(sys.stdin)]))
`,
      JSON.stringify(texts),
    )
    const packed = (call: () => Buffer): string | null => {
      try {
        return call().toString('hex')
      } catch (error) {
        if (error instanceof socket.OSError) return null
        throw error
      }
    }
    const ours = texts.map((text) => [
      packed(() => socket.inet_aton(text)),
      packed(() => socket.inet_pton(AF_INET, text)),
      packed(() => socket.inet_pton(AF_INET6, text)),
    ])
    expect(ours.map((row, i) => [texts[i], row])).toEqual(theirs.map((row, i) => [texts[i], row]))
  })
})

describe('byte order', () => {
  it('is undone by its opposite, and is the network’s', () => {
    const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
    fc.assert(
      fc.property(port, uint32, (short, long) => {
        expect(socket.ntohs(socket.htons(short))).toBe(short)
        expect(socket.ntohl(socket.htonl(long))).toBe(long)
        const network = Buffer.alloc(6)
        network.writeUInt16BE(short)
        network.writeUInt32BE(long, 2)
        expect(socket.htons(short)).toBe(little ? network.readUInt16LE(0) : short)
        expect(socket.htonl(long)).toBe(little ? network.readUInt32LE(2) : long)
      }),
    )
  })
})

describe('AF_INET', () => {
  const { size, sin_port, sin_addr } = layout.sockaddr_in

  it('goes to a sockaddr_in and back', () => {
    fc.assert(
      fc.property(ipv4, port, (host, number) => {
        const sockaddr = encode(AF_INET, [host, number])
        const address = Buffer.alloc(4)
        native.inetPton(AF_INET, host, address)
        expect(sockaddr.length).toBe(size)
        expect(sockaddr.subarray(sin_addr.offset, sin_addr.offset + 4)).toEqual(address)
        expect(sockaddr.readUInt16BE(sin_port.offset)).toBe(number)
        expect(decode(AF_INET, sockaddr)).toEqual([host, number])
      }),
    )
  })

  it('has names for any host and all hosts', () => {
    expect(decode(AF_INET, encode(AF_INET, ['', 1]))).toEqual(['0.0.0.0', 1])
    expect(decode(AF_INET, encode(AF_INET, ['<broadcast>', 1]))).toEqual(['255.255.255.255', 1])
  })
})

describe('AF_INET6', () => {
  const { size, sin6_port, sin6_flowinfo, sin6_addr } = layout.sockaddr_in6

  it('goes to a sockaddr_in6 and back, with its flow label and its scope', () => {
    const label = fc.integer({ min: 0, max: 0xfffff })
    fc.assert(
      fc.property(ipv6, port, label, uint32, (host, number, flowinfo, scope) => {
        const sockaddr = encode(AF_INET6, [host, number, flowinfo, scope])
        const address = Buffer.alloc(16)
        native.inetPton(AF_INET6, host, address)
        expect(sockaddr.length).toBe(size)
        expect(sockaddr.subarray(sin6_addr.offset, sin6_addr.offset + 16)).toEqual(address)
        expect(sockaddr.readUInt16BE(sin6_port.offset)).toBe(number)
        expect(sockaddr.readUInt32BE(sin6_flowinfo.offset)).toBe(flowinfo)
        const canonical = native.inetNtop(AF_INET6, address)
        expect(decode(AF_INET6, sockaddr)).toEqual([canonical, number, flowinfo, scope])
      }),
    )
  })

  it('has 0 for a flow label and a scope that are left out', () => {
    expect(encode(AF_INET6, ['::1', 1])).toEqual(encode(AF_INET6, ['::1', 1, 0, 0]))
    expect(encode(AF_INET6, ['::1', 1, 5])).toEqual(encode(AF_INET6, ['::1', 1, 5, 0]))
    expect(decode(AF_INET6, encode(AF_INET6, ['', 1]))).toEqual(['::', 1, 0, 0])
  })

  it('shows the traffic class that came above the flow label', () => {
    fc.assert(
      fc.property(uint32, (flowinfo) => {
        const sockaddr = encode(AF_INET6, ['::1', 1])
        sockaddr.writeUInt32BE(flowinfo, sin6_flowinfo.offset)
        expect(decode(AF_INET6, sockaddr)).toEqual(['::1', 1, flowinfo, 0])
      }),
    )
  })
})

describe('AF_UNIX', () => {
  const { sun_path } = layout.sockaddr_un
  const most = sun_path.size

  /** Bytes that can be a path: some, without NUL. */
  const path = fc
    .uint8Array({ min: 1, minLength: 1, maxLength: most - 1 })
    .map((array) => Buffer.from(array))

  it('a path of text goes to a sockaddr_un and back', () => {
    const text = fc
      .string({ minLength: 1, maxLength: most - 1, unit: 'grapheme' })
      .filter((t) => Buffer.byteLength(t) < most && !t.includes('\0'))
    fc.assert(
      fc.property(text, (name) => {
        const sockaddr = encode(AF_UNIX, name)
        expect(sockaddr.length).toBe(sun_path.offset + Buffer.byteLength(name) + 1)
        expect(sockaddr.at(-1)).toBe(0)
        expect(decode(AF_UNIX, sockaddr)).toBe(name)
      }),
    )
  })

  it('a path of any bytes comes back as text if it is UTF-8, as the bytes if not', () => {
    fc.assert(
      fc.property(path, (name) => {
        const back = decode(AF_UNIX, encode(AF_UNIX, name))
        const utf8 = Buffer.from(name.toString()).equals(name)
        expect(back).toEqual(utf8 ? name.toString() : name)
      }),
    )
  })

  it('an abstract name has exactly its length, whatever bytes are in it', () => {
    const rest = fc.uint8Array({ maxLength: most - 1 })
    fc.assert(
      fc.property(rest, (after) => {
        const name = Buffer.from([0, ...after])
        const sockaddr = encode(AF_UNIX, name)
        expect(sockaddr.length).toBe(sun_path.offset + name.length)
        expect(decode(AF_UNIX, sockaddr)).toEqual(name)
      }),
    )
  })

  it('no name is the empty string', () => {
    expect(encode(AF_UNIX, '').length).toBe(sun_path.offset)
    expect(encode(AF_UNIX, new Uint8Array(0))).toEqual(encode(AF_UNIX, ''))
    expect(decode(AF_UNIX, encode(AF_UNIX, ''))).toBe('')
  })

  it('a path that fills sun_path to its end, as a kernel may give it, needs no NUL', () => {
    const sockaddr = Buffer.concat([
      encode(AF_UNIX, 'x').subarray(0, sun_path.offset),
      Buffer.alloc(most, 'x'),
    ])
    expect(decode(AF_UNIX, sockaddr)).toBe('x'.repeat(most))
  })

  it.each(twins)('the kernel gives abstract names back as they were (%s)', async (_, socket) => {
    const rest = fc.uint8Array({ maxLength: most - 20 })
    await fc.assert(
      fc.asyncProperty(rest, async (after) => {
        using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
        const name = Buffer.concat([Buffer.from(`\0bsd-socket ${process.pid}`), after])
        await s.bind(name)
        expect(s.getsockname()).toEqual(name)
      }),
    )
  })

  it.each(twins)('the kernel gives paths back, in bytes too (%s)', async (_, socket) => {
    const base = folder()
    const names = [
      `${base}/x`,
      `${base}/é`,
      Buffer.from(`${base}/\xff`, 'latin1'),
      `${base}/`.padEnd(most - 1, 'x'),
    ]
    for (const name of names) {
      using s = new socket.socket(AF_UNIX, SOCK_DGRAM)
      await s.bind(name)
      expect(s.getsockname()).toEqual(name)
    }
  })
})

describe('a family without a file of its own', () => {
  it('has the bytes after the family number for an address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 126 }), (data) => {
        const sockaddr = encode(AF_SNA, data)
        expect(sockaddr.length).toBe(2 + data.length)
        expect(decode(AF_SNA, sockaddr)).toEqual([AF_SNA, Buffer.from(data)])
      }),
    )
  })

  it('has room for no more than a sockaddr_storage', () => {
    expect(() => encode(AF_SNA, new Uint8Array(127))).toThrow('too long')
  })
})
