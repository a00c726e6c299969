// Waiting, for the promise twin: an op is tried, and tried again when the one
// edge-triggered set of this environment says that its descriptor became ready.
//
// An edge is told once. So an op is always tried before it waits, and only
// EAGAIN means that there is an edge to come.

import { timers } from './builtins.js'
import { type Op, READ, WRITE } from './drive.js'
import { check, oserror, TimeoutError } from './errors.js'
import type { Handle, Owner, Watched } from './handle.js'
import { constants, errnos, native } from './native.js'
import { MORE, notYet, tried, Waiter } from './waiter.js'

const { EAGAIN, EBADF } = errnos
const { AF_UNIX, MSG_DONTWAIT, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, SOCK_DGRAM } = constants
/** The direction of what has a queue of its own: MSG_ERRQUEUE and MSG_OOB. */
export const ASIDE = POLLPRI
/** Events that may let a read succeed or fail; the end of a stream comes with POLLIN. */
const TO_READ = POLLIN | POLLPRI | POLLHUP | POLLERR
const TO_READ_ASIDE = POLLPRI | POLLHUP | POLLERR

/** What a waiting call takes besides its arguments. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** One direction of a socket: what waits, first come first served. */
class Line {
  readonly queue: Waiter[] = []
  /** No EAGAIN since the last edge, so that a try may succeed. */
  ready = true
  #clock: NodeJS.Timeout | undefined
  /** The next edge is of our own making. */
  #echo = false

  /**
   * An edge. A Unix datagram that does not get through makes the sender writable
   * when it is dropped: tried again for that, it would be tried without end.
   */
  edge(): void {
    const echo = this.#clock !== undefined && this.#echo
    this.#echo = false
    if (!echo) this.advance()
  }

  /** Tries what waits, in order, until one has to go on waiting. */
  advance(): void {
    this.ready = true
    while (this.queue.length > 0) {
      const outcome = this.queue[0].attempt()
      if (outcome === null) this.queue.shift()
      else {
        this.ready = outcome === MORE
        if (this.ready) soon(this)
        this.#echo = !this.ready
        return
      }
    }
  }

  /** Tries every now and then, for want of an edge, until nothing waits. */
  tick(): void {
    this.#clock ??= timers
      .setInterval(() => {
        if (this.queue.length > 0) this.advance()
        else {
          timers.clearInterval(this.#clock)
          this.#clock = undefined
        }
      }, AGAIN)
      .unref()
  }

  /** Rejects what waits. The next call asks the kernel, and hears the same. */
  fail(code: number): void {
    this.ready = true
    for (const waiter of this.queue.splice(0)) waiter.reject(oserror(-code, waiter.syscall))
  }
}

/** A line in which each waits for something of its own, and holds up nobody. */
class Crowd extends Line {
  override advance(): void {
    this.ready = true
    for (const waiter of [...this.queue]) {
      if (waiter.settled) continue
      const outcome = waiter.attempt()
      if (outcome === null) this.queue.splice(this.queue.indexOf(waiter), 1)
      else this.ready = false
    }
  }
}

/** A socket in the set, for the whole of its life. */
export class Watch implements Watched {
  readonly #reading = new Line()
  readonly #writing = new Line()
  /** What waits for something else, and has to hear that the descriptor goes. */
  readonly others = new Set<() => void>()
  #aside: Line | undefined
  #zerocopy: Crowd | undefined
  readonly #h: Handle
  #refd = true
  #waiting = 0
  #owner: Owner | undefined
  #token = -1

  constructor(h: Handle) {
    this.#h = h
  }

