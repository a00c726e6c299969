// MSG_WAITALL where only the promise twin can be interrupted: what came is not lost.

import * as socket from 'bsd-socket/promises'
import { expect, it } from 'vitest'
import { connected } from './pairs.js'

const { MSG_OOB, MSG_WAITALL } = socket

it('an abort gives what came, or rejects with the reason', async () => {
  const [a, b] = await connected()
  const first = new AbortController()
  const some = a.recv(10, MSG_WAITALL, first)
  await b.sendall(Buffer.from('ab'))
  await a.recv(2, socket.MSG_PEEK, { signal: AbortSignal.timeout(50) }).catch(() => {})
  first.abort()
  expect((await some).toString()).toBe('ab')

  const second = new AbortController()
  const none = a.recv_into(Buffer.alloc(10), 0, MSG_WAITALL, second)
  second.abort(new Error('enough'))
  await expect(none).rejects.toThrow('enough')
})

it('closing gives what came, or rejects with EBADF', async () => {
  for (const [sent, outcome] of [
    ['ab', 'ab'],
    ['', 'EBADF'],
  ]) {
    const [a, b] = await connected()
    const waiting = a.recvfrom(10, MSG_WAITALL)
    if (sent !== '') await b.sendall(Buffer.from(sent))
    setTimeout(() => a.close(), 50)
    const seen = await waiting.then(
      ([data]) => data.toString(),
      (error) => error.code,
    )
    expect(seen).toBe(outcome)
  }
})

it('readers take their turns', async () => {
  const [a, b] = await connected()
  const all = [a.recv(4, MSG_WAITALL), a.recv(2), a.recv(3n, BigInt(MSG_WAITALL))]
  for (const part of ['ab', 'cde', 'fgh', 'i']) await b.sendall(Buffer.from(part))
  const seen = await Promise.all(all)
  expect(seen.map(String)).toEqual(['abcd', 'ef', 'ghi'])
})

it('urgent data is not gathered: there is one byte of it', async () => {
  const [a, b] = await connected()
  await b.send(Buffer.from('!'), MSG_OOB)
  expect((await a.recv(5, MSG_OOB | MSG_WAITALL)).toString()).toBe('!')
})

it('bad arguments reject, and are not thrown', async () => {
  const [a] = await connected()
  for (const flags of ['x', {}, Symbol('x'), 2 ** 40 + MSG_WAITALL]) {
    await expect(a.recv(1, flags as number)).rejects.toThrow()
  }
  await expect(a.recv(-1, MSG_WAITALL)).rejects.toThrow(socket.ValueError)
})
