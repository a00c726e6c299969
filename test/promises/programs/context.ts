// context: every await point in an AsyncLocalStorage of its own; tells where it was lost.

import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import * as socket from 'bsd-socket/promises'
import { type Scene, scenes } from './scenes.js'
import { tell } from './setup.js'
import { random, type Stage } from './stage.js'

const storage = new AsyncLocalStorage<string>()
const lost: string[] = []
const check = (name: string) => {
  if (storage.getStore() !== name) lost.push(`${name}: ${storage.getStore()}`)
}

/** Starts a call in its context; what comes back says when it has ended. */
function begin({ name, call }: Scene, stage: Stage): Promise<void> {
  return storage.run(name, async () => {
    await call(stage, {}).catch(() => {})
    check(name)
  })
}

// All wait at once, so that one batch has edges of many.
const running = scenes.map((scene, i) => {
  const stage = scene.stage(random(1, i))
  return { scene, stage, done: begin(scene, stage), over: false }
})
for (const each of running) {
  void each.done.then(() => {
    each.over = true
  })
}
// By the clock: a connection that found the backlog full is asked for again after a second.
const until = performance.now() + 10_000
const end = () => {
  for (const { stage } of running) stage.end()
}
const alone = setTimeout(end, 1500)
while (performance.now() < until && running.some(({ over }) => !over)) {
  for (const { scene, stage, over } of running) if (!over) scene.rescue?.(stage)
  await setImmediate()
}
clearTimeout(alone)
const unended = running.filter(({ over }) => !over).map(({ scene }) => scene.name)
end()

/** The callbacks of a stream are called where the listener or the call came from. */
async function streams(): Promise<void> {
  const [a, b] = socket.socketpair()
  const stream = a.makestream()
  const heard: string[] = []
  const within = (name: string) => () => {
    check(name)
    heard.push(name)
  }
  storage.run('data', () => stream.on('data', within('data')))
  const written = (name: string) => (done: () => void) =>
    storage.run(name, () =>
      stream.write('x', () => {
        within(name)()
        done()
      }),
    )
  await new Promise<void>(written('write'))
  await storage.run('peer', () => b.send(Buffer.from('y')))
  await setImmediate()
  await storage.run('another peer', () => b.send(Buffer.from('y')))
  await new Promise<void>(written('write later'))
  b.shutdown(socket.SHUT_WR)
  await new Promise((resolve) => stream.on('close', resolve).end())
  b.close()
  tell({ lost, unended, heard: [...new Set(heard)].sort() })
}

await streams()
