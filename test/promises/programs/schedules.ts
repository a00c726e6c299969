// schedules SEED COUNT [FIRST]: calls of the promise twin that are started, aborted,
// closed, timed out and given away by chance, while the other side sends, reads,
// closes and resets. Whatever happens, each call settles once, nothing stays open
// and nothing keeps the loop alive. With a COUNT of 1 every step is told.

import { getEventListeners, setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers'
import * as socket from 'bsd-socket/promises'
import { type Scene, scenes } from './scenes.js'
import { descriptors, reactor, settled, sleep, tell, warm } from './setup.js'
import { type Chance, Fault, random, type Stage, tolerant } from './stage.js'

/** How long a call that has to end may take, in ms: long, for a machine that is busy. */
const PATIENCE = 5000

const [seed, count, start = 0] = process.argv.slice(2).map(Number)
const aloud = count === 1
const faults: string[] = []
let current = start

function wrong(what: string): void {
  const thread = process.env.REACTOR === 'thread' ? 'REACTOR=thread ' : ''
  faults.push(`${what}; again: ${thread}node ${process.argv[1]} ${seed} 1 ${current}`)
}

process.on('unhandledRejection', (reason) => wrong(`unhandled rejection: ${inner(reason)}`))
process.on('uncaughtException', (error) => wrong(`uncaught: ${inner(error)}`))
process.on('warning', (warning) => wrong(`warning: ${warning.message}`))
const inner = (error: unknown) => String(error instanceof Error ? error.stack : error)

// Every promise that is made with `new` counts how often it is settled.
const { Promise: Plain } = globalThis
type Executor = (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void
globalThis.Promise = new Proxy(Plain, {
  construct(target, [executor]: [Executor], newTarget) {
    let settles = 0
    const counted =
      <T>(settle: (value: T) => void) =>
      (value: T) => {
        if (++settles === 2) wrong(inner(new Error('settled twice')))
        settle(value)
      }
    const counting: Executor = (resolve, reject) => executor(counted(resolve), counted(reject))
    return Reflect.construct(target, [counting], newTarget)
  },
})

/** How a call ended. */
type End = 'value' | 'aborted' | 'timed out' | 'closed' | 'refused'

/** A call that was started, and what it may end with. */
class Call {
  readonly scene: Scene
  readonly stage: Stage
  readonly abort: AbortController | null
  /** It has a deadline. */
  readonly limited: boolean
  readonly #s: socket.socket
  end: End | null = null
  readonly done: Promise<void>

  constructor(scene: Scene, stage: Stage, abort: AbortController | null) {
    this.scene = scene
    this.stage = stage
    this.abort = abort
    this.#s = stage.s
    this.limited = stage.plain && stage.s.gettimeout() !== null
    const options = abort === null ? {} : { signal: abort.signal }
    const early = scene.hears && abort?.signal.aborted
    const over = (end: End, error?: unknown) => {
      this.end = end
      if (early && end !== 'aborted') wrong(`${scene.name}, aborted before, ended: ${end}`)
      say(`${scene.name} ends: ${end} ${error ?? ''}`)
    }
    let call: Promise<unknown>
    try {
      call = scene.call(stage, options)
    } catch (error) {
      call = Plain.reject(new Fault(`thrown: ${inner(error)}`)) // it should have rejected
    }
    this.done = call.then(
      () => over('value'),
      (error: unknown) => over(this.#ending(error), error),
    )
  }

  /** What an error tells; an error without a cause is a fault. */
  #ending(error: unknown): End {
    const { abort, stage, scene } = this
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const end = (how: End, cause: boolean): End => {
      if (!cause) wrong(`${scene.name} ended without cause: ${inner(error)}`)
      return how
    }
    const aborted = error === abort?.signal.reason || code === 'ABORT_ERR'
    if (abort?.signal.aborted && aborted) return 'aborted'
    // A stream's error is that of all who use it.
    if (stage.stream !== null) return end('closed', stage.ended || stage.gone || stage.limited)
    if (error instanceof socket.TimeoutError) return end('timed out', stage.limited)
    if (code === 'EAGAIN') return end('refused', stage.limited)
    if (code === 'EBADF') return end('closed', stage.ended)
    return end('refused', error instanceof socket.OSError || error instanceof socket.ValueError)
  }

  /** Whether it has to end, whatever the other side does. */
  get doomed(): boolean {
    const aborted = this.scene.hears && this.abort?.signal.aborted === true
    return aborted || this.limited || this.#s.fileno() < 0
  }
}

const say = (what: string): void => {
  if (aloud) console.error(`  ${what}`)
}

/** Waits for calls to end; those that have not in good time are faults. */
async function ended(calls: readonly Call[], why: string, meanwhile = () => {}): Promise<void> {
  const until = performance.now() + PATIENCE
  const waiting = () => calls.filter((call) => call.end === null)
  for (let turns = 0; waiting().length > 0; turns++) {
    if (performance.now() > until) {
      wrong(`${why}: ${waiting().map((call) => call.scene.name)} still waits`)
      return
    }
    meanwhile()
    await (turns < 20 ? turn() : sleep(1))
  }
}

const turn = () => new Plain((resolve) => setImmediate(resolve))

/** One schedule. */
class Play {
  readonly #chance: Chance
  readonly #stages: Stage[] = []
  readonly #kinds = new Map<Stage, Scene['stage']>()
  readonly calls: Call[] = []

  constructor(n: number) {
    this.#chance = random(seed, n)
    const stages = 1 + this.#chance(3)
    for (let i = 0; i < stages; i++) {
      // Every scene has its turn.
      const scene = i === 0 ? scenes[n % scenes.length] : this.#one(scenes)
      const stage = scene.stage(this.#chance)
      this.#stages.push(stage)
      this.#kinds.set(stage, scene.stage)
      say(`a stage for ${scene.name}`)
      if (this.#chance(4) === 0) this.#limit(stage)
      this.#start(stage, scene)
    }
  }

  #one<T>(from: readonly T[]): T {
    return from[this.#chance(from.length)]
  }

  /** A call that is at home on the stage, the first one or another. */
  #start(stage: Stage, scene = this.#one(this.#fitting(stage))): void {
    const abort = this.#chance(2) === 0 ? new AbortController() : null
    if (abort !== null) setMaxListeners(0, abort.signal)
    if (this.#chance(20) === 0) abort?.abort(new Error('before'))
    say(`start ${scene.name}${abort === null ? '' : ', with a signal'}, ${stage.s.gettimeout()}`)
    this.calls.push(new Call(scene, stage, abort))
  }

  #fitting(stage: Stage): readonly Scene[] {
    return scenes.filter((scene) => scene.stage === this.#kinds.get(stage))
  }

  #limit(stage: Stage): void {
    const seconds = this.#one([null, 0, 0.001, 0.003, 0.005])
    if (seconds !== null) stage.limited = true
    tolerant(() => stage.s.settimeout(seconds))
  }

  #abort(): void {
    const call = this.#one(this.calls)
    call.abort?.abort(new Error('enough'))
  }

  /** What may happen next. */
  readonly #events: readonly (readonly [name: string, weight: number, (t: Stage) => void])[] = [
    ['start', 5, (t) => this.#start(t)],
    ['abort', 4, () => this.#abort()],
    ['settimeout', 2, (t) => this.#limit(t)],
    ['close', 1, (t) => t.close()],
    ['detach', 1, (t) => t.detach()],
    ['the other side sends', 3, (t) => t.data()],
    ['the other side reads', 3, (t) => t.drain()],
    ['the other side shuts down', 1, (t) => t.shutdown()],
    ['the other side resets', 1, (t) => t.reset()],
    ['the other side closes', 1, (t) => t.leave()],
  ]

  async run(): Promise<void> {
    const events = this.#events.flatMap((row) => Array(row[1]).fill(row) as (typeof row)[])
    for (let left = 2 + this.#chance(12); left > 0; left--) {
      const [name, , act] = this.#one(events)
      const stage = this.#one(this.#stages)
      say(`${name} (${this.#stages.indexOf(stage)})`)
      act(stage)
      const pause = this.#chance(10)
      if (pause === 0) await sleep(1)
      else if (pause < 3) await turn()
      else if (pause < 5) await null
    }
    await this.#end()
  }

  /** All that has to end does; then the rest, helped or aborted; then what is closed. */
  async #end(): Promise<void> {
    const how = this.#chance(4)
    const doomed = this.calls.filter((call) => call.doomed)
    await ended(doomed, 'aborted, closed or timed out')
    if (how === 0) {
      say('all are aborted')
      for (const { abort } of this.calls) abort?.abort(new Error('the end'))
      const aborted = this.calls.filter((call) => call.doomed)
      await ended(aborted, 'all aborted')
    } else if (how < 3) {
      say('the other side helps')
      const hopeful = this.calls.filter(({ scene, stage }) => scene.rescue && stage.answers)
      await ended(hopeful, 'helped', () => {
        for (const { scene, stage, end } of hopeful) if (end === null) scene.rescue?.(stage)
      })
    }
    say('all are closed')
    for (const stage of this.#stages) stage.end()
    await ended(this.calls, 'all closed')
    for (const { abort, scene } of this.calls) {
      if (abort !== null && getEventListeners(abort.signal, 'abort').length > 0)
        wrong(`${scene.name} still listens to its signal`)
    }
  }
}

await warm()
await socket.getaddrinfo('localhost', 80)
const before = descriptors()
/** How often the calls of each scene ended in which way. */
const ends = new Map(scenes.map(({ name }) => [name, {} as Partial<Record<End, number>>]))
for (; current < start + count && faults.length < 5; current++) {
  const play = new Play(current)
  await play.run()
  const after = await settled(before)
  if (after !== before) wrong(`${after} descriptors, not ${before}`)
  if (reactor.held) wrong('something holds the loop')
  for (const { scene, end } of play.calls) {
    const row = ends.get(scene.name)
    if (row !== undefined && end !== null) row[end] = (row[end] ?? 0) + 1
  }
}
const uncalled = scenes.filter(({ name }) => Object.keys(ends.get(name) ?? {}).length === 0)
const unaborted = scenes.filter(({ name, hears }) => hears && !ends.get(name)?.aborted)
const names = (list: readonly Scene[]) => list.map(({ name }) => name)
tell({
  schedules: current - start,
  faults,
  uncalled: names(uncalled),
  unaborted: names(unaborted),
  ends: Object.fromEntries(ends),
})
