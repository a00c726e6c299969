// Signals and blocked calls. Each case runs in a process of its own: fixtures/.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Program, run, terminal } from './fixtures/run.js'
import { bare, folder } from './peer.js'

const { SIGINT } = constants.signals

interface Blocked {
  call: string
  timeout: number | null
  listen?: NodeJS.Signals[]
  once?: boolean
}

/** Sends a signal to a program that sits in a call, and gives how it ended. */
async function interrupt(how: Blocked, signal: NodeJS.Signals) {
  const program = new Program('blocked.js', [JSON.stringify(how)])
  expect(await program.line()).toBe('ready')
  await sleep(150)
  program.child.kill(signal)
  return program.end()
}

const waiting = [
  'accept',
  'connect',
  'recv',
  'recv_into',
  'recvfrom',
  'recvfrom_into',
  'send',
  'sendall',
  'sendto',
]
const rows = [
  ...waiting.flatMap((call) => [null, 10].map((timeout) => ({ call, timeout }))),
  // With a timeout a full backlog is an error at once.
  { call: 'connect (unix)', timeout: null },
]

describe.concurrent('a blocked call', () => {
  it.each(rows)(
    '$call, timeout $timeout: SIGINT without a listener ends the process',
    async (row) => {
      expect(await interrupt(row, 'SIGINT')).toEqual({
        lines: [],
        code: null,
        signal: 'SIGINT',
        stderr: '',
      })
    },
  )

  it.each(rows)('$call, timeout $timeout: SIGINT with a listener raises', async (row) => {
    const { lines, code } = await interrupt({ ...row, listen: ['SIGINT'] }, 'SIGINT')
    expect(JSON.parse(lines[0])).toEqual({
      name: 'InterruptedError',
      errno: 4,
      code: 'EINTR',
      syscall: row.call.split(' ')[0],
      message: '[Errno 4] Interrupted system call',
    })
    expect(lines.slice(1)).toEqual(['listener SIGINT'])
    expect(code).toBe(0)
  })

  const others = (['SIGTERM', 'SIGUSR2', 'SIGHUP', 'SIGQUIT', 'SIGALRM'] as const).flatMap(
    (signal) => [
      { signal, call: 'accept', once: false },
      { signal, call: 'recv', once: true },
    ],
  )
  it.each(others)('$call: $signal', async ({ signal, call, once }) => {
    const how: Blocked = { call, timeout: null }
    expect((await interrupt(how, signal)).signal).toBe(signal)
    const { lines } = await interrupt({ ...how, listen: [signal], once }, signal)
    expect(lines[0]).toContain('InterruptedError')
    expect(lines.slice(1)).toEqual([`listener ${signal}`])
  })

  it('one signal has a listener, another ends the process', async () => {
    const how: Blocked = { call: 'recv', timeout: null, listen: ['SIGINT'] }
    expect((await interrupt(how, 'SIGTERM')).signal).toBe('SIGTERM')
  })
})

/** Name, what the program prints, and its exit code or signal unless that is 0. */
const programs: [name: string, lines: string[], end?: number | NodeJS.Signals][] = [
  ['early', ['InterruptedError', 'listener SIGINT']],
  ['between', ['TimeoutError', 'InterruptedError', 'TimeoutError', 'listener SIGINT']],
  ['turn', ['TimeoutError', 'InterruptedError', 'listener SIGINT']],
  ['flowing', ['InterruptedError', 'listener SIGINT']],
  ['idle', ['TimeoutError', 'listener SIGINT', 'TimeoutError', 'TimeoutError']],
  ['inside', ['listener SIGINT', 'TimeoutError']],
  ['leave', ['InterruptedError'], 7],
  ['loop', ['true']],
  ['once', ['InterruptedError', 'listener SIGINT']],
  ['twice', ['InterruptedError', 'listener SIGINT'], 'SIGINT'],
  ['removed', [], 'SIGINT'],
  ['late', ['TimeoutError']],
  ['next', ['InterruptedError', 'TimeoutError']],
  ['again', Array(3).fill(['InterruptedError', 'listener SIGINT']).flat()],
  ['added', ['no error', 'InterruptedError', 'listener SIGINT']],
  ['both', ['InterruptedError', 'TimeoutError', 'listener SIGINT', 'listener SIGUSR2']],
  ['two', ['InterruptedError', 'InterruptedError', 'listener SIGTERM', 'listener SIGUSR2']],
  ['storm', ['true']],
  ['nonblocking', ['BlockingIOError', 'InterruptedError', 'listener SIGINT']],
  ['data', ['InterruptedError', 'x', 'listener SIGINT']],
  ['connect', ['InterruptedError', 'no error', 'true', 'listener SIGINT']],
  ['child', ['InterruptedError', 'listener SIGCHLD']],
  [
    'copies',
    ['TimeoutError', 'InterruptedError', 'listener SIGINT', 'InterruptedError', 'listener SIGINT'],
  ],
  ['counts', ['TimeoutError', 'SIGINT 1']],
]

