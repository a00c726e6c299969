// Memory for what is received. A caller asks for at most n bytes and gets r of
// them; what it keeps must cost about r, however large n was.

/** Up to this size a receive goes through the slab. */
const SLAB = 65536

let slab: Buffer | null = null

/**
 * Memory for a receive of at most `size` bytes, until `take` ends it.
 * `cleared` is for MSG_TRUNC, where the kernel may count bytes that it does not
 * store: nobody must see what lay there before.
 */
export function room(size: number, cleared: boolean): Buffer {
  if (cleared) return Buffer.alloc(size)
  if (size > SLAB) return Buffer.allocUnsafeSlow(size)
  slab ??= Buffer.allocUnsafeSlow(SLAB)
  return slab
}

/**
 * The `length` bytes that arrived in `memory`. A well filled piece is handed
 * over as it is (the slab is then replaced); the rest is copied out.
 */
export function take(memory: Buffer, length: number): Buffer {
  if (length * 2 >= memory.length) {
    if (memory === slab) slab = null
    return memory.subarray(0, length)
  }
  const kept = Buffer.allocUnsafe(length)
  memory.copy(kept, 0, 0, length)
  return kept
}
