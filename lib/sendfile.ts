// A file over a stream: sendfile(2), and a loop of read(2) and send(2) where the
// kernel will not do it (a pipe, a socket, a file of /proc, a file system without pages).

import { int, typeName, whole } from './args.js'
import { type Op, READ, UNFINISHED, WRITE } from './drive.js'
import { check, oserror, ValueError } from './errors.js'
import { duplicate, Handle } from './handle.js'
import { constants, errnos, native } from './native.js'
import * as ops from './ops.js'
import { fromFile, need, ready, type Steps } from './steps.js'

/** A descriptor, or something that has one: a FileHandle, a socket, a file of `makefile()`. */
export type FileLike = number | { readonly fd: number } | { fileno(): number }

/** More than this the kernel does not take at once (0x7ffff000 bytes on Linux). */
const AT_ONCE = 0x40000000
/** How much the loop reads at a time. */
const CHUNK = 65536

/** The descriptor of a file, or of a socket of ours. */
export function descriptor(file: unknown): number {
  if (typeof file === 'number') return int(file)
  if (file !== null && typeof file === 'object') {
    if ('fd' in file) return int(file.fd)
    if ('fileno' in file && typeof file.fileno === 'function') return int(file.fileno())
  }
  throw new TypeError(`a file descriptor or an object with one is required, not ${typeName(file)}`)
}

/** The errors by which a kernel says that sendfile(2) is not for this file. */
const unsuited = new Set([errnos.EINVAL, errnos.ENOSYS, errnos.ESPIPE, errnos.EOPNOTSUPP])

/** What is sent, and how far it came. */
interface Progress {
  file: number
  readonly offset: number
  /** Infinite for all of the file. */
  readonly count: number
  sent: number
}

function begin(h: Handle, file: unknown, offset: unknown, count: unknown): Progress {
  if (h.type !== constants.SOCK_STREAM) {
    throw new ValueError('only SOCK_STREAM type sockets are supported')
  }
  const all = count === undefined || count === null
  if (!all && whole(count) <= 0) {
    throw new ValueError(`count must be a positive integer (got ${count})`)
  }
  if (h.timeout === 0) throw new ValueError('non-blocking sockets are not supported')
  const from = offset === undefined ? 0 : whole(offset)
  if (from < 0) throw oserror(-errnos.EINVAL, 'sendfile')
  return {
    file: descriptor(file),
    offset: from,
    count: all ? Number.POSITIVE_INFINITY : whole(count),
    sent: 0,
  }
}

/** sendfile(2) to the end; false if the kernel will not send this file. */
const direct =
  (p: Progress, piece: number): Op<boolean> =>
  (fd) => {
    const pause = p.sent + piece
    while (p.sent < p.count) {
      if (p.sent >= pause) return UNFINISHED
      const left = Math.min(p.count, pause) - p.sent
      const count = native.sendfile(fd, p.file, p.offset + p.sent, Math.min(left, AT_ONCE))
      if (count < 0) return p.sent === 0 && unsuited.has(-count) ? false : count
      if (count === 0) break
      p.sent += count
    }
    return true
  }

function* relay(h: Handle, p: Progress): Steps<void> {
  const moved = native.seek(p.file, p.offset)
  if (p.offset > 0) check(moved, 'lseek') // a pipe has one place, its beginning
  while (p.sent < p.count) {
    // What has no places may have to be waited for: another socket, a pipe, a terminal.
    if (moved < 0) yield* ready(h, p.file, READ, 'sendfile')
    let chunk = yield* fromFile(h, p.file, Math.min(p.count - p.sent, CHUNK))
    if (chunk.length === 0) return
    while (chunk.length > 0) {
      const count = yield* need(h, WRITE, 'sendfile', ops.send(chunk, 0))
      chunk = chunk.subarray(count)
      p.sent += count
    }
  }
}

/** Sends a file or a part of it; gives how much was sent. */
export function* sendfile(
  h: Handle,
  file: unknown,
  offset: unknown,
  count: unknown,
): Steps<number> {
  const progress = begin(h, file, offset, count)
  const piece = h.reactive ? ops.PIECE : Number.POSITIVE_INFINITY
  const kept = h.reactive ? new Handle(duplicate(progress.file), -1, -1, 0, null) : null
  if (kept !== null) progress.file = kept.fd
  try {
    if (!(yield* need(h, WRITE, 'sendfile', direct(progress, piece)))) yield* relay(h, progress)
    return progress.sent
  } finally {
    // Behind what was sent, as after a read; a pipe has no positions.
    native.seek(progress.file, progress.offset + progress.sent)
    kept?.close()
  }
}
