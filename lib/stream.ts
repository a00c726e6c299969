// makestream(): a Node stream over a socket of the promise twin, with what
// `http` and `tls` ask of a net.Socket besides.

import type { DuplexOptions } from 'node:stream'
import type { AsyncSocket } from './asyncsocket.js'
import { timers } from './builtins.js'
import { OSError } from './errors.js'
import { constants } from './native.js'

const { IPPROTO_TCP, SHUT_WR, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPIDLE, TCP_NODELAY } = constants

const { Duplex } = process.getBuiltinModule('node:stream')

/** How much one read of the stream asks the kernel for. */
const CHUNK = 65536

type Done = (error?: Error | null) => void

/** What a listener throws is uncaught, as it is with net.Socket: no promise rejects with it. */
function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** A Duplex over a connected stream socket, which it owns. */
export class SocketStream extends Duplex {
  readonly #socket: AsyncSocket
  #reading = false
  #idle: NodeJS.Timeout | undefined
  /** Bytes received and sent so far, as net.Socket counts them. */
  bytesRead = 0
  bytesWritten = 0
  /** A stream is made of a connected socket. */
  readonly connecting = false

  /** @internal */
  constructor(socket: AsyncSocket, options: DuplexOptions) {
    super({ ...options, objectMode: false, decodeStrings: true })
    this.#socket = socket
    // A stream waits by nature; its socket must not fail for want of data.
    if (socket.gettimeout() === 0) socket.settimeout(null)
  }

  override _read(): void {
    if (this.#reading) return
    this.#reading = true
    this.#socket.recv(CHUNK).then(
      (data) => {
        if (this.destroyed) return
        this.#reading = false
        this.#idle?.refresh()
        this.bytesRead += data.length
        this.#push(data)
      },
      (error) => this.destroy(error),
    )
  }

  #push(data: Buffer): void {
    try {
      this.push(data.length === 0 ? null : data) // calls _read while there is room
    } catch (error) {
      uncaught(error)
      if (!this.destroyed) this._read() // the listener that threw kept push() from it
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#socket.sendall(chunk).then(() => {
      this.#idle?.refresh()
      this.bytesWritten += chunk.length
      try {
        done()
      } catch (error) {
        uncaught(error)
      }
    }, done)
  }

  /** Many small writes go out together. */
  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Done): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary' as BufferEncoding, done)
  }

  /** Half-close: the peer reads to the end, and may go on writing. */
  override _final(done: Done): void {
    try {
      this.#socket.shutdown(SHUT_WR)
      done()
    } catch (error) {
      // A peer that is gone has nothing to be told.
      done(error instanceof OSError && error.code === 'ENOTCONN' ? null : (error as Error))
    }
  }

  override _destroy(error: Error | null, done: Done): void {
    timers.clearTimeout(this.#idle)
    this.#socket.close()
    done(error)
  }

  /** Emits 'timeout' when nothing was sent or received for so long; 0 ends it. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    timers.clearTimeout(this.#idle)
    this.#idle = undefined
    if (callback) this[milliseconds > 0 ? 'once' : 'off']('timeout', callback)
    if (milliseconds > 0) {
      this.#idle = timers.setTimeout(() => this.emit('timeout'), milliseconds).unref()
    }
    return this
  }

  /** TCP_NODELAY, where there is such an option. */
  setNoDelay(on = true): this {
    return this.#try(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0)
  }

  /** SO_KEEPALIVE, and after how many milliseconds the first probe goes out. */
  setKeepAlive(on = false, initialDelay = 0): this {
    const seconds = Math.floor(initialDelay / 1000)
    if (on && seconds > 0) this.#try(IPPROTO_TCP, TCP_KEEPIDLE, seconds)
    return this.#try(SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0)
  }

  /** Sets an option; a family that lacks it goes without, as with net.Socket. */
  #try(level: number, name: number, value: number): this {
    try {
      if (!this.destroyed) this.#socket.setsockopt(level, name, value)
    } catch (error) {
      if (!(error instanceof OSError)) throw error
    }
    return this
  }

  ref(): this {
    this.#socket.ref()
    return this
  }

  unref(): this {
    this.#socket.unref()
    return this
  }

  /** `{address, port, family}` of this side; empty for other families than IP. */
  address(): { address?: string; port?: number; family?: string } {
    return this.#name(() => this.#socket.getsockname())
  }

  get localAddress(): string | undefined {
    return this.address().address
  }

  get localPort(): number | undefined {
    return this.address().port
  }

  get remoteAddress(): string | undefined {
    return this.#name(() => this.#socket.getpeername()).address
  }

  get remotePort(): number | undefined {
    return this.#name(() => this.#socket.getpeername()).port
  }

  get remoteFamily(): string | undefined {
    return this.#name(() => this.#socket.getpeername()).family
  }

  #name(ask: () => unknown): { address?: string; port?: number; family?: string } {
    const { AF_INET, AF_INET6 } = constants
    const { family } = this.#socket
    if (this.destroyed || (family !== AF_INET && family !== AF_INET6)) return {}
    try {
      const [address, port] = ask() as [string, number]
      return { address, port, family: family === AF_INET6 ? 'IPv6' : 'IPv4' }
    } catch {
      return {} // the peer is gone
    }
  }
}
