// What waits for one direction of a socket, and whose turn it is: a line does not
// wait for the event loop as long as its tries succeed, but others have to have
// their turns.

import { timers } from './builtins.js'
import { oserror } from './errors.js'
import type { Handle } from './handle.js'
import { drained, MORE, type Waiter } from './waiter.js'

/** Immediate completions in a row before the rest of the loop gets a turn. */
const IN_A_ROW = 32
let left = IN_A_ROW

/** Whether one more call may be completed in this turn of the loop. */
export const mayGoOn = (): boolean => left-- > 0

/** A turn begins, in which `more` calls than usual may be completed. */
export function newTurn(more = 0): void {
  left = IN_A_ROW + more
}

/** Lines whose turn comes in the loop's next round. */
const due = new Set<Line>()

export function soon(line: Line): void {
  if (due.size === 0) timers.setImmediate(round)
  due.add(line)
}

function round(): void {
  newTurn()
  const lines = [...due]
  due.clear()
  for (const line of lines) line.advance()
}

/** How long to wait where no edge will come, in ms. */
const AGAIN = 10

/** One direction of a socket: what waits, first come first served. */
export class Line {
  protected first: Waiter | null = null
  #last: Waiter | null = null
  readonly #h: Handle
  /** Answers that are known, but are given in the loop's next round. */
  #late: (() => void)[] | null = null
  /** A try may succeed: there was no EAGAIN since the last edge. */
  ready = true

  constructor(h: Handle) {
    this.#h = h
  }

  get empty(): boolean {
    return this.first === null
  }

  push(waiter: Waiter): void {
    if (this.#last === null) this.first = waiter
    else this.#last.next = waiter
    this.#last = waiter
  }

  /** Takes one out, and says whether it held up what comes after it. */
  remove(waiter: Waiter): boolean {
    let before: Waiter | null = null
    let at = this.first
    while (at !== null && at !== waiter) [before, at] = [at, at.next]
    if (at === null) return false
    if (before === null) this.first = waiter.next
    else before.next = waiter.next
    if (this.#last === waiter) this.#last = before
    return before === null
  }

  /** Gives an answer when others have had their turns. */
  late(give: () => void): void {
    this.#late ??= []
    this.#late.push(give)
    soon(this)
  }

  /** Before any other answer is given: calls are answered in their order. */
  giveLate(): void {
    const late = this.#late
    if (late === null) return
    this.#late = null
    for (const give of late) give()
  }

  /** An edge. */
  edge(): void {
    this.advance()
  }

  /** A try may succeed: gives the answers that are known, then tries what waits. */
  advance(): void {
    this.giveLate()
    this.ready = true
    this.attempt()
  }

  /** In order, until one has to go on waiting. */
  protected attempt(): void {
    for (let waiter = this.first; waiter !== null; waiter = this.first) {
      const outcome = waiter.attempt()
      if (outcome !== null) {
        this.ready = outcome === MORE
        if (this.ready) soon(this)
        return
      }
      this.remove(waiter)
      if (drained(this.#h)) {
        this.ready = false
        return
      }
    }
  }

  /** Rejects what waits. The next call asks the kernel, and hears the same. */
  fail(code: number): void {
    this.giveLate()
    this.ready = true
    let waiter = this.first
    this.first = null
    this.#last = null
    for (; waiter !== null; waiter = waiter.next) waiter.reject(oserror(-code, waiter.syscall))
  }
}

/** A line in which what waits need not get an edge: Unix sockets that write. */
export class Clocked extends Line {
  #clock: NodeJS.Timeout | undefined
  /** The next edge is of our own making. */
  #echo = false

  /**
   * An edge. A Unix datagram that does not get through makes the sender writable
   * when it is dropped: tried again for that, it would be tried without end.
   */
  override edge(): void {
    const echo = this.#clock !== undefined && this.#echo
    this.#echo = false
    if (!echo) this.advance()
  }

  override advance(): void {
    super.advance()
    if (!this.empty) this.#echo = !this.ready
  }

  /** Tries every now and then, until nothing waits. */
  tick(): void {
    this.#clock ??= timers
      .setInterval(() => {
        if (!this.empty) this.advance()
        else {
          timers.clearInterval(this.#clock)
          this.#clock = undefined
        }
      }, AGAIN)
      .unref()
  }
}

/** A line in which each waits for something of its own, and holds up nobody. */
export class Crowd extends Line {
  protected override attempt(): void {
    for (let waiter = this.first; waiter !== null; waiter = waiter.next) {
      const outcome = waiter.attempt()
      if (outcome === null) this.remove(waiter)
      else this.ready = false
    }
  }
}
