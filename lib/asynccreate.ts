// The module functions of the promise twin that make sockets.

import type { Int } from './args.js'
import { socket } from './asynccallable.js'
import { AsyncSocket } from './asyncsocket.js'
import { runLater } from './asyncsteps.js'
import type { BaseSocket } from './base.js'
import { timers } from './builtins.js'
import * as blocking from './create.js'
import { check, OSError } from './errors.js'
import type { Address, AddressOut, Family, Inet } from './family/types.js'
import { type AddrInfo, getaddrinfo } from './lookups.js'
import { constants, native } from './native.js'
import { type WaitOptions, Watch } from './reactor.js'

const { AF_UNIX, SOCK_STREAM } = constants

/** Takes a descriptor over from a socket object, which is closed by it. */
function takeOver<F extends number>(s: BaseSocket<F>): AsyncSocket<F> {
  const { family, type, proto } = s._h
  const h = new Watch(s.detach(), family, type, proto, s._h.timeout)
  const adopted = new AsyncSocket<F>(h)
  h.applyTimeout()
  return adopted
}

/**
 * The promise twin of a blocking socket, on the same descriptor; the blocking
 * object is closed by it. `fromsocket` of `bsd-socket` goes back.
 */
export function fromsocket<F extends number>(s: BaseSocket<F>): AsyncSocket<F> {
  if (s.fileno() < 0) check(native.getsockname(-1), 'fromsocket')
  return takeOver(s)
}

/** Two connected sockets. socketpair(2) @param family AF_UNIX if left out */
export function socketpair<F extends number = Family<'AF_UNIX'>>(
  family?: F | null,
  type?: Int,
  proto?: Int,
): [AsyncSocket<F>, AsyncSocket<F>] {
  const [a, b] = blocking.socketpair(family ?? (AF_UNIX as F), type, proto)
  return [takeOver(a), takeOver(b)]
}

/** A socket on a duplicate of a descriptor, which stays the caller's. dup(2) */
export const fromfd = <F extends number>(
  fd: Int,
  family: F,
  type: Int,
  proto?: Int,
): AsyncSocket<F> => takeOver(blocking.fromfd(fd, family, type, proto))

/** A server's `for await` gives `[socket, address]`. */
export type AsyncServer<F extends number = number> = AsyncSocket<F, [AsyncSocket<F>, AddressOut<F>]>

/** A listening TCP socket; see the blocking twin. Waits only for a name to be looked up. */
export async function create_server<F extends number = Family<'AF_INET'>>(
  address: Address<F>,
  options: blocking.CreateServerOptions<F> & WaitOptions = {},
): Promise<AsyncServer<F>> {
  const s = new socket(blocking.serverFamily(options), SOCK_STREAM)
  try {
    blocking.setServerOptions(s, options)
    await s.bind(address, options).catch((error) => {
      throw blocking.bindError(error, address)
    })
    s.listen(options.backlog ?? undefined)
    return s as unknown as AsyncServer<F>
  } catch (error) {
    s.close()
    throw error
  }
}

export interface CreateConnectionOptions extends blocking.CreateConnectionOptions, WaitOptions {
  /**
   * Seconds after which the next address is tried beside the one before, 0.25 if
   * left out; null tries one after the other. RFC 8305
   */
  happy_eyeballs_delay?: number | null
}

/** IPv6 and IPv4 in turn, beginning with what the resolver prefers. RFC 8305, section 4 */
function interleave(found: readonly AddrInfo[]): AddrInfo[] {
  const first = found.filter(([family]) => family === found[0][0])
  const other = found.filter(([family]) => family !== found[0][0])
  return first
    .flatMap((row, i) => (i < other.length ? [row, other[i]] : [row]))
    .concat(other.slice(first.length))
}

/**
 * Connects to a TCP service: tries every address of the host, the next one a
 * little after the one before, and keeps the first that answers. RFC 8305
 * @param address `[host, port]`
 * @param timeout seconds for each attempt, or null; or an options object from here on
 * @throws gaierror the host is not known
 * @throws OSError what the last attempt failed with
 */
export async function create_connection(
  address: readonly [host: string | null, port: Int | string],
  timeout?: number | null | CreateConnectionOptions,
  source_address?: Inet | null | CreateConnectionOptions,
  options?: CreateConnectionOptions,
): Promise<AsyncSocket<blocking.InetFamily>> {
  const chosen: CreateConnectionOptions = blocking.connectionOptions(
    timeout,
    source_address,
    options,
  )
  const [host, port] = blocking.pair(address)
  const found = await runLater(getaddrinfo(host, port, 0, SOCK_STREAM), chosen)
  chosen.signal?.throwIfAborted() // it may have happened since the answer came
  return new Race(interleave(found), chosen).result
}

type Winner = AsyncSocket<blocking.InetFamily>

/** Attempts side by side; the first to connect wins, the others are ended. */
class Race {
  readonly result: Promise<Winner>
  readonly #addresses: AddrInfo[]
  readonly #options: CreateConnectionOptions
  readonly #ender = new AbortController()
  readonly #errors: OSError[] = []
  #running = 0
  #timer: NodeJS.Timeout | undefined
  #resolve!: (winner: Winner) => void
  #reject!: (error: unknown) => void

  constructor(addresses: AddrInfo[], options: CreateConnectionOptions) {
    this.#addresses = addresses
    this.#options = options
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { signal } = options
    const aborted = () => this.#end(() => this.#reject(signal?.reason))
    signal?.addEventListener('abort', aborted, { once: true, signal: this.#ender.signal })
    this.#next()
  }

  /** Begins the next attempt, and sets the clock for the one after it. */
  #next(): void {
    timers.clearTimeout(this.#timer)
    const row = this.#addresses.shift()
    if (row === undefined) {
      if (this.#running > 0) return
      const error = blocking.connectionError(this.#errors, this.#options.all_errors)
      this.#end(() => this.#reject(error))
      return
    }
    const { happy_eyeballs_delay: delay = 0.25 } = this.#options
    if (delay !== null && this.#addresses.length > 0) {
      this.#timer = timers.setTimeout(() => this.#next(), delay * 1000)
    }
    this.#running++
    this.#attempt(row).then(
      (s) => this.#won(s),
      (error) => this.#lost(error),
    )
  }

  async #attempt([family, type, proto, , sockaddr]: AddrInfo): Promise<Winner> {
    const { timeout, source_address } = this.#options
    const { signal } = this.#ender
    const s = new socket(family as blocking.InetFamily, type, proto)
    try {
      if (timeout !== undefined) s.settimeout(timeout)
      if (source_address) await s.bind(source_address, { signal })
      await s.connect(sockaddr as Address<blocking.InetFamily>, { signal })
      return s
    } catch (error) {
      s.close()
      throw error
    }
  }

  #won(s: Winner): void {
    // Two may connect in one turn of the loop: the second is not wanted.
    if (this.#ender.signal.aborted) s.close()
    else this.#end(() => this.#resolve(s))
  }

  #lost(error: unknown): void {
    this.#running--
    if (this.#ender.signal.aborted) return
    if (!(error instanceof OSError)) this.#end(() => this.#reject(error))
    else {
      this.#errors.push(error)
      this.#next()
    }
  }

  #end(settle: () => void): void {
    timers.clearTimeout(this.#timer)
    this.#ender.abort()
    settle()
  }
}
