// Classic BPF filters: linux/filter.h, pcap-filter(7).

import { type Int, int, typeName, within } from './args.js'
import { little } from './builtins.js'
import { check, ValueError } from './errors.js'
import { constants, native } from './native.js'

/**
 * One instruction: what it does (BPF_ constants or'ed together), how many
 * instructions to skip when a comparison holds and when it does not, and a
 * number, which may be negative (SKF_AD_OFF and its like).
 */
export type FilterInstruction = readonly [code: number, jt: number, jf: number, k: number]

const SIZE = 8
const MOST = 4096 // BPF_MAXINSNS
const ROW = /^\{\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*\}\s*,?$/

/** The text of `tcpdump -dd`: a line `{ code, jt, jf, k },` for each instruction. */
function parse(text: string): FilterInstruction[] {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), at: index + 1 }))
  return lines
    .filter(({ line }) => line !== '')
    .map(({ line, at }) => {
      const row = ROW.exec(line)?.slice(1).map(Number)
      if (row === undefined || row.some(Number.isNaN)) {
        throw new ValueError(`line ${at} of the filter is not like "{ 0x28, 0, 0, 0x0000000c },"`)
      }
      return row as unknown as FilterInstruction
    })
}

/** The instructions as an array of struct sock_filter. */
function assemble(program: unknown): Buffer {
  if (typeof program !== 'string' && !(program instanceof Object && Symbol.iterator in program)) {
    throw new TypeError(`a filter is a string or rows of numbers, not ${typeName(program)}`)
  }
  const rows: unknown[] =
    typeof program === 'string' ? parse(program) : Array.from(program as Iterable<unknown>)
  if (rows.length === 0) throw new ValueError('a filter has at least one instruction')
  if (rows.length > MOST) throw new ValueError(`a filter has at most ${MOST} instructions`)
  const out = Buffer.alloc(rows.length * SIZE)
  rows.forEach((row, index) => {
    put(row, out.subarray(index * SIZE), `instruction ${index}`)
  })
  return out
}

function put(row: unknown, out: Buffer, what: string): void {
  if (!Array.isArray(row) || row.length !== 4) {
    throw new TypeError(`${what} of the filter must be [code, jt, jf, k]`)
  }
  const code = within(row[0], 0, 0xffff, `${what}: code must be 0-65535`)
  const k = within(row[3], -0x80000000, 0xffffffff, `${what}: k must fit 32 bits`) >>> 0
  if (little) {
    out.writeUInt16LE(code)
    out.writeUInt32LE(k, 4)
  } else {
    out.writeUInt16BE(code)
    out.writeUInt32BE(k, 4)
  }
  out[2] = within(row[1], 0, 255, `${what}: jt must be 0-255`)
  out[3] = within(row[2], 0, 255, `${what}: jf must be 0-255`)
}

/**
 * Attaches a classic BPF program to a socket; the kernel then asks it about each
 * packet before it is queued. The packet begins with its link-layer header
 * (AF_PACKET with SOCK_RAW), its network header (AF_PACKET with SOCK_DGRAM, raw
 * IPv4) or its transport header (UDP, TCP, raw IPv6), and the program returns how
 * many bytes of it to keep, 0 for none. A second program takes the place of the
 * first. socket(7) SO_ATTACH_FILTER
 *
 * Plain `setsockopt` cannot do this: the option's value holds an address of memory.
 * @param program the text that `tcpdump -dd` prints, or rows of `[code, jt, jf, k]`, 1 to 4096
 * @param option SO_ATTACH_FILTER; or SO_ATTACH_REUSEPORT_CBPF, whose program returns the
 *   index of a socket in the group; or PACKET_FANOUT_DATA, for PACKET_FANOUT_CBPF
 * @throws ValueError the text is not tcpdump's, or there are no or too many instructions
 * @throws OSError EINVAL: the kernel found a bad instruction or a jump out of the program;
 *   EPERM: the filter is locked by SO_LOCK_FILTER; ENOMEM: larger than net.core.optmem_max
 */
export function attach_filter(
  sock: { fileno(): number },
  program: string | Iterable<FilterInstruction>,
  option: Int = constants.SO_ATTACH_FILTER ?? 0,
): void {
  const { SOL_SOCKET, SOL_PACKET, PACKET_FANOUT_DATA } = constants
  const name = int(option)
  const level = name === PACKET_FANOUT_DATA ? SOL_PACKET : SOL_SOCKET
  const instructions = assemble(program)
  const fd = int(sock.fileno())
  check(native.setsockoptProgram(fd, level, name, instructions), 'setsockopt')
}

/**
 * Removes the filter. socket(7) SO_DETACH_FILTER
 * @throws FileNotFoundError there is none
 */
export function detach_filter(sock: { fileno(): number }): void {
  const { SOL_SOCKET, SO_DETACH_FILTER } = constants
  check(native.setsockopt(int(sock.fileno()), SOL_SOCKET, SO_DETACH_FILTER, 0), 'setsockopt')
}
