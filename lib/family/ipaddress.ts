// Numeric IP addresses as text: inet_pton(3) and inet_ntop(3), written here
// because a call into C++ for each address costs more than the work.

const ZERO = 48 // '0'

/** Dotted quad to 4 bytes at `at`; false, and nothing promised of `out`, if it is none. */
export function parseIPv4(text: string, out: Uint8Array, at: number): boolean {
  let byte = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit >= 0 && digit <= 9) {
      if (byte === 0) return false // a leading zero could mean octal
      byte = byte < 0 ? digit : byte * 10 + digit
      if (byte > 255) return false
    } else {
      if (text[i] !== '.' || byte < 0 || dots === 3) return false
      out[at + dots++] = byte
      byte = -1
    }
  }
  if (byte < 0 || dots !== 3) return false
  out[at + 3] = byte
  return true
}

/** Addresses and their text, kept because making it costs more than receiving. */
const ROWS = 256
const kept = new Int32Array(ROWS)
const texts: string[] = new Array(ROWS).fill('0.0.0.0')

export function formatIPv4(bytes: Uint8Array, at: number): string {
  const c = bytes[at + 2]
  const d = bytes[at + 3]
  const key = (bytes[at] << 24) | (bytes[at + 1] << 16) | (c << 8) | d
  const row = c ^ d
  if (kept[row] !== key) {
    kept[row] = key
    texts[row] = `${bytes[at]}.${bytes[at + 1]}.${c}.${d}`
  }
  return texts[row]
}

/** Groups of a part of an IPv6 address as bytes, or null. The last may be a dotted quad. */
function parseGroups(text: string, mayEndInIPv4: boolean): number[] | null {
  const bytes: number[] = []
  if (text === '') return bytes
  const groups = text.split(':')
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >>> 8, value & 255)
    } else {
      const quad = new Uint8Array(4)
      const last = i === groups.length - 1
      if (!mayEndInIPv4 || !last || !parseIPv4(group, quad, 0)) return null
      bytes.push(...quad)
    }
  }
  return bytes
}

/** An IPv6 address without a scope to 16 bytes at `at`; false if it is none. */
export function parseIPv6(text: string, out: Uint8Array, at: number): boolean {
  const gap = text.indexOf('::')
  const head = parseGroups(gap < 0 ? text : text.slice(0, gap), gap < 0)
  const tail = gap < 0 ? [] : parseGroups(text.slice(gap + 2), true)
  if (head === null || tail === null) return false
  const known = head.length + tail.length
  // '::' stands for at least one group.
  if (gap < 0 ? known !== 16 : known > 14) return false
  out.fill(0, at, at + 16)
  out.set(head, at)
  out.set(tail, at + 16 - tail.length)
  return true
}

/** Start and length of the longest run of zero groups, the first of equals; length 0 for none. */
function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  let length = 0
  for (let i = 0; i < groups.length; i++) {
    length = groups[i] === 0 ? length + 1 : 0
    if (length > best[1]) best = [i - length + 1, length]
  }
  return best[1] < 2 ? [0, 0] : best
}

const last6 = new Uint8Array(16)
let text6 = '::'

/** As `compose6`; the last one is kept. */
export function formatIPv6(bytes: Uint8Array, at: number): string {
  let same = true
  for (let i = 0; i < 16; i++) {
    if (last6[i] !== bytes[at + i]) same = false
    last6[i] = bytes[at + i]
  }
  if (!same) text6 = compose6(last6, 0)
  return text6
}

/** RFC 5952, with glibc's choice of when to end in a dotted quad (mapped and compatible). */
function compose6(bytes: Uint8Array, at: number): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i] << 8) | bytes[at + i + 1])
  const [start, length] = longestZeros(groups)
  const embedded = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))
  const text = groups.map((group) => group.toString(16))
  if (embedded) text.splice(6, 2, formatIPv4(bytes, at + 12))
  if (length === 0) return text.join(':')
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`
}
