// A call of the promise twin that can wait never throws: whatever is wrong with
// its arguments, the promise rejects, so that one `catch` hears of everything.

import * as socket from 'bsd-socket'
import * as promises from 'bsd-socket/promises'
import { expect, it } from 'vitest'
import { makers, waitingFunctions } from '../twins.js'

const prototype = promises.socket.prototype as object
const base = Object.getPrototypeOf(prototype) as object
type Method = (...args: unknown[]) => unknown

/** What gives no promise: options, iterators, files. */
const atOnce = ['chunks', 'connections', 'datagrams', 'makefile', 'makestream', 'ref', 'unref']

const methods = Object.getOwnPropertyNames(prototype).filter(
  (name) => name !== 'constructor' && !(name in base) && !atOnce.includes(name),
)
const blocking = socket as Readonly<Record<string, unknown>>
const functions = Object.entries(promises as Readonly<Record<string, unknown>>)
  .filter(([name, value]) => typeof value === 'function' && value !== blocking[name])
  .map(([name, value]) => [name, value as Method] as const)
  .filter(([name]) => !makers.includes(name))

const hostile = {
  get signal(): AbortSignal {
    throw new RangeError('a getter that throws')
  },
  get fd(): number {
    throw new RangeError('a getter that throws')
  },
  [Symbol.iterator](): Iterator<unknown> {
    throw new RangeError('an iterator that throws')
  },
}

/** Arguments that no call takes, each at every place. */
const wrong: unknown[] = [null, Symbol('x'), hostile, Number.NaN, 'text', {}, { signal: 5 }, -1]
const badArguments: unknown[][] = [[], ...wrong.flatMap((one) => [1, 2, 3, 7].map(filled(one)))]

function filled(one: unknown): (places: number) => unknown[] {
  return (places) => Array.from({ length: places }, () => one)
}

/** Right ones, with options that are none: the last place of each. */
const rightButOptions: Readonly<Record<string, unknown[]>> = {
  accept: [],
  bind: [['127.0.0.1', 0]],
  connect: [['127.0.0.1', 9]],
  connect_ex: [['127.0.0.1', 9]],
  recv: [1, 0],
  recv_into: [Buffer.alloc(1), 1, 0],
  recv_zerocopy_completions: [],
  recvfrom: [1, 0],
  recvfrom_into: [Buffer.alloc(1), 1, 0],
  recvmmsg: [new socket.Batch({ messages: 1, size: 1 }), 0],
  recvmsg: [1, 0, 0],
  recvmsg_into: [[Buffer.alloc(1)], 0, 0],
  send: [Buffer.alloc(1), 0],
  sendall: [Buffer.alloc(1), 0],
  sendall_zerocopy: [Buffer.alloc(1), 0],
  sendfile: [0, 0, 1],
  sendmmsg: [[Buffer.alloc(1)], 0, 0],
  sendmsg: [[Buffer.alloc(1)], [], 0, null],
  sendmsg_afalg: [[]],
  sendto: [Buffer.alloc(1), 0, ['127.0.0.1', 9]],
}

/** A promise that rejects with an Error; the call itself gives it in any case. */
async function rejects(call: () => unknown): Promise<void> {
  const given = call()
  expect(given).toBeInstanceOf(Promise)
  await expect(given).rejects.toBeInstanceOf(Error)
}

it('knows the waiting methods', () => {
  expect(methods.sort()).toEqual(Object.keys(rightButOptions).sort())
  expect(functions.map(([name]) => name).sort()).toEqual(waitingFunctions)
})

for (const name of methods) {
  const call = (args: unknown[]) => {
    const s = new promises.socket()
    s.settimeout(0)
    const method = (s as unknown as Record<string, Method>)[name]
    return rejects(() => method.apply(s, args)).finally(() => s.close())
  }

  it(`${name} rejects wrong arguments`, async () => {
    for (const args of badArguments) await call(args)
  })

  it(`${name} rejects options that are none (null for them threw at once)`, async () => {
    for (const options of [null, { signal: 5 }, hostile]) {
      await call([...rightButOptions[name], options])
    }
  })

  it(`${name} on a closed socket rejects, or gives its errno`, async () => {
    const s = new promises.socket()
    s.close()
    const method = (s as unknown as Record<string, Method>)[name]
    const call = () => method.apply(s, rightButOptions[name])
    if (name === 'connect_ex') expect(await call()).toBe(socket.EBADF)
    else await rejects(call)
  })
}

for (const [name, call] of functions) {
  it(`${name} rejects wrong arguments`, async () => {
    for (const args of badArguments) {
      // Of some it may make sense: then it is a promise all the same.
      const given = call(...args)
      expect(given).toBeInstanceOf(Promise)
      const made = await Promise.resolve(given).catch((error) => error)
      if (made instanceof promises.socket) made.close()
    }
  })
}

const files: [mode: 'rwb' | 'rw', methods: string[]][] = [
  ['rwb', ['peek', 'read', 'read1', 'readall', 'readinto', 'readinto1', 'readline', 'readlines']],
  ['rw', ['read', 'readline', 'readlines']],
]

for (const [mode, reads] of files) {
  it(`a file of mode ${mode} gives a promise for whatever it is told`, async () => {
    for (const name of [...reads, 'write', 'writelines', 'flush', 'close']) {
      for (const args of badArguments) {
        const [s, peer] = promises.socketpair()
        peer.close() // reads end, and writes fail
        const file = mode === 'rwb' ? s.makefile(mode) : s.makefile(mode)
        const method = (file as unknown as Record<string, Method>)[name]
        for (const _ of ['open', 'closed']) {
          const given = method.apply(file, args)
          expect(given).toBeInstanceOf(Promise)
          await Promise.resolve(given).catch((error) => expect(error).toBeInstanceOf(Error))
          await file.close().catch(() => {}) // what is left to send cannot be sent
        }
        s.close()
      }
    }
  })
}
