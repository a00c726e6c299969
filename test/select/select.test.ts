// select, line by line against python3. For the lines see rows.ts.

import * as socket from 'bsd-socket'
import { compare } from './rows.js'

socket.setdefaulttimeout(10)

compare({
  'gives the objects that are ready, in the order of the lists': `
    lists(select.select([a, b], [c, d], [a, c], 0))
    send(b, 'x')
    lists(select.select([b, a], [a, b], [], 0))
    lists(select.select([a], [], [], None))
    lists(select.select([a], [], []))
    recv(a, 1)
    lists(select.select([a, b], [], [], 0))`,

  'the same object twice, and as a number': `
    send(b, 'x')
    lists(select.select([a, b, a, fd(a)], [b, fd(b), b], [], 0))
    select.select([fd(a)], [], [], 0) == [[fd(a)], [], []]`,

  'an object with fileno()': `
    o = obj(fd(a))
    select.select([], [o], [], 0)[1][0] == o`,

  'any sequence': `
    lists(select.select([], [a], [], 0))
    select.select(1, [], [], 0)
    select.select([], None, [], 0)
    select.select([], [], select, 0)
    select.select('ab', [], [], 0)
    select.select()
    select.select([a])
    select.select([a], [])`,

  'what is no descriptor': `
    select.select([-1], [], [], 0)
    select.select([], [-1], [], 0)
    select.select(['x'], [], [], 0)
    select.select([1.5], [], [], 0)
    select.select([None], [], [], 0)
    select.select([[]], [], [], 0)
    select.select([obj(-1)], [], [], 0)
    select.select([obj('x')], [], [], 0)
    select.select([1099511627776], [], [], 0)
    select.select([1024], [], [], 0)
    select.select([], [], [99999], 0)`,

  closed: `
    n = fd(a)
    close(a)
    select.select([n], [], [], 0)
    select.select([], [n], [], 0)
    select.select([], [], [n])
    select.select([a], [], [], 0)
    select.select([b, n], [], [], 0)`,

  'empty lists: a sleep': `
    @200 select.select([], [], [], 0.2)
    @30 select.select([], [], [], 0.03)
    select.select([], [], [], 0.0001)
    select.select([], [], [], 0)`,

  'timeouts are in seconds': `
    @200 select.select([a], [], [], 0.2)
    select.select([a], [], [], False)
    lists(select.select([], [a], [], 100))
    lists(select.select([], [a], [], 1e9))
    select.select([a], [], [], -1)
    select.select([a], [], [], -1e-9)
    select.select([a], [], [], 'x')
    select.select([a], [], [], [])
    select.select([a], [], [], nan)
    select.select([a], [], [], inf)
    select.select([a], [], [], 1e300)
    select.select([a], [], [], 1e10)
    select.select(['x'], [], [], -1)`,

  'a hang-up is for who reads, not for who writes or waits for urgent data': `
    close(w)
    lists(select.select([r], [], [], 0))
    @50 select.select([], [r], [r], 0.05)
    close(b)
    lists(select.select([a], [], [], 0))
    @50 select.select([], [], [a], 0.05)`,

  'the writing end of a pipe': `
    lists(select.select([w], [w], [w], 0))
    fill(w)
    lists(select.select([w], [w], [w], 0))
    close(r)
    lists(select.select([w], [w], [w], 0))`,

  'urgent data': `
    [x, y] = connection()
    oob(y, '!')
    select.select([], [], [x], 5)[2][0] == x
    close(x)
    close(y)`,

  'a socket that is full': `
    lists(select.select([], [a], [], 0))
    fill(a)
    lists(select.select([], [a], [], 0))
    recv(b, 100000)
    shutdown(b)
    lists(select.select([a], [], [], 0))`,
})
