// attach_filter and detach_filter: what the kernel then lets through.

import { spawnSync } from 'node:child_process'
import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { errnos, native } from '#lib/native'
import { ask } from '../peer.js'
import { twins } from '../twins.js'

const { AF_INET, AF_PACKET, SOCK_DGRAM, SOCK_RAW, SOL_SOCKET, SO_ATTACH_FILTER } = socket
const { BPF_LD, BPF_B, BPF_W, BPF_ABS, BPF_JMP, BPF_JEQ, BPF_K, BPF_RET, BPF_JA } = socket

socket.setdefaulttimeout(10)

const ALL = 0xffff
const DROP: socket.FilterInstruction = [BPF_RET | BPF_K, 0, 0, 0]
const PASS: socket.FilterInstruction = [BPF_RET | BPF_K, 0, 0, ALL]
/** A UDP socket's packets begin with the 8 bytes of the UDP header. */
const startsWith = (letter: string): socket.FilterInstruction[] => [
  [BPF_LD | BPF_B | BPF_ABS, 0, 0, 8],
  [BPF_JMP | BPF_JEQ | BPF_K, 0, 1, letter.charCodeAt(0)],
  PASS,
  DROP,
]

/** `tcpdump -dd -y EN10MB 'udp dst port 9'`, for where there is no tcpdump. */
const stored = `{ 0x28, 0, 0, 0x0000000c },
{ 0x15, 0, 4, 0x000086dd },
{ 0x30, 0, 0, 0x00000014 },
{ 0x15, 0, 11, 0x00000011 },
{ 0x28, 0, 0, 0x00000038 },
{ 0x15, 8, 9, 0x00000009 },
{ 0x15, 0, 8, 0x00000800 },
{ 0x30, 0, 0, 0x00000017 },
{ 0x15, 0, 6, 0x00000011 },
{ 0x28, 0, 0, 0x00000014 },
{ 0x45, 4, 0, 0x00001fff },
{ 0xb1, 0, 0, 0x0000000e },
{ 0x48, 0, 0, 0x00000010 },
{ 0x15, 0, 1, 0x00000009 },
{ 0x6, 0, 0, 0x00040000 },
{ 0x6, 0, 0, 0x00000000 },
`

function tcpdump(port: number): string {
  const { status, stdout } = spawnSync('tcpdump', ['-dd', '-y', 'EN10MB', `udp dst port ${port}`])
  if (status === 0) return stdout.toString()
  return stored.replaceAll('0x00000009 }', `0x${port.toString(16).padStart(8, '0')} }`)
}

const mayPacket = (() => {
  try {
    socket.socket(AF_PACKET, SOCK_RAW, 0).close()
    return true
  } catch {
    console.warn('skipped: AF_PACKET needs CAP_NET_RAW')
    return false
  }
})()

describe('refused before the kernel is asked', () => {
  const row = '{ 0x6, 0, 0, 0x00040000 },\n'
  const filter = (program: unknown) => () => {
    using s = new socket.socket(AF_INET, SOCK_DGRAM)
    socket.attach_filter(s, program as string)
  }

  test.each<[string, unknown, string]>([
    ['no text', '', 'a filter has at least one instruction'],
    ['no rows', [], 'a filter has at least one instruction'],
    ['4097 rows', new Array(4097).fill(PASS), 'a filter has at most 4096 instructions'],
    ['4097 lines', row.repeat(4097), 'a filter has at most 4096 instructions'],
    ['an expression', 'udp port 53', 'line 1 of the filter is not like'],
    ['tcpdump -d', '(000) ldh      [12]', 'line 1 of the filter is not like'],
    ['three numbers', `${row}\n{ 1, 2, 3 },`, 'line 3 of the filter is not like'],
    ['five numbers', '{ 1, 2, 3, 4, 5 }', 'line 1 of the filter is not like'],
    ['no numbers', '{ a, b, c, d },', 'line 1 of the filter is not like'],
    ['a number too many', `${row.trim()} 7`, 'line 1 of the filter is not like'],
  ])('%s: ValueError', (_, program, words) => {
    expect(filter(program)).toThrow(socket.ValueError)
    expect(filter(program)).toThrow(words)
  })

  test.each<[unknown, string]>([
    [[[0x10000, 0, 0, 0]], 'instruction 0: code must be 0-65535'],
    [[PASS, [6, 256, 0, 0]], 'instruction 1: jt must be 0-255'],
    [[[6, 0, -1, 0]], 'instruction 0: jf must be 0-255'],
    [[[6, 0, 0, 2 ** 32]], 'instruction 0: k must fit 32 bits'],
    [[[6, 0, 0, -(2 ** 31) - 1]], 'instruction 0: k must fit 32 bits'],
    ['{ 0x6, 0, 0, 0x100000000 },', 'instruction 0: k must fit 32 bits'],
  ])('%j: OverflowError', (program, words) => {
    expect(filter(program)).toThrow(socket.OverflowError)
    expect(filter(program)).toThrow(words)
  })

  test.each([
    [null],
    [undefined],
    [5],
    [{}],
    [[5]],
    [[[6, 0, 0]]],
    [[[6, 0, 0, '1']]],
    [[[6, 0, 0, 1.5]]],
  ])('%j: TypeError', (program) => {
    expect(filter(program)).toThrow(TypeError)
  })
})

