// makefile(): a file over a socket, with the methods of Python's.

import type { BytesLike } from './args.js'
import { ValueError } from './errors.js'
import { BinarySteps } from './file/binary.js'
import { Raw } from './file/raw.js'
import { type TextOptions, TextSteps } from './file/text.js'
import type { Handle } from './handle.js'
import { run, type Steps } from './steps.js'

const DEFAULT_BUFFER = 8192

/** What is the same for bytes and for text: D is what reads give. */
abstract class SocketFile<D extends string | Buffer, In> implements Iterable<D> {
  /** The mode as Python tells it: `'rb'`, `'rwb'`, or the mode given for text. */
  readonly mode: string
  /** @internal */
  protected readonly raw: Raw

  /** @internal */
  constructor(raw: Raw, mode: string) {
    this.raw = raw
    this.mode = mode
  }

  /** @internal */
  protected abstract readonly steps: {
    read(size?: unknown): Steps<D | null>
    readline(size?: unknown): Steps<D | null>
    write(data: unknown): Steps<number | null>
  }
  /** @internal */
  protected abstract readonly bytes: BinarySteps

  /** Up to `size` bytes or characters, all to the end if left out; null if it would block. */
  read(size?: number | null): D | null {
    return run(this.steps.read(size))
  }

  /** A line with its newline, of up to `size`; empty at the end; null if it would block. */
  readline(size?: number | null): D | null {
    return run(this.steps.readline(size))
  }

  /** All lines; after `hint` bytes or characters no further one is begun. */
  readlines(hint?: number | null): D[] {
    const lines: D[] = []
    let length = 0
    for (const line of this) {
      lines.push(line)
      length += line.length
      if (hint != null && hint > 0 && length >= hint) break
    }
    return lines
  }

  /** Line by line, to the end of the stream. */
  *[Symbol.iterator](): Iterator<D> {
    for (;;) {
      const line = this.readline()
      if (line === null || line.length === 0) return
      yield line
    }
  }

  /** Writes into the buffer, which is sent when it is full; gives how much was taken. */
  write(data: In): number | null {
    return run(this.steps.write(data))
  }

  /** Writes each, without newlines in between. */
  writelines(lines: Iterable<In>): void {
    for (const line of lines) this.write(line)
  }

  /** Sends what was written. */
  flush(): void {
    run(this.bytes.flush())
  }

  /** Sends what was written and lets the descriptor go. Closing twice does nothing. */
  close(): void {
    run(this.bytes.close())
  }

  [Symbol.dispose](): void {
    this.close()
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

/** A file of bytes. */
export class BinaryFile extends SocketFile<Buffer, BytesLike> {
  /** @internal */
  protected readonly steps: BinarySteps

  /** @internal */
  constructor(raw: Raw, mode: string, steps: BinarySteps) {
    super(raw, mode)
    this.steps = steps
  }

  /** @internal */
  protected get bytes(): BinarySteps {
    return this.steps
  }

  /** What is buffered, up to `size`, or else what one recv(2) gives. */
  read1(size?: number | null): Buffer | null {
    return run(this.steps.read1(size))
  }

  /** Reads until the buffer is full or the stream ends; gives how many bytes came. */
  readinto(buffer: BytesLike): number | null {
    return run(this.steps.readinto(buffer))
  }

  /** Reads with one recv(2) at most; gives how many bytes came. */
  readinto1(buffer: BytesLike): number | null {
    return run(this.steps.readinto1(buffer))
  }

  /** Everything to the end of the stream. */
  readall(): Buffer | null {
    return this.read()
  }

  /** What the next read would begin with, without reading it. */
  peek(_size?: number): Buffer {
    return run(this.steps.peek())
  }
}

/** A file of text. */
export class TextFile extends SocketFile<string, string> {
  /** The file of bytes beneath; what it reads, this one misses. */
  readonly buffer: BinaryFile
  /** @internal */
  protected readonly steps: TextSteps

  /** @internal */
  constructor(raw: Raw, mode: string, buffer: BinaryFile, steps: TextSteps) {
    super(raw, mode)
    this.buffer = buffer
    this.steps = steps
  }

  /** @internal */
  protected get bytes(): BinarySteps {
    return this.steps.bytes
  }

  get encoding(): string {
    return this.steps.encoding
  }

  get errors(): string {
    return this.steps.errors
  }
}

/** `makefile`'s parameters after the mode; `buffering` may come before them by position. */
export interface MakefileOptions extends TextOptions {
  /** Bytes; 0 for none (binary only); 8192 if left out, null or negative. */
  buffering?: number | null
}

/** Opens a file over a socket's handle. */
export function openFile(h: Handle, mode: string, options: MakefileOptions): BinaryFile | TextFile {
  if (typeof mode !== 'string') throw new TypeError('mode must be a string')
  if (/[^rwb]/.test(mode)) throw new ValueError(`invalid mode '${mode}' (only r, w, b allowed)`)
  const writing = mode.includes('w')
  const reading = mode.includes('r') || !writing
  const binary = mode.includes('b')
  const asked = options.buffering ?? -1
  if (asked === 0 && !binary) throw new ValueError('unbuffered streams must be binary')
  const raw = new Raw(h, reading, writing)
  try {
    const steps = new BinarySteps(raw, asked < 0 ? DEFAULT_BUFFER : asked)
    const rawMode = `${reading ? 'r' : ''}${writing ? 'w' : ''}b`
    const file = new BinaryFile(raw, rawMode, steps)
    return binary ? file : new TextFile(raw, mode, file, new TextSteps(steps, options))
  } catch (error) {
    raw.close()
    throw error
  }
}
