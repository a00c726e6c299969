// Waiting, for the promise twin: an op is tried, and tried again when the one
// edge-triggered set of this environment says that its descriptor became ready.
//
// An edge is told once. So an op is always tried before it waits, and only EAGAIN
// means that there is an edge to come; or on TCP a receive that got less than it
// asked for, which saves the call that would give EAGAIN. epoll(7)

import { timers } from './builtins.js'
import { type Op, READ, WRITE } from './drive.js'
import { check, oserror, TimeoutError } from './errors.js'
import type { Handle, Owner, Watched } from './handle.js'
import { Clocked, Crowd, Line, mayGoOn, newTurn, soon } from './line.js'
import { constants, errnos, native, polling } from './native.js'
import { drained, MORE, notYet, promised, tried, Waiter } from './waiter.js'

const { EAGAIN, EBADF } = errnos
const { AF_UNIX, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_OOB, SOCK_DGRAM } = constants
const { EPOLLRDHUP, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI } = polling
/** The direction of what has a queue of its own: MSG_ERRQUEUE and MSG_OOB. */
const ASIDE = POLLPRI
/** Events that may let a read succeed or fail; the end of a stream comes with POLLIN. */
const TO_READ = POLLIN | POLLPRI | POLLHUP | POLLERR
const TO_READ_ASIDE = POLLPRI | POLLHUP | POLLERR
/** Events after which a short receive need not have taken all there was. */
const NOT_ALL = TO_READ_ASIDE | (EPOLLRDHUP ?? 0)

/** What a waiting call takes besides its arguments. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** A socket in the set, for the whole of its life. */
export class Watch implements Watched {
  readonly h: Handle
  #reading: Line | null = null
  #writing: Line | null = null
  #aside: Line | null = null
  #zerocopy: Line | null = null
  /** What waits for something else, and has to hear that the descriptor goes; with its owner. */
  #others: Map<() => void, Owner> | null = null
  #refd = true
  #waiting = 0
  #token = -1

  constructor(h: Handle) {
    this.h = h
  }

