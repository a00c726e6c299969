// Waiting, for the promise twin: an op is tried, and tried again when the one
// edge-triggered set of this environment says that its descriptor became ready.
//
// An edge is told once. So an op is always tried before it waits, and only EAGAIN
// means that there is an edge to come; or on TCP a receive that got less than it
// asked for, which saves the call that would give EAGAIN. epoll(7)

import { timers } from './builtins.js'
import { type Op, READ, WRITE } from './drive.js'
import { check, oserror, TimeoutError } from './errors.js'
import { duplicate, Handle } from './handle.js'
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

/** What few sockets wait for. */
class Seldom {
  aside: Line | null = null
  zerocopy: Line | null = null
  /** What waits for something else, and has to hear that the descriptor goes; with its owner. */
  readonly others = new Map<() => void, AsyncOwner>()
}

/** A descriptor of the promise twin: from the first time that something waits, in the set. */
export class Watch extends Handle {
  #reading: Line | null = null
  #writing: Line | null = null
  #seldom: Seldom | null = null
  #refd = true
  #waiting = 0
  #token = -1

  override get reactive(): boolean {
    return true
  }

  /** Enters the set, the first time that something waits. */
  enter(): void {
    if (this.#token >= 0) return
    open()
    const token = free.at(-1) ?? watches.length
    check(native.reactorAdd(this.fd, token), 'epoll_ctl')
    free.pop()
    this.#token = token
    watches[token] = this
  }

  /** What waits for READ, WRITE or ASIDE; POLLERR for zero-copy sends to be let go of. */
  line(event: number): Line {
    const line = this.found(event) ?? lineFor(this, event)
    if (event === READ) this.#reading = line
    else if (event === WRITE) this.#writing = line
    else {
      this.#seldom ??= new Seldom()
      if (event === POLLERR) this.#seldom.zerocopy = line
      else this.#seldom.aside = line
    }
    return line
  }

  /** The line, if something has ever waited in it. */
  found(event: number): Line | null {
    if (event === READ) return this.#reading
    if (event === WRITE) return this.#writing
    if (this.#seldom === null) return null
    return event === POLLERR ? this.#seldom.zerocopy : this.#seldom.aside
  }

  override look(): void {
    for (const line of [this.found(POLLERR), this.#writing]) {
      if (line !== null && !line.empty) soon(line)
    }
  }

  /**
   * An edge: the events are poll(2)'s bits. The end of a stream gives no other edge
   * when it came together with data; and a receive ends before urgent data.
   */
  ready(events: number): void {
    if (events & NOT_ALL) this.drains = false
    if (events & TO_READ) this.#reading?.advance()
    if (events & (POLLHUP | POLLERR)) this.#writing?.advance()
    else if (events & POLLOUT) this.#writing?.edge()
    if (this.#seldom === null) return
    if (events & TO_READ_ASIDE) this.#seldom.aside?.advance()
    if (events & (POLLERR | POLLHUP)) this.#seldom.zerocopy?.advance()
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
  listen(closed: () => void, owner: AsyncOwner): void {
    this.#seldom ??= new Seldom()
    this.#seldom.others.set(closed, owner)
  }

  unlisten(closed: () => void): boolean {
    return this.#seldom?.others.delete(closed) ?? false
  }

  /** Whether waits here keep the event loop alive. */
  set refd(on: boolean) {
    if (on !== this.#refd) hold(on ? this.#waiting : -this.#waiting)
    this.#refd = on
  }

  /** Out of the set, then what waits is rejected; close(2) comes after. */
  protected override end(): void {
    if (this.#token >= 0) {
      native.reactorRemove(this.fd)
      watches[this.#token] = undefined
      free.push(this.#token)
      this.#token = -1
    }
    for (const line of [this.#reading, this.#writing]) line?.fail(EBADF)
    if (this.#seldom === null) return
    for (const line of [this.#seldom.aside, this.#seldom.zerocopy]) line?.fail(EBADF)
    for (const closed of this.#seldom.others.keys()) closed()
  }
}

/** What has such a descriptor: a socket object, which is not lost while something waits for it. */
export interface AsyncOwner {
  readonly _h: Watch
}

/** A duplicate of somebody else's descriptor: its O_NONBLOCK is its owner's. */
export class Foreign extends Watch {
  constructor(fd: number, timeout: number | null) {
    super(duplicate(fd), -1, -1, 0, timeout)
  }

  override stayNonblocking(): void {}
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

/**
 * Runs an op to its result, waiting for `event` as long as the timeout lets it
 * and the signal is not aborted; as long as it waits, its owner is not lost.
 * `start` checks the arguments and makes the op; what it throws rejects the promise.
 * `flags` are the MSG_ flags that the op hands to the kernel.
 */
export function wait<T>(
  owner: AsyncOwner,
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
    if (h.timeout === 0 || (flags !== undefined && (Number(flags) & MSG_DONTWAIT) !== 0)) {
      return atOnce(h, h.line(event), syscall, op)
    }
    const line = h.found(event)
    if ((line === null || (line.empty && line.ready)) && mayGoOn()) {
      line?.giveLate()
      const result = tried(h, op, syscall, h.timeout)
      if (!notYet(result)) {
        if (drained(h)) h.line(event).ready = false
        return Promise.resolve(result)
      }
      h.line(event).ready = result === MORE
    }
    return enqueue(owner, h.line(event), syscall, op, options.signal)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** As `wait`, for an op that receives with flags. */
export function receive<T>(
  owner: AsyncOwner,
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
  owner: AsyncOwner,
  line: Line,
  syscall: string,
  op: Op<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const h = owner._h
  h.enter()
  const promise = promised<T>()
  const waiter = new Waiter(owner, syscall, op)
  if (line.empty && line.ready) soon(line)
  line.push(waiter as Waiter)
  if (line instanceof Clocked && !hasEdge(h, syscall)) line.tick()
  if (waiter.timeout !== null || signal !== undefined) limit(waiter, line, signal)
  h.begin()
  return promise
}

/**
 * Something else than its descriptor that a call on a socket waits for; given up
 * when the signal is aborted or the socket closed. Until then the socket is in use.
 */
export function meanwhile<T>(
  owner: AsyncOwner,
  syscall: string,
  begin: () => Promise<T>,
  { signal }: WaitOptions,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const h = owner._h
    h.enter()
    const closed = () => settle(() => reject(oserror(-EBADF, syscall)))
    const aborted = () => settle(() => reject(signal?.reason))
    const settle = (how: () => void) => {
      if (!h.unlisten(closed)) return
      signal?.removeEventListener('abort', aborted)
      h.done()
      how()
    }
    h.listen(closed, owner)
    h.begin()
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
