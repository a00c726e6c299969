// A file over a stream: sendfile(2), and a loop of read(2) and send(2) where the
// kernel will not do it (a pipe, a file of /proc, a file system without pages).

import { readSync } from 'node:fs'
import { int, typeName, whole } from './args.js'
import type { Failure, Op } from './drive.js'
import { oserror, ValueError } from './errors.js'
import type { Handle } from './handle.js'
import { constants, errnos, native } from './native.js'

/** A descriptor, or something that has one. */
export type FileLike = number | { readonly fd: number }

/** More than this the kernel does not take at once (0x7ffff000 bytes on Linux). */
const AT_ONCE = 0x40000000
/** How much the loop reads at a time. */
const CHUNK = 65536

function descriptor(file: unknown): number {
  if (typeof file === 'number') return int(file)
  if (file !== null && typeof file === 'object' && 'fd' in file) return int(file.fd)
  throw new TypeError(`a file descriptor or an object with one is required, not ${typeName(file)}`)
}

/** The errors by which a kernel says that sendfile(2) is not for this file. */
const unsuited = new Set([errnos.EINVAL, errnos.ENOSYS, errnos.ESPIPE, errnos.EOPNOTSUPP])

/** One sendfile, which may take several tries. */
export class Transfer {
  readonly #file: number
  readonly #offset: number
  readonly #count: number
  #sent = 0
  /** What the loop has read and not sent; null while sendfile(2) does it. */
  #chunk: Buffer | null = null

  constructor(h: Handle, file: unknown, offset: unknown, count: unknown) {
    if (h.type !== constants.SOCK_STREAM) {
      throw new ValueError('only SOCK_STREAM type sockets are supported')
    }
    if (count !== undefined && count !== null && whole(count) <= 0) {
      throw new ValueError(`count must be a positive integer (got ${count})`)
    }
    if (h.timeout === 0) throw new ValueError('non-blocking sockets are not supported')
    this.#file = descriptor(file)
    this.#offset = whole(offset)
    this.#count = count === undefined || count === null ? Number.POSITIVE_INFINITY : whole(count)
    if (this.#offset < 0) throw oserror(-errnos.EINVAL, 'sendfile')
  }

  /** Sends until the end of the file or of the count; gives how much was sent. */
  readonly op: Op<number> = (fd) => {
    for (;;) {
      const left = Math.min(this.#count - this.#sent, AT_ONCE)
      const count = left === 0 ? 0 : this.#some(fd, left)
      if (count < 0) return count
      if (count === 0) return this.#sent
      this.#sent += count
    }
  }

  /** Puts the file's position behind what was sent; a pipe has none. */
  end(): void {
    native.seek(this.#file, this.#offset + this.#sent)
  }

  /** Sends up to `left` bytes; 0 is the end of the file. */
  #some(fd: number, left: number): number | Failure {
    if (this.#chunk === null) {
      const count = native.sendfile(fd, this.#file, this.#offset + this.#sent, left)
      if (this.#sent > 0 || !unsuited.has(-count)) return count
      const moved = native.seek(this.#file, this.#offset)
      if (moved < 0 && this.#offset > 0) return moved
      this.#chunk = Buffer.alloc(0)
    }
    if (this.#chunk.length === 0) {
      const filled = readInto(this.#file, Math.min(left, CHUNK))
      if (typeof filled === 'number') return filled
      if (filled.length === 0) return 0
      this.#chunk = filled
    }
    const count = native.send(fd, this.#chunk, 0, this.#chunk.length, 0)
    if (count > 0) this.#chunk = this.#chunk.subarray(count)
    return count
  }
}

/** read(2) from the file's position. */
function readInto(file: number, size: number): Buffer | Failure {
  const memory = Buffer.allocUnsafe(size)
  try {
    return memory.subarray(0, readSync(file, memory, 0, size, null))
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? -errnos.EIO
  }
}
