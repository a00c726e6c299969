// Many messages in memory: what sendmmsg(2) and recvmmsg(2) work on. Native code
// shares a table with a row for each message; nothing is allocated per message.

import { decode, encodeInto } from './address.js'
import { type AncData, closeDescriptors, messages } from './ancillary.js'
import { bytes } from './args.js'
import { ValueError } from './errors.js'
import type { AddressOut } from './family/types.js'
import type { Handle } from './handle.js'
import { constants, native, address as scratch } from './native.js'
import { nameIn, resolved } from './resolve.js'
import type { Steps } from './steps.js'

/** The columns of a row, in the order of native/batch.cc. */
export const [OFFSET, ROOM, LENGTH, ADDRESS, CONTROL, FLAGS, SENT, COLUMNS] = [
  0, 1, 2, 3, 4, 5, 6, 7,
]

/** The kernel takes no more messages at once: UIO_MAXIOV. */
export const MOST = 1024

/** In the column ADDRESS: there is one, but it is not written as a sockaddr yet. */
const UNWRITTEN = -1

/** The size of a sockaddr_storage. */
const STORAGE = scratch.length

/** Whether two addresses are the same for certain; bytes in them may have changed. */
function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return typeof a !== 'object' && a === b
  return a.length === b.length && a.every((item, i) => typeof item !== 'object' && item === b[i])
}

/** An address that stays what it is, whatever becomes of the caller's. */
function kept(address: unknown): unknown {
  if (Array.isArray(address)) return address.map(kept)
  return address instanceof Uint8Array ? Buffer.from(address) : address
}

export class Slots {
  readonly memory: Uint8Array
  /** A sockaddr_storage for each message. */
  readonly addresses: Uint8Array
  /** Room for control messages, as much for each. */
  readonly control: Uint8Array | null
  readonly room: number
  readonly table: Int32Array
  /** The same memory as the table. */
  readonly rows: Uint8Array
  /** How many messages there are; they come first. */
  count = 0
  /** Addresses in words; undefined where there is none, or one that came as a sockaddr. */
  readonly #given: unknown[]
  #addressed = false
  /** Addresses have to be written, in the form of this family and protocol. */
  #unwritten = false
  #family = -1
  #proto = 0
  /** A view of each sockaddr, once it was used. */
  readonly #sockaddrs: (Uint8Array | undefined)[]
  /** The control messages came, and are not to be sent. */
  #came = false
  /** Which of the messages may have brought descriptors that nobody has seen. */
  readonly #unseen: Uint8Array
  #carried = false

  /** @param room bytes of control messages, for each message */
  constructor(most: number, memory: Uint8Array, room: number) {
    this.memory = memory
    this.room = Math.ceil(room / 8) * 8 // a header of a control message is aligned
    this.addresses = new Uint8Array(most * STORAGE)
    this.control = room === 0 ? null : new Uint8Array(most * this.room)
    this.table = new Int32Array(most * COLUMNS)
    this.rows = new Uint8Array(this.table.buffer)
    this.#given = new Array(most).fill(undefined)
    this.#sockaddrs = new Array(most).fill(undefined)
    this.#unseen = new Uint8Array(most)
  }

  get most(): number {
    return this.#given.length
  }

