// Memory for what is received. A caller asks for at most n bytes and gets r of
// them; what it keeps must cost about r, however large n was.

import { type Int, size as sizeOf, whole } from './args.js'
import { ValueError } from './errors.js'
import { native } from './native.js'

/** Small receives lie one behind the other in pieces of this size. */
const POOL = 8192
/** A receive of at most so much goes into the pool. */
const SMALL = POOL / 2
/** Up to this size a receive goes through the slab. */
const SLAB = 65536

/** The class of which subarray() makes a Buffer, in a third of subarray()'s time. */
const Piece = (Buffer as unknown as { [Symbol.species]: typeof Uint8Array })[Symbol.species]

/** So few bytes are copied faster by a loop than by the engine. */
const FEW = 512

const words = (memory: Buffer) =>
  new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4)

/**
 * A cache line. The kernel copies out of pages that it fills from their beginning. Some
 * processors take two to four times as long to copy to an address that lies 1 to 31 bytes
 * further into its page than the source, and malloc(3) has large memory begin at byte 16.
 */
export const LINE = 64

/**
 * The part of new memory that begins at a multiple of `alignment`. An ArrayBuffer, because
 * what a small typed array has without one may yet be moved.
 */
function aligned(memory: ArrayBuffer, size: number, alignment: number): Buffer {
  const past = native.misalignment(new Uint8Array(memory), alignment)
  return new Piece(memory, -past & (alignment - 1), size) as Buffer
}

/**
 * New memory of `size` bytes, all 0, that begins at a multiple of `alignment`. Large
 * receives into memory that begins a cache line, `aligned_alloc(64, size)`, can be twice
 * and more as fast. aligned_alloc(3)
 * @param alignment bytes, a power of two, 2 ** 30 at most
 * @throws ValueError a bad alignment, or a negative size
 */
export function aligned_alloc(alignment: Int, size: Int): Buffer {
  const n = whole(alignment)
  if (n < 1 || n > 2 ** 30 || (n & (n - 1)) !== 0) {
    throw new ValueError('alignment must be a power of two, 1 to 2 ** 30')
  }
  const length = sizeOf(size, 'aligned_alloc', 'negative size in aligned_alloc')
  return aligned(new ArrayBuffer(length + n - 1), length, n)
}

/** Memory for a large receive: whatever lay there before. */
const large = (size: number): Buffer =>
  aligned(Buffer.allocUnsafeSlow(size + LINE - 1).buffer, size, LINE)

let pool = Buffer.allocUnsafeSlow(POOL)
/** Its memory, because the getter takes as long as a quarter of a system call. */
let poolMemory = pool.buffer
let poolWords = words(pool)
/** Where the pool's unused part begins: at a multiple of 8. */
let unused = 0
let slab: Buffer | null = null
let slabWords = poolWords

/** Where in the memory that `room` gave last the receive begins. */
export let start = 0

/**
 * Memory for a receive of at most `size` bytes, until `take` ends it.
 * `cleared` is for MSG_TRUNC, where the kernel may count bytes that it does not
 * store: nobody must see what lay there before.
 */
export function room(size: number, cleared: boolean): Buffer {
  start = 0
  if (cleared) return Buffer.alloc(size)
  if (size <= SMALL) {
    start = reserve(size)
    return pool
  }
  if (size > SLAB) return large(size)
  if (slab === null) {
    slab = large(SLAB)
    slabWords = words(slab)
  }
  return slab
}

/** Where the next `size` bytes of the pool are. */
function reserve(size: number): number {
  // Whoever transfers the memory of something received takes the pool away.
  if (unused + size > pool.length) {
    pool = Buffer.allocUnsafeSlow(POOL)
    poolMemory = pool.buffer
    poolWords = words(pool)
    unused = 0
  }
  return unused
}

/** The bytes of the pool from `at` on, which are used from now on. */
function used(at: number, length: number): Buffer {
  unused = (at + length + 7) & ~7 // what is received next begins aligned
  return new Piece(poolMemory, at, length) as Buffer
}

/**
 * The `length` bytes that arrived in `memory`. What is in the pool, or fills its
 * memory well, is handed over as it is; the rest is copied out of the slab.
 */
export function take(memory: Buffer, length: number): Buffer {
  if (memory === pool) {
    return used(start, length)
  }
  if (length * 2 >= memory.length) {
    if (memory === slab) slab = null
    return memory.subarray(0, length)
  }
  if (memory === slab && length > 0 && length <= FEW) {
    const at = reserve(length)
    const count = (length + 3) >> 2
    for (let from = 0, to = at >> 2; from < count; from++, to++) poolWords[to] = slabWords[from]
    return used(at, length)
  }
  const kept = Buffer.allocUnsafe(length)
  memory.copy(kept, 0, 0, length)
  return kept
}
