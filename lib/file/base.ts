// What a file of makefile() does without waiting, in both twins.

import type { BinarySteps } from './binary.js'
import type { Layers } from './open.js'
import type { Raw } from './raw.js'

export abstract class FileBase {
  /** The mode as Python tells it: `'rb'`, `'rwb'`, or the mode given for text. */
  readonly mode: string
  /** @internal */
  protected readonly raw: Raw
  /** @internal */
  protected readonly bytes: BinarySteps

  /** @internal */
  constructor({ raw, bytes }: Layers, mode: string) {
    this.raw = raw
    this.bytes = bytes
    this.mode = mode
  }

  get closed(): boolean {
    return this.raw.closed
  }

  /** The descriptor, or -1 when closed. */
  get name(): number {
    return this.closed ? -1 : this.raw.handle.fd
  }

  /** The descriptor. @throws ValueError the file is closed */
  fileno(): number {
    this.raw.check()
    return this.raw.handle.fd
  }

  readable(): boolean {
    this.raw.check()
    return this.raw.reading
  }

  writable(): boolean {
    this.raw.check()
    return this.raw.writing
  }

  /** A socket has no positions: false. */
  seekable(): boolean {
    this.raw.check()
    return false
  }

  isatty(): boolean {
    this.raw.check()
    return false
  }
}
