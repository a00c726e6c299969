// A program, and a worker, that sits in one of the calls that wait for many
// descriptors: node dist/test/select/blocked.js CALL [SECONDS|null] [listen|child]
//
// With "listen" it listens for SIGINT; with "child" it has besides a child process
// that ends meanwhile, so that SIGCHLD interrupts the system call.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import * as socket from 'bsd-socket'
import * as select from 'bsd-socket/select'
import * as selectors from 'bsd-socket/selectors'

type Call = (s: socket.socket, timeout: number | null) => unknown

const bySelector =
  (selector: selectors.BaseSelector): Call =>
  (s, timeout) => {
    if (!selector.get_map()?.has(s)) selector.register(s, selectors.EVENT_READ)
    return selector.select(timeout)
  }

/** Each waits until a socket can be read, or for as many seconds. */
export const calls: Readonly<Record<string, () => Call>> = {
  select: () => (s, timeout) => select.select([s], [], [], timeout)[0],
  poll: () => {
    const poll = select.poll()
    return (s, timeout) => {
      poll.register(s, select.POLLIN)
      return poll.poll(timeout === null ? null : timeout * 1000)
    }
  },
  epoll: () => {
    const epoll = select.epoll()
    const registered = new Set<socket.socket>()
    return (s, timeout) => {
      if (!registered.has(s)) epoll.register(s, select.EPOLLIN)
      registered.add(s)
      return epoll.poll(timeout)
    }
  },
  SelectSelector: () => bySelector(new selectors.SelectSelector()),
  PollSelector: () => bySelector(new selectors.PollSelector()),
  EpollSelector: () => bySelector(new selectors.EpollSelector()),
}

function main(name: string, timeout: number | null, how: string | undefined): void {
  const alive = setTimeout(() => {}, how === 'listen' ? 10_000 : 0)
  if (how !== undefined) {
    process.once('SIGINT', () => {
      console.log('listener')
      clearTimeout(alive)
    })
  }
  const [s] = socket.socketpair()
  const call = calls[name]()
  call(s, 0)
  // From the first call that could wait on, signals are noted: none is missed.
  call(s, 0.001)
  if (how === 'child') spawn('sleep', ['0.1'])
  const begun = performance.now()
  const say = (...words: unknown[]) => console.log(...words)
  if (isMainThread) say('blocked')
  else parentPort?.postMessage('blocked')
  try {
    const found = JSON.stringify(call(s, timeout))
    const waited = timeout !== null && performance.now() - begun >= timeout * 1000
    say('returned', found, waited ? 'in time' : 'too early')
  } catch (error) {
    const { name, errno, syscall } = error as socket.OSError
    say(name, errno, syscall)
  }
}

if (!isMainThread && workerData?.call) {
  main(workerData.call, null, undefined)
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name, timeout = 'null', how] = process.argv
  main(name, JSON.parse(timeout), how)
}