  #sockaddr(i: number): Uint8Array {
    let view = this.#sockaddrs[i]
    if (view === undefined) {
      view = this.addresses.subarray(i * STORAGE, (i + 1) * STORAGE)
      this.#sockaddrs[i] = view
    }
    return view
  }

  /** The address of a message: where it is to go, or where it came from. */
  address(i: number): AddressOut {
    const given = this.#given[i]
    if (given !== undefined) return given as AddressOut
    return decode(this.#sockaddr(i), this.table[i * COLUMNS + ADDRESS], this.#proto)
  }

  /** Where a message goes; null for the peer. */
  to(i: number, address: unknown): void {
    const none = address === null
    const at = i * COLUMNS + ADDRESS
    if (none || !same(this.#given[i], address)) {
      this.#given[i] = none ? undefined : kept(address)
      this.table[at] = none ? 0 : UNWRITTEN
    }
    if (none) return
    this.#addressed = true
    if (this.table[at] === UNWRITTEN) this.#unwritten = true
  }

  /** Copies control messages to a message that is to be sent. */
  attach(i: number, control: Uint8Array | null): void {
    const length = control?.length ?? 0
    if (length > this.room) {
      throw new ValueError(`ancillary data of ${length} bytes: there is room for ${this.room}`)
    }
    if (control !== null) this.control?.set(control, i * this.room)
    this.table[i * COLUMNS + CONTROL] = length
  }

  /** The control messages of a message. Descriptors among them are the caller's from now on. */
  messages(i: number): AncData[] {
    this.#unseen[i] = 0
    return this.#messages(i)
  }

  #messages(i: number): AncData[] {
    const length = this.table[i * COLUMNS + CONTROL]
    if (this.control === null || length === 0) return []
    const at = i * this.room
    return messages(Buffer.from(this.control.subarray(at, at + length)), length)
  }

  /** Lets go of control messages that came, and closes descriptors which nobody has seen. */
  release(): void {
    if (!this.#came) return
    this.#came = false
    for (let i = 0; i < this.count; i++) {
      if (this.#carried && this.#unseen[i] === 1) closeDescriptors(this.#messages(i))
      this.table[i * COLUMNS + CONTROL] = 0
    }
  }

  /** Whether an address has to be written before the messages go through this socket. */
  stale({ family, proto }: Handle): boolean {
    if (this.#family === family && this.#proto === proto) return this.#unwritten
    this.#family = family
    this.#proto = proto
    for (const [i, address] of this.#given.entries()) {
      if (address === undefined) continue
      this.table[i * COLUMNS + ADDRESS] = UNWRITTEN
      this.#unwritten = true
    }
    return this.#unwritten
  }

  /** The messages whose addresses are not written. */
  *#waiting(): Generator<number, void, undefined> {
    for (let i = 0; i < this.count; i++) {
      if (this.table[i * COLUMNS + ADDRESS] === UNWRITTEN) yield i
    }
  }

  /** Whether a name has to be looked up first. */
  named(h: Handle): boolean {
    if (!this.stale(h)) return false
    return [...this.#waiting()].some((i) => nameIn(h, this.#given[i]) !== null)
  }

  /** Writes the addresses for a socket. */
  *write(h: Handle): Steps<void> {
    if (!this.stale(h)) return
    let last = -1
    for (const i of this.#waiting()) {
      const address = this.#given[i]
      if (last < 0 || !same(this.#given[last], address)) {
        const name = nameIn(h, address)
        const to = name === null ? address : yield* resolved(h, address, name)
        this.table[i * COLUMNS + ADDRESS] = encodeInto(h, to, this.#sockaddr(i), 'sendmmsg')
      } else {
        const length = this.table[last * COLUMNS + ADDRESS]
        this.addresses.copyWithin(i * STORAGE, last * STORAGE, last * STORAGE + length)
        this.table[i * COLUMNS + ADDRESS] = length
      }
      last = i
    }
    this.#unwritten = false
  }

  /** sendmmsg(2) of the messages from `first` on. */
  send(fd: number, first: number, flags: number): number {
    const control = this.#came ? null : this.control
    const room = control === null ? 0 : this.room
    const { addresses, rows } = this
    const count = this.count - first
    bytes(this.memory)
    return native.sendmmsg(fd, this.memory, addresses, control, room, rows, first, count, flags)
  }

  /** Forgets the messages, for others to come. */
  clear(): void {
    this.release()
    this.count = 0
  }

  /** recvmmsg(2) into as many messages as there is room for. */
  receive(h: Handle, fd: number, flags: number): number {
    const { addresses, control, rows, room } = this
    bytes(this.memory)
    const count = native.recvmmsg(
      fd,
      this.memory,
      addresses,
      control,
      room,
      rows,
      0,
      this.most,
      flags,
    )
    if (count < 0) return count
    this.count = count
    this.#family = h.family
    this.#proto = h.proto
    this.#came = control !== null
    // Only Unix sockets pass descriptors.
    this.#carried = control !== null && h.family === constants.AF_UNIX
    if (this.#carried) this.#unseen.fill(1)
    if (this.#addressed) this.#given.fill(undefined)
    this.#addressed = this.#unwritten = false
    return count
  }
}