  /** Enters the set, the first time that something waits. */
  enter(): void {
    if (this.#token >= 0) return
    open()
    const token = free.at(-1) ?? watches.length
    check(native.reactorAdd(this.h.fd, token), 'epoll_ctl')
    free.pop()
    this.#token = token
    watches[token] = this
  }

  /** What waits for READ, WRITE or ASIDE; POLLERR for zero-copy sends to be let go of. */
  line(event: number): Line {
    const line = this.found(event) ?? lineFor(this.h, event)
    if (event === READ) this.#reading = line
    else if (event === WRITE) this.#writing = line
    else if (event === POLLERR) this.#zerocopy = line
    else this.#aside = line
    return line
  }

  /** The line, if something has ever waited in it. */
  found(event: number): Line | null {
    if (event === READ) return this.#reading
    if (event === WRITE) return this.#writing
    return event === POLLERR ? this.#zerocopy : this.#aside
  }

  look(): void {
    for (const line of [this.#zerocopy, this.#writing]) {
      if (line !== null && !line.empty) soon(line)
    }
  }

  /**
   * An edge: the events are poll(2)'s bits. The end of a stream gives no other edge
   * when it came together with data; and a receive ends before urgent data.
   */
  ready(events: number): void {
    if (events & NOT_ALL) this.h.drains = false
    if (events & TO_READ) this.#reading?.advance()
    if (events & (POLLHUP | POLLERR)) this.#writing?.advance()
    else if (events & POLLOUT) this.#writing?.edge()
    if (events & TO_READ_ASIDE) this.#aside?.advance()
    if (events & (POLLERR | POLLHUP)) this.#zerocopy?.advance()
  }

  /** A wait begins; while one goes on, the event loop stays alive. */
  begin(): void {
    this.#waiting++
    if (this.#refd) hold(1)
  }

  done(): void {
    this.#waiting--
    if (this.#refd) hold(-1)
  }

  /** `closed` is called when the descriptor goes, unless `unlisten` comes before. */
  listen(closed: () => void, owner: Owner): void {
    this.#others ??= new Map()
    this.#others.set(closed, owner)
  }

  unlisten(closed: () => void): boolean {
    return this.#others?.delete(closed) ?? false
  }

  /** Whether waits here keep the event loop alive. */
  set refd(on: boolean) {
    if (on !== this.#refd) hold(on ? this.#waiting : -this.#waiting)
    this.#refd = on
  }

  /** Out of the set, then what waits is rejected; close(2) comes after. */
  end(): void {
    if (this.#token >= 0) {
      native.reactorRemove(this.h.fd)
      watches[this.#token] = undefined
      free.push(this.#token)
      this.#token = -1
    }
    const lines = [this.#reading, this.#writing, this.#aside, this.#zerocopy]
    for (const line of lines) line?.fail(EBADF)
    for (const closed of this.#others?.keys() ?? []) closed()
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
  newTurn(2 * count) // what is ready may be received and answered
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

/** The watch of a handle. */
export function watchOf(h: Handle): Watch {
  h.watch ??= new Watch(h)
  return h.watch as Watch
}

/**
 * Runs an op to its result, waiting for `event` as long as the timeout lets it
 * and the signal is not aborted; as long as it waits, its owner is not lost.
 * `start` checks the arguments and makes the op; what it throws rejects the promise.
 * `flags` are the MSG_ flags that the op hands to the kernel.
 */
export function wait<T>(
  owner: Owner,
  event: number,
  syscall: string,
  start: () => Op<T>,
  options: WaitOptions = {},
  flags?: unknown,
): Promise<T> {
  try {
    options.signal?.throwIfAborted() // in here, because null is no options: that rejects too
    const op = start()
    const h = owner._h
    const watch = watchOf(h)
    if (h.timeout === 0 || (flags !== undefined && (Number(flags) & MSG_DONTWAIT) !== 0)) {
      return atOnce(h, watch.line(event), syscall, op)
    }
    const line = watch.found(event)
    if ((line === null || (line.empty && line.ready)) && mayGoOn()) {
      line?.giveLate()
      const result = tried(h, op, syscall, h.timeout)
      if (!notYet(result)) {
        if (drained(h)) watch.line(event).ready = false
        return Promise.resolve(result)
      }
      watch.line(event).ready = result === MORE
    }
    return enqueue(owner, watch.line(event), syscall, op, options.signal)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** As `wait`, for an op that receives with flags. */
export function receive<T>(
  owner: Owner,
  syscall: string,
  flags: unknown,
  start: () => Op<T>,
  options?: WaitOptions,
): Promise<T> {
  const number = typeof flags === 'bigint' || typeof flags === 'number' ? Number(flags) : 0
  const aside = (number & (MSG_ERRQUEUE | MSG_OOB)) !== 0
  if (aside) owner._h.drains = false // urgent data leaves a mark, at which receives end
  return wait(owner, aside ? ASIDE : READ, syscall, start, options, flags)
}

/** Waits in line. */
function enqueue<T>(
  owner: Owner,
  line: Line,
  syscall: string,
  op: Op<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const watch = watchOf(owner._h)
  watch.enter()
  const promise = promised<T>()
  const waiter = new Waiter(owner, syscall, op)
  if (line.empty && line.ready) soon(line)
  line.push(waiter as Waiter)
  if (line instanceof Clocked && !hasEdge(watch.h, syscall)) line.tick()
  if (waiter.timeout !== null || signal !== undefined) limit(waiter, line, signal)
  watch.begin()
  return promise
}

/**
 * Something else than its descriptor that a call on a socket waits for; given up
 * when the signal is aborted or the socket closed. Until then the socket is in use.
 */
export function meanwhile<T>(
  owner: Owner,
  syscall: string,
  begin: () => Promise<T>,
  { signal }: WaitOptions,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const watch = watchOf(owner._h)
    watch.enter()
    const closed = () => settle(() => reject(oserror(-EBADF, syscall)))
    const aborted = () => settle(() => reject(signal?.reason))
    const settle = (how: () => void) => {
      if (!watch.unlisten(closed)) return
      signal?.removeEventListener('abort', aborted)
      watch.done()
      how()
    }
    watch.listen(closed, owner)
    watch.begin()
    signal?.addEventListener('abort', aborted, { once: true })
    begin().then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
  })
}

/**
 * A call that never waits: neither for the kernel nor for a call before it. Who asks
 * again and again hears no more in this round of the loop.
 */
function atOnce<T>(h: Handle, line: Line, syscall: string, op: Op<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let give: () => void
    try {
      if (!line.empty) throw oserror(-EAGAIN, syscall)
      let result = tried(h, op, syscall, 0)
      while (result === MORE) result = tried(h, op, syscall, 0)
      const value = result as T
      give = () => resolve(value)
    } catch (error) {
      give = () => reject(error)
    }
    if (!mayGoOn()) return line.late(give)
    line.giveLate()
    give()
  })
}

/** The longest time that a timer holds, in ms. */
const LONGEST = 0x7fffffff

/** Sets what ends a wait besides readiness: the deadline and the signal. */
function limit<T>(waiter: Waiter<T>, line: Line, signal: AbortSignal | undefined): void {
  const leave = (error: unknown) => {
    const first = line.remove(waiter as Waiter)
    waiter.reject(error)
    if (first) line.advance() // it may have held up what comes after it
  }
  // Timers need not keep the loop alive: the wait itself does, unless unref'd.
  let timer: NodeJS.Timeout | undefined
  const sleep = (left: number) => {
    timer = timers
      .setTimeout(
        () => (left > LONGEST ? sleep(left - LONGEST) : leave(new TimeoutError('timed out'))),
        Math.min(left, LONGEST),
      )
      .unref()
  }
  // One more, because a timer counts from the last whole millisecond.
  if (waiter.timeout !== null) sleep(Math.ceil(waiter.timeout * 1000) + 1)
  const aborted = () => leave(signal?.reason)
  signal?.addEventListener('abort', aborted, { once: true })
  waiter.release = () => {
    timers.clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
}

/**
 * A Unix socket has no edge for a full backlog, nor for the full queue of a
 * receiver to which it is not connected.
 */
const hasEdge = (h: Handle, syscall: string): boolean =>
  syscall !== 'connect' && h.type !== SOCK_DGRAM

function lineFor(h: Handle, event: number): Line {
  if (event === POLLERR) return new Crowd(h)
  return event === WRITE && h.family === AF_UNIX ? new Clocked(h) : new Line(h)
}
