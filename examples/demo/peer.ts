// The other side of the demo: python3 if it is there, else a worker.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import * as socket from 'bsd-socket'

/** A socket for the peer to open, in names that Python has too. */
export interface Job {
  readonly family: 'AF_INET' | 'AF_INET6' | 'AF_UNIX'
  readonly type: 'SOCK_STREAM' | 'SOCK_DGRAM' | 'SOCK_SEQPACKET'
  readonly address: socket.Inet | socket.Unix
}

/** What the peer says: who it is, where it is bound, how much it echoed, or an error. */
export interface Answer {
  readonly name?: string
  readonly address?: Job['address']
  readonly echoed?: number
  readonly errno?: number | null
  readonly strerror?: string
}

export interface Peer {
  readonly name: string
  /** Hands the peer a job. */
  send(job: Job): void
  /** The next thing that the peer says. @throws OSError what failed over there */
  answer(): Promise<Answer>
  /** Ends the peer, whatever it is doing. */
  end(): Promise<unknown>
}

function checked(answer: Answer): Answer {
  if (answer.strerror === undefined) return answer
  const words = `at the peer: ${answer.strerror}`
  throw answer.errno ? new socket.OSError(answer.errno, words) : new socket.OSError(words)
}

/** python3 running peer.py; it also ends by itself when its input does. */
export async function inPython(): Promise<Peer> {
  const program = fileURLToPath(new URL('../../../examples/demo/peer.py', import.meta.url))
  const child = spawn('python3', ['-u', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {}) // a peer that is gone is noticed by answer()
  await once(child, 'spawn')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('python3 ended too early')
    return checked(JSON.parse(value))
  }
  const end = async () => child.kill('SIGKILL')
  const { name = 'python3' } = await answer().catch(async (error) => {
    await end()
    throw error
  })
  return {
    name,
    send: (job) => child.stdin.write(`${JSON.stringify(job)}\n`),
    answer,
    end,
  }
}

/** This very package in a worker, running echo.ts. */
export async function inWorker(): Promise<Peer> {
  const worker = new Worker(new URL('echo.js', import.meta.url))
  const answers: Answer[] = []
  worker.on('message', (answer) => answers.push(answer))
  const answer = async () => {
    while (answers.length === 0) await once(worker, 'message')
    return checked(answers.shift() ?? {})
  }
  return {
    name: (await answer()).name ?? 'a worker',
    send: (job) => worker.postMessage(job),
    answer,
    end: () => worker.terminate(),
  }
}
