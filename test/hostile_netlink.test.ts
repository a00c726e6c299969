// A hostile netlink reply: an error or an answer, never a hang, a crash or a leak.

import * as socket from 'bsd-socket'
import { expect, it } from 'vitest'
import { run } from './program.js'

it('a reply with changed bytes ends in an error or an answer', (ctx) => {
  ctx.skip(socket.AF_NETLINK === undefined, 'netlink is Linux')
  const seed = Math.trunc(Math.random() * 2 ** 31)
  const { errors, leaked } = run<{ errors: number; leaked: number }>('netlink', `${seed}`, '300')
  expect(errors, `seed ${seed}`).toBeGreaterThan(20)
  expect(leaked, `seed ${seed}`).toBe(0)
})
