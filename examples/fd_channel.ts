/**
 * Messages with descriptors attached, over a Unix stream, as D-Bus has them.
 * A header of two 32-bit little-endian numbers, the length of the body and the count of
 * descriptors; then the body. The descriptors come with any byte of their message.
 */
import * as socket from 'bsd-socket/promises'

const HEADER = 8
const MAX_BODY = 1 << 20
const MAX_FDS = 253 // the kernel takes no more in one sendmsg(2)

type Connection = socket.socket<typeof socket.AF_UNIX>

export interface Message {
  body: Buffer
  /** Whoever receives them closes them. */
  fds: number[]
}

export class FdChannel {
  readonly #conn: Connection
  /** What has come of messages that are not complete yet. */
  #data = Buffer.alloc(0)
  #fds: number[] = []
  #sent: Promise<unknown> = Promise.resolve()

  constructor(conn: Connection) {
    this.#conn = conn
  }

  /** Sends a message. The descriptors stay the caller's: the other side gets duplicates. */
  send(body: Buffer, fds: readonly number[] = []) {
    const header = Buffer.alloc(HEADER)
    header.writeUInt32LE(body.length, 0)
    header.writeUInt32LE(fds.length, 4)
    // A message may go out in pieces, which another one must not come between.
    const sending = this.#sent.then(() => this.#send(Buffer.concat([header, body]), fds))
    this.#sent = sending.catch(() => {})
    return sending
  }

  async #send(message: Buffer, fds: readonly number[]) {
    const sent = await socket.send_fds(this.#conn, [message], fds)
    await this.#conn.sendall(message.subarray(sent)) // the descriptors have gone with the first
  }

  /** The next message, however the stream was cut; null at its end. */
  async recv(): Promise<Message | null> {
    for (;;) {
      const message = this.#take()
      if (message !== null) return message
      const [data, fds, flags] = await socket.recv_fds(this.#conn, 65536, MAX_FDS)
      this.#fds.push(...fds)
      if (flags & socket.MSG_CTRUNC) throw new Error('descriptors were lost on the way')
      if (data.length === 0 && this.#data.length > 0) throw new Error('half a message')
      if (data.length === 0) return null
      this.#data = Buffer.concat([this.#data, data])
    }
  }

  /** A message that has come completely. Its descriptors are the oldest that nobody has. */
  #take(): Message | null {
    if (this.#data.length < HEADER) return null
    const length = this.#data.readUInt32LE(0)
    const count = this.#data.readUInt32LE(4)
    if (length > MAX_BODY || count > MAX_FDS) throw new Error('not a message')
    const end = HEADER + length
    if (this.#data.length < end) return null
    if (this.#fds.length < count) throw new Error('fewer descriptors than the header says')
    const body = Buffer.from(this.#data.subarray(HEADER, end))
    this.#data = this.#data.subarray(end)
    return { body, fds: this.#fds.splice(0, count) }
  }

  /** Closes the connection, and the descriptors of messages that nobody has taken. */
  close() {
    this.#conn.close()
    for (const fd of this.#fds.splice(0)) socket.close(fd)
  }

  [Symbol.dispose]() {
    this.close()
  }
}