  /** Enters the set, the first time that something waits. */
  enter(): void {
    if (this.#token >= 0) return
    open()
    const token = free.at(-1) ?? watches.length
    check(native.reactorAdd(this.#h.fd, token), 'epoll_ctl')
    free.pop()
    this.#token = token
    watches[token] = this
  }

  /** What waits for READ, WRITE or ASIDE; POLLERR for zero-copy sends to be let go of. */
  line(event: number): Line {
    if (event === READ) return this.#reading
    if (event === WRITE) return this.#writing
    if (event === POLLERR) {
      this.#zerocopy ??= new Crowd()
      return this.#zerocopy
    }
    this.#aside ??= new Line()
    return this.#aside
  }

  look(): void {
    for (const line of [this.#zerocopy, this.#writing]) {
      if (line !== undefined && line.queue.length > 0) soon(line)
    }
  }

  /** An edge: the events are poll(2)'s bits. */
  ready(events: number): void {
    if (events & TO_READ) this.#reading.advance()
    if (events & (POLLHUP | POLLERR)) this.#writing.advance()
    else if (events & POLLOUT) this.#writing.edge()
    if (events & TO_READ_ASIDE) this.#aside?.advance()
    if (events & (POLLERR | POLLHUP)) this.#zerocopy?.advance()
  }

  /** A wait begins or ends; while one goes on, the event loop stays alive. */
  count(by: 1 | -1): void {
    this.#waiting += by
    // What waits here is lost with its socket, so the socket must not be.
    this.#owner = this.#waiting > 0 ? (this.#owner ?? this.#h.owner?.deref()) : undefined
    if (this.#refd) hold(by)
  }

  /** Whether waits here keep the event loop alive. */
  set refd(on: boolean) {
    if (on !== this.#refd) hold(on ? this.#waiting : -this.#waiting)
    this.#refd = on
  }

  /** Out of the set, then what waits is rejected; close(2) comes after. */
  end(): void {
    if (this.#token >= 0) {
      native.reactorRemove(this.#h.fd)
      watches[this.#token] = undefined
      free.push(this.#token)
      this.#token = -1
    }
    const lines = [this.#reading, this.#writing, this.#aside, this.#zerocopy]
    for (const line of lines) line?.fail(EBADF)
    for (const closed of this.others) closed()
  }
}

/** Watches by token. A stale event for a token that was given again does no harm. */
const watches: (Watch | undefined)[] = []
const free: number[] = []
let events: Int32Array | null = null

function open(): void {
  if (events !== null) return
  // Bun aborts on uv_poll, though it has the names; Deno fires it once.
  const thread = 'bun' in process.versions || 'deno' in process.versions
  const memory = native.reactorOpen(dispatch, thread)
  if (typeof memory === 'number') throw oserror(memory, 'epoll_create1')
  events = new Int32Array(memory)
}

/** A batch of [token, events] pairs. Nothing may be thrown from here. */
function dispatch(count: number, byThread: boolean): void {
  // One batch in a turn of the loop, or others would wait while one peer is busy.
  if (byThread) timers.setImmediate(native.reactorNext)
  row = 0
  const pairs = events as Int32Array
  for (let i = 0; i < 2 * count; i += 2) watches[pairs[i]]?.ready(pairs[i + 1])
}

/** Waits that keep the event loop alive. */
let alive = 0

function hold(by: number): void {
  const was = alive > 0
  alive += by
  if (alive > 0 !== was) native.reactorRef(alive > 0)
}

/** Immediate completions in a row before the rest of the loop gets a turn. */
const IN_A_ROW = 32
let row = 0
/** Lines whose turn comes in the loop's next round. */
const due = new Set<Line>()

function soon(line: Line): void {
  if (due.size === 0) timers.setImmediate(round)
  due.add(line)
}

function round(): void {
  row = 0
  const lines = [...due]
  due.clear()
  for (const line of lines) line.advance()
}

/** The watch of a handle. */
export function watchOf(h: Handle): Watch {
  h.watch ??= new Watch(h)
  return h.watch as Watch
}

/**
 * Runs an op to its result, waiting for `event` as long as the timeout lets it
 * and the signal is not aborted. `start` checks the arguments and makes the op;
 * what it throws rejects the promise.
 * `flags` are the MSG_ flags that the op hands to the kernel.
 */
export function wait<T>(
  h: Handle,
  event: number,
  syscall: string,
  start: () => Op<T>,
  options: WaitOptions = {},
  flags?: unknown,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const { signal } = options // in here, because null is no options: that rejects too
    signal?.throwIfAborted()
    const op = start()
    const watch = watchOf(h)
    const line = watch.line(event)
    if (h.timeout === 0 || (Number(flags) & MSG_DONTWAIT) !== 0) {
      atOnce(h, line, syscall, op, resolve, reject)
      return
    }
    const first = line.queue.length === 0
    if (first && line.ready && row++ < IN_A_ROW) {
      const result = tried(h, op, syscall, h.timeout)
      if (!notYet(result)) return resolve(result)
      line.ready = result === MORE
    }
    watch.enter()
    const waiter = new Waiter(h, syscall, op, resolve, reject)
    line.queue.push(waiter as Waiter)
    limit(waiter, h, line, signal)
    watch.count(1)
    waiter.cleanup(() => watch.count(-1))
    if (first && line.ready) soon(line)
  })
}

/**
 * Something else than its descriptor that a call on a socket waits for; given up
 * when the signal is aborted or the socket closed. Until then the socket is in use.
 */
export function meanwhile<T>(
  h: Handle,
  syscall: string,
  begin: () => Promise<T>,
  { signal }: WaitOptions,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const watch = watchOf(h)
    watch.enter()
    const closed = () => settle(() => reject(oserror(-EBADF, syscall)))
    const aborted = () => settle(() => reject(signal?.reason))
    const settle = (how: () => void) => {
      if (!watch.others.delete(closed)) return
      signal?.removeEventListener('abort', aborted)
      watch.count(-1)
      how()
    }
    watch.others.add(closed)
    watch.count(1)
    signal?.addEventListener('abort', aborted, { once: true })
    begin().then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
  })
}

/** A call that never waits: neither for the kernel nor for a call before it. */
function atOnce<T>(
  h: Handle,
  line: Line,
  syscall: string,
  op: Op<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  if (line.queue.length > 0) throw oserror(-EAGAIN, syscall)
  let settle: () => void
  try {
    let result = tried(h, op, syscall, 0)
    while (result === MORE) result = tried(h, op, syscall, 0)
    const value = result as T
    settle = () => resolve(value)
  } catch (error) {
    settle = () => reject(error)
  }
  if (row++ < IN_A_ROW) settle()
  else {
    // Who asks again and again hears no more in this round of the loop.
    timers.setImmediate(() => {
      row = 0
      settle()
    })
  }
}

/** The longest time that a timer holds, in ms. */
const LONGEST = 0x7fffffff
/** How long to wait where no edge will come, in ms. */
const AGAIN = 10

/** Sets what ends a wait besides readiness: the deadline, the signal, and a look now and then. */
function limit<T>(waiter: Waiter<T>, h: Handle, line: Line, signal?: AbortSignal): void {
  const leave = (error: unknown) => {
    const at = line.queue.indexOf(waiter as Waiter)
    if (at >= 0) line.queue.splice(at, 1)
    waiter.reject(error)
    if (at === 0) line.advance() // it may have held up what comes after it
  }
  // Timers need not keep the loop alive: the wait itself does, unless unref'd.
  if (waiter.timeout !== null) {
    let timer: NodeJS.Timeout
    const sleep = (left: number) => {
      timer = timers
        .setTimeout(
          () => (left > LONGEST ? sleep(left - LONGEST) : leave(new TimeoutError('timed out'))),
          Math.min(left, LONGEST),
        )
        .unref()
    }
    // One more, because a timer counts from the last whole millisecond.
    sleep(Math.ceil(waiter.timeout * 1000) + 1)
    waiter.cleanup(() => timers.clearTimeout(timer))
  }
  if (signal !== undefined) {
    const aborted = () => leave(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
    waiter.cleanup(() => signal.removeEventListener('abort', aborted))
  }
  if (!hasEdge(h, line, waiter.syscall)) line.tick()
}

/**
 * A Unix socket has no edge for a full backlog, nor for the full queue of a
 * receiver to which it is not connected.
 */
function hasEdge(h: Handle, line: Line, syscall: string): boolean {
  if (h.family !== AF_UNIX) return true
  return syscall !== 'connect' && (h.type !== SOCK_DGRAM || line !== watchOf(h).line(WRITE))
}