describe.each(twins)('%s', (_, socket) => {
  async function udp(): Promise<socket.socket<typeof AF_INET>> {
    const s = socket.socket(AF_INET, SOCK_DGRAM)
    await s.bind(['127.0.0.1', 0])
    return s
  }

  /** What has arrived. */
  async function arrived(s: socket.socket): Promise<string[]> {
    const found: string[] = []
    s.settimeout(0)
    try {
      for (;;) found.push((await s.recv(2048)).toString('latin1'))
    } catch (error) {
      if (!(error instanceof socket.BlockingIOError)) throw error
    }
    return found
  }

  test('rows on a UDP socket', async () => {
    using receiver = await udp()
    using sender = await udp()
    socket.attach_filter(receiver, startsWith('y'))
    for (const word of ['no', 'yes', 'never', 'yet']) {
      await sender.sendto(Buffer.from(word), receiver.getsockname())
    }
    expect(await arrived(receiver)).toEqual(['yes', 'yet'])
    socket.detach_filter(receiver)
    await sender.sendto(Buffer.from('no'), receiver.getsockname())
    expect(await arrived(receiver)).toEqual(['no'])
  })

  test('a filter cuts packets: the return value is how many bytes to keep', async () => {
    using receiver = await udp()
    socket.attach_filter(receiver, [[BPF_RET | BPF_K, 0, 0, 8 + 3]])
    await receiver.sendto(Buffer.from('abcdef'), receiver.getsockname())
    expect(await arrived(receiver)).toEqual(['abc'])
  })

  test('a negative k reaches what is not in the packet (SKF_AD_PROTOCOL)', async () => {
    using receiver = await udp()
    const isProtocol = (ethertype: number): socket.FilterInstruction[] => [
      [BPF_LD | BPF_W | BPF_ABS, 0, 0, socket.SKF_AD_OFF + socket.SKF_AD_PROTOCOL],
      [BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ethertype],
      PASS,
      DROP,
    ]
    socket.attach_filter(receiver, isProtocol(socket.ETH_P_IPV6))
    await receiver.sendto(Buffer.from('a'), receiver.getsockname())
    socket.attach_filter(receiver, isProtocol(socket.ETH_P_IP))
    await receiver.sendto(Buffer.from('b'), receiver.getsockname())
    expect(await arrived(receiver)).toEqual(['b'])
  })

  test.each([
    ['tcpdump', tcpdump],
    [
      'the stored text',
      (port: number) =>
        stored.replaceAll('0x00000009 }', `0x${port.toString(16).padStart(8, '0')} }`),
    ],
  ])('%s -dd on an AF_PACKET socket', async (_, textFor) => {
    if (!mayPacket) return
    using wanted = await udp()
    using other = await udp()
    const [, port] = wanted.getsockname()
    using sniffer = socket.socket(AF_PACKET, SOCK_RAW, socket.htons(socket.ETH_P_IP))
    socket.attach_filter(sniffer, textFor(port))
    await arrived(sniffer) // what came before the filter did
    await other.sendto(Buffer.from('not this one'), other.getsockname())
    await other.sendto(Buffer.from('this one'), wanted.getsockname())
    const seen = await arrived(sniffer)
    expect(seen).toHaveLength(1)
    expect(seen[0].endsWith('this one')).toBe(true)
  })

  test('the kernel has the instructions that Python would write', async () => {
    using s = await udp()
    const rows: socket.FilterInstruction[] = [
      [BPF_LD | BPF_W | BPF_ABS, 0, 0, -4096],
      [BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0xfffffffe],
      PASS,
      DROP,
    ]
    socket.attach_filter(s, rows)
    const packed = ask<string>(`
import json, struct
rows = json.loads('${JSON.stringify(rows)}')
print(json.dumps(b''.join(struct.pack('=HBBI', c, t, f, k & 0xffffffff) for c, t, f, k in rows).hex()))`)
    expect(s.getsockopt(SOL_SOCKET, socket.SO_GET_FILTER, 1024).toString('hex')).toBe(packed)
    expect(s.getsockopt(SOL_SOCKET, socket.SO_GET_FILTER)).toBe(rows.length)
  })

  test('SO_ATTACH_REUSEPORT_CBPF chooses the socket', async () => {
    using first = socket.socket(AF_INET, SOCK_DGRAM)
    using second = socket.socket(AF_INET, SOCK_DGRAM)
    for (const s of [first, second]) s.setsockopt(SOL_SOCKET, socket.SO_REUSEPORT, 1)
    await first.bind(['127.0.0.1', 0])
    await second.bind(first.getsockname())
    for (const [index, chosen] of [first, second].entries()) {
      socket.attach_filter(first, [[BPF_RET | BPF_K, 0, 0, index]], socket.SO_ATTACH_REUSEPORT_CBPF)
      for (let i = 0; i < 4; i++) {
        using sender = await udp() // the port of the sender makes the choice otherwise
        await sender.sendto(Buffer.from('x'), first.getsockname())
      }
      expect(await arrived(chosen)).toEqual(['x', 'x', 'x', 'x'])
    }
  })

  test('PACKET_FANOUT_DATA chooses the socket', async (ctx) => {
    ctx.skip(!mayPacket, 'packet sockets need CAP_NET_RAW')
    const open = () => socket.socket(AF_PACKET, SOCK_RAW, socket.htons(socket.ETH_P_IP))
    using first = open()
    using second = open()
    const { SOL_PACKET, PACKET_FANOUT, PACKET_FANOUT_CBPF } = socket
    const group = (process.pid & 0xffff) | (PACKET_FANOUT_CBPF << 16)
    for (const s of [first, second]) s.setsockopt(SOL_PACKET, PACKET_FANOUT, group)
    socket.attach_filter(first, [[BPF_RET | BPF_K, 0, 0, 1]], socket.PACKET_FANOUT_DATA)
    await arrived(first)
    await arrived(second)
    using sender = await udp()
    const word = `fanout ${process.pid}`
    await sender.sendto(Buffer.from(word), sender.getsockname())
    const count = async (s: socket.socket) =>
      (await arrived(s)).filter((p) => p.endsWith(word)).length
    expect([await count(first), await count(second)]).toEqual([0, 1])
  })

  test('jumps and opcodes are for the kernel to check', async () => {
    using s = await udp()
    const einval = { code: 'EINVAL', syscall: 'setsockopt' }
    const attempt =
      (...rows: socket.FilterInstruction[]) =>
      () =>
        socket.attach_filter(s, rows)
    expect(attempt([BPF_JMP | BPF_JA, 0, 0, 1], PASS)).toThrow(expect.objectContaining(einval))
    expect(attempt([BPF_LD | BPF_B | BPF_ABS, 0, 0, 0])).toThrow(expect.objectContaining(einval))
    expect(attempt([0xffff, 0, 0, 0], PASS)).toThrow(expect.objectContaining(einval))
    expect(s.getsockopt(SOL_SOCKET, socket.SO_GET_FILTER)).toBe(0)
  })

  test('4096 instructions attach', async () => {
    using s = await udp()
    const rows = [
      ...new Array<socket.FilterInstruction>(4095).fill([BPF_LD | BPF_W | 0x80, 0, 0, 0]),
      PASS,
    ]
    try {
      socket.attach_filter(s, rows)
    } catch (error) {
      // The kernel charges 32 KiB and more to net.core.optmem_max, which may be less.
      expect(error).toMatchObject({ code: 'ENOMEM' })
      return
    }
    expect(s.getsockopt(SOL_SOCKET, socket.SO_GET_FILTER)).toBe(4096)
  })

  test('detach_filter without a filter: FileNotFoundError', async () => {
    using s = await udp()
    expect(() => socket.detach_filter(s)).toThrow(socket.FileNotFoundError)
  })

  test('a locked filter stays: PermissionError', async () => {
    using s = await udp()
    socket.attach_filter(s, [PASS])
    s.setsockopt(SOL_SOCKET, socket.SO_LOCK_FILTER, 1)
    expect(() => socket.attach_filter(s, [DROP])).toThrow(socket.PermissionError)
    expect(() => socket.detach_filter(s)).toThrow(socket.PermissionError)
  })

  test('a closed socket: EBADF', async () => {
    const s = await udp()
    s.close()
    for (const call of [() => socket.attach_filter(s, [PASS]), () => socket.detach_filter(s)]) {
      expect(call).toThrow(expect.objectContaining({ code: 'EBADF' }))
    }
  })

  describe('addresses in an option are not for JavaScript to choose', () => {
    test.each([
      ['SO_ATTACH_FILTER', SOL_SOCKET, SO_ATTACH_FILTER, 16],
      ['SO_ATTACH_REUSEPORT_CBPF', SOL_SOCKET, socket.SO_ATTACH_REUSEPORT_CBPF, 16],
      ['PACKET_FANOUT_DATA', socket.SOL_PACKET, socket.PACKET_FANOUT_DATA, 16],
      ['XDP_UMEM_REG', socket.SOL_XDP, socket.XDP_UMEM_REG, 32],
      ['IPT_SO_SET_REPLACE', socket.IPPROTO_IP, 64, 100],
      ['IP6T_SO_SET_REPLACE', socket.IPPROTO_IPV6, 64, 100],
    ])('setsockopt refuses bytes for %s', async (_, level, name, size) => {
      using s = await udp()
      const value = Buffer.alloc(size, 0x41)
      expect(() => s.setsockopt(level, name, value)).toThrow(socket.ValueError)
      expect(() => s.setsockopt(level, name, value)).toThrow('attach_filter()')
      expect(native.setsockoptBytes(s.fileno(), level, name, value, 0, size)).toBe(-errnos.EFAULT)
    })

    test('setsockoptProgram is for programs alone: another option would tell an address', async () => {
      using s = await udp()
      const program = Buffer.alloc(8)
      const result = native.setsockoptProgram(s.fileno(), SOL_SOCKET, socket.SO_LINGER, program)
      expect(result).toBeLessThan(0)
      expect(s.getsockopt(SOL_SOCKET, socket.SO_LINGER, 8)).toEqual(Buffer.alloc(8))
    })

    test.each([1, 7, 9, 15])('%i bytes are no instructions', async (size) => {
      using s = await udp()
      const result = native.setsockoptProgram(
        s.fileno(),
        SOL_SOCKET,
        SO_ATTACH_FILTER,
        Buffer.alloc(size),
      )
      expect(result).toBeLessThan(0)
    })

    test('more instructions than sock_fprog can count are refused', async () => {
      using s = await udp()
      const program = Buffer.alloc(8 * 65537)
      program.writeUInt16LE(6)
      const result = native.setsockoptProgram(s.fileno(), SOL_SOCKET, SO_ATTACH_FILTER, program)
      expect(result).toBeLessThan(0)
    })
  })

  // The kernel takes the length of SO_GET_FILTER for a number of instructions, so
  // that a filter of n instructions filled a buffer of n bytes with 8 n of them.
  test('reading a filter back writes no further than the buffer', async () => {
    using s = await udp()
    socket.attach_filter(s, [DROP, DROP, PASS])
    for (let size = 0; size <= 32; size++) {
      const memory = new Uint8Array(64).fill(0xee)
      const result = native.getsockoptBytes(
        s.fileno(),
        SOL_SOCKET,
        socket.SO_GET_FILTER,
        memory,
        0,
        size,
      )
      expect(memory.subarray(size)).toEqual(new Uint8Array(64 - size).fill(0xee))
      if (size >= 24) expect(result).toBe(24)
      else if (size > 0) expect(result).toBeLessThan(0)
    }
    expect(() => s.getsockopt(SOL_SOCKET, socket.SO_GET_FILTER, 3)).toThrow(socket.OSError)
    expect(s.getsockopt(SOL_SOCKET, socket.SO_GET_FILTER)).toBe(3)
  })
})
