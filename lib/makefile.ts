// makefile(): a file over a socket, with the methods of Python's.

import type { BytesLike } from './args.js'
import { FileBase } from './file/base.js'
import { type Layers, type MakefileOptions, openLayers } from './file/open.js'
import type { TextSteps } from './file/text.js'
import type { Owner } from './handle.js'
import { run, type Steps } from './steps.js'

/** What is the same for bytes and for text: D is what reads give. */
abstract class SocketFile<D extends string | Buffer, In> extends FileBase implements Iterable<D> {
  /** @internal */
  protected abstract readonly steps: {
    read(size?: unknown): Steps<D | null>
    readline(size?: unknown): Steps<D | null>
    write(data: unknown): Steps<number | null>
  }

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
}

/** A file of bytes. */
export class BinaryFile extends SocketFile<Buffer, BytesLike> {
  /** @internal */
  protected get steps() {
    return this.bytes
  }

  /** What is buffered, up to `size`, or else what one recv(2) gives. */
  read1(size?: number | null): Buffer | null {
    return run(this.bytes.read1(size))
  }

  /** Reads until the buffer is full or the stream ends; gives how many bytes came. */
  readinto(buffer: BytesLike): number | null {
    return run(this.bytes.readinto(buffer))
  }

  /** Reads with one recv(2) at most; gives how many bytes came. */
  readinto1(buffer: BytesLike): number | null {
    return run(this.bytes.readinto1(buffer))
  }

  /** Everything to the end of the stream. */
  readall(): Buffer | null {
    return this.read()
  }

  /** What the next read would begin with, without reading it. */
  peek(_size?: number): Buffer {
    return run(this.bytes.peek())
  }
}

/** A file of text. */
export class TextFile extends SocketFile<string, string> {
  /** The file of bytes beneath; what it reads, this one misses. */
  readonly buffer: BinaryFile
  /** @internal */
  protected readonly steps: TextSteps

  /** @internal */
  constructor(layers: Layers, mode: string, buffer: BinaryFile, steps: TextSteps) {
    super(layers, mode)
    this.buffer = buffer
    this.steps = steps
  }

  get encoding(): string {
    return this.steps.encoding
  }

  get errors(): string {
    return this.steps.errors
  }
}

/** Opens a file over a socket. */
export function openFile(
  owner: Owner,
  mode: string,
  options: MakefileOptions,
): BinaryFile | TextFile {
  const layers = openLayers(owner, mode, options)
  const file = new BinaryFile(layers, layers.bytesMode)
  return layers.text === null ? file : new TextFile(layers, mode, file, layers.text)
}
