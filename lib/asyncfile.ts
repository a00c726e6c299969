// makefile() of the promise twin: the files of makefile.ts, awaited.

import type { BytesLike } from './args.js'
import { runLater } from './asyncsteps.js'
import { FileBase } from './file/base.js'
import { type Layers, type MakefileOptions, openLayers } from './file/open.js'
import type { TextSteps } from './file/text.js'
import type { Owner } from './handle.js'
import type { Steps } from './steps.js'

/** Steps that share a buffer: those of one direction run one after the other. */
class Turns {
  #last: Promise<unknown> | null = null

  run<T>(steps: Steps<T>): Promise<T> {
    const mine = this.#last === null ? runLater(steps) : this.#last.then(() => runLater(steps))
    const over = () => {
      if (this.#last === last) this.#last = null
    }
    const last = mine.then(over, over)
    this.#last = last
    return mine
  }
}

/** The turns of a file; a text file shares those of the file of bytes beneath. */
class Sides {
  readonly reading = new Turns()
  readonly writing = new Turns()
}

/** What is the same for bytes and for text: D is what reads give. */
abstract class AsyncSocketFile<D extends string | Buffer, In>
  extends FileBase
  implements AsyncIterable<D>
{
  /** @internal */
  readonly sides: Sides

  /** @internal */
  constructor(layers: Layers, mode: string, sides = new Sides()) {
    super(layers, mode)
    this.sides = sides
  }

  /** @internal */
  protected abstract readonly steps: {
    read(size?: unknown): Steps<D | null>
    readline(size?: unknown): Steps<D | null>
    write(data: unknown): Steps<number | null>
  }

  /** Up to `size` bytes or characters, all to the end if left out; null if it would block. */
  read(size?: number | null): Promise<D | null> {
    return this.sides.reading.run(this.steps.read(size))
  }

  /** A line with its newline, of up to `size`; empty at the end; null if it would block. */
  readline(size?: number | null): Promise<D | null> {
    return this.sides.reading.run(this.steps.readline(size))
  }

  /** All lines; after `hint` bytes or characters no further one is begun. */
  async readlines(hint?: number | null): Promise<D[]> {
    const lines: D[] = []
    let length = 0
    for await (const line of this) {
      lines.push(line)
      length += line.length
      if (hint != null && hint > 0 && length >= hint) break
    }
    return lines
  }

  /** Line by line, to the end of the stream. */
  async *[Symbol.asyncIterator](): AsyncIterator<D> {
    for (;;) {
      const line = await this.readline()
      if (line === null || line.length === 0) return
      yield line
    }
  }

  /** Writes into the buffer, which is sent when it is full; gives how much was taken. */
  write(data: In): Promise<number | null> {
    return this.sides.writing.run(this.steps.write(data))
  }

  /** Writes each, without newlines in between. */
  async writelines(lines: Iterable<In>): Promise<void> {
    for (const line of lines) await this.write(line)
  }

  /** Sends what was written. */
  async flush(): Promise<void> {
    await this.sides.writing.run(this.bytes.flush())
  }

  /** Sends what was written and lets the descriptor go. Closing twice does nothing. */
  async close(): Promise<void> {
    await this.sides.writing.run(this.bytes.close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A file of bytes. */
export class AsyncBinaryFile extends AsyncSocketFile<Buffer, BytesLike> {
  /** @internal */
  protected get steps() {
    return this.bytes
  }

  /** What is buffered, up to `size`, or else what one recv(2) gives. */
  read1(size?: number | null): Promise<Buffer | null> {
    return this.sides.reading.run(this.bytes.read1(size))
  }

  /** Reads until the buffer is full or the stream ends; gives how many bytes came. */
  readinto(buffer: BytesLike): Promise<number | null> {
    return this.sides.reading.run(this.bytes.readinto(buffer))
  }

  /** Reads with one recv(2) at most; gives how many bytes came. */
  readinto1(buffer: BytesLike): Promise<number | null> {
    return this.sides.reading.run(this.bytes.readinto1(buffer))
  }

  /** Everything to the end of the stream. */
  readall(): Promise<Buffer | null> {
    return this.read()
  }

  /** What the next read would begin with, without reading it. */
  peek(_size?: number): Promise<Buffer> {
    return this.sides.reading.run(this.bytes.peek())
  }
}

/** A file of text. */
export class AsyncTextFile extends AsyncSocketFile<string, string> {
  /** The file of bytes beneath; what it reads, this one misses. */
  readonly buffer: AsyncBinaryFile
  /** @internal */
  protected readonly steps: TextSteps

  /** @internal */
  constructor(layers: Layers, mode: string, buffer: AsyncBinaryFile, steps: TextSteps) {
    super(layers, mode, buffer.sides)
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
export function openAsyncFile(
  owner: Owner,
  mode: string,
  options: MakefileOptions,
): AsyncBinaryFile | AsyncTextFile {
  const layers = openLayers(owner, mode, options)
  const file = new AsyncBinaryFile(layers, layers.bytesMode)
  return layers.text === null ? file : new AsyncTextFile(layers, mode, file, layers.text)
}