describe.concurrent('a signal (see fixtures/signals.js)', () => {
  it.each(programs)('%s', async (name, lines, end = 0) => {
    const outcome = await run('signals.js', [name])
    expect(outcome.stderr).toBe('')
    expect(outcome.lines).toEqual(lines)
    expect(outcome.signal ?? outcome.code).toBe(end)
  })
})

/** The other threads of a process that take a signal. */
function threads(pid: number, signal: number): number[] {
  const tids = readdirSync(`/proc/${pid}/task`).map(Number)
  return tids.filter((tid) => {
    const blocked = /SigBlk:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'))
    return tid !== pid && (BigInt(`0x${blocked?.[1]}`) & (1n << BigInt(signal - 1))) === 0n
  })
}

describe.concurrent('the kernel may choose any thread to run the handler', () => {
  it.each(['repeat', 'worker'])('%s', async (name) => {
    const program = new Program('signals.js', [name])
    expect(await program.line()).toBe('ready')
    await sleep(100)
    const tids = threads(program.pid, SIGINT)
    expect(tids.length).toBeGreaterThan(3)
    for (const tid of tids) {
      const send = `import ctypes; ctypes.CDLL(None).tgkill(${program.pid}, ${tid}, ${SIGINT})`
      expect(spawnSync('python3', [bare, '-c', send]).status).toBe(0)
      // Again and again until its loop comes to the listener.
      let line = await program.line()
      expect(line).toBe('InterruptedError')
      while (line === 'InterruptedError') line = await program.line()
      expect(line).toBe('listener SIGINT')
      await sleep(50)
    }
    program.child.kill('SIGKILL')
  })
})

describe('in a terminal', () => {
  const accept = (listen: NodeJS.Signals[]) => [
    JSON.stringify({ call: 'accept', timeout: null, listen }),
  ]

  it('Ctrl-C ends a blocked accept()', () => {
    const { signal, output } = terminal('blocked.js', accept([]), [[0.2, '\x03']])
    expect(signal).toBe(SIGINT)
    expect(output).not.toContain('Error')
  })

  it('Ctrl-C with a listener raises InterruptedError', () => {
    const { signal, code, output } = terminal('blocked.js', accept(['SIGINT']), [[0.2, '\x03']])
    expect(output).toMatch(/InterruptedError[\s\S]*listener SIGINT/)
    expect([signal, code]).toEqual([0, 0])
  })

  it('Ctrl-\\ and Ctrl-C, one with a listener', () => {
    const keys: [number, string][] = [[0.2, '\x1c']]
    expect(terminal('blocked.js', accept(['SIGINT']), keys).signal).toBe(constants.signals.SIGQUIT)
  })

  // Fault: Node listens for SIGWINCH itself when stdout is a terminal, and a
  // program that had never heard of the signal died of InterruptedError.
  it('a new window size does not end a call', () => {
    const { signal, output } = terminal('blocked.js', accept([]), [
      [0.2, 'resize'],
      [0.1, 'resize'],
      [0.1, '\x03'],
    ])
    expect(output).not.toContain('Error')
    expect(signal).toBe(SIGINT)
  })

  it('a new window size does, with a listener of the program', () => {
    const { output, code } = terminal('blocked.js', accept(['SIGWINCH']), [[0.2, 'resize']])
    expect(output).toMatch(/InterruptedError[\s\S]*listener SIGWINCH/)
    expect(code).toBe(0)
  })
})

describe('a second is a second', () => {
  /** On a noisy machine the best of three may be late; none is ever early. */
  async function measure(what: string, second: () => Promise<string> | string) {
    for (let attempt = 1; ; attempt++) {
      const [name, time] = (await second()).split(' ')
      console.log(`recv with a timeout of 1 s, ${what}: ${time} ms`)
      expect(name).toBe('TimeoutError')
      expect(Number(time)).toBeGreaterThan(999)
      if (Number(time) <= 1050) return
      if (attempt === 3) expect(Number(time)).toBeLessThanOrEqual(1050)
    }
  }

  const last = async (outcome: ReturnType<typeof run>) => (await outcome).lines[1]

  it.each(['nothing', 'SIGCHLD'])('%s in the middle', async (what) => {
    await measure(what, () => last(run('second.js', [what])))
  })

  it('SIGPROF in the middle, a thousand times', async () => {
    const options = ['--cpu-prof', `--cpu-prof-dir=${folder()}`]
    await measure('SIGPROF', () => last(run('second.js', ['SIGPROF'], options)))
  })

  it('SIGWINCH in the middle', async () => {
    const resize = Array.from({ length: 9 }, () => [0.1, 'resize'] as const)
    await measure('SIGWINCH', () => {
      const { output } = terminal('second.js', ['SIGWINCH'], resize)
      return output.trim().split('\r\n')[1]
    })
  })

  it('a call without a timeout goes on, too', async () => {
    const { lines } = await run('signals.js', ['children'])
    expect(lines).toEqual(['no error'])
  })
})
