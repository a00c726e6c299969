// The selectors, line by line against python3. For the lines see rows.ts.

import * as socket from 'bsd-socket'
import { compare } from './rows.js'

socket.setdefaulttimeout(10)

/** What holds for every selector; 1 is EVENT_READ, 2 is EVENT_WRITE. */
const common = (kind: string): Record<string, string> => ({
  'tells what is ready': `
    s = selector('${kind}')
    s.select(0)
    key(s.register(a, 1, 'of a'))
    key(s.register(b, 3))
    key(s.register(fd(c), 2, 5))
    keys(s.select(0))
    send(b, 'x')
    keys(s.select())
    keys(s.select(None))
    keys(s.select(1))
    keys(s.select(-1))
    recv(a, 1)
    keys(s.select(0))
    s.close()`,

  'an error and a hang-up are both events, as far as they were asked for': `
    s = selector('${kind}')
    s.register(r, 1)
    s.register(w, 2)
    s.register(a, 3)
    s.register(c, 1)
    close(b)
    shutdown(d)
    keys(s.select(0))
    close(r)
    keys(s.select(0)) != []
    s.close()`,

  'registered twice': `
    s = selector('${kind}')
    key(s.register(a, 1))
    s.register(a, 1)
    s.register(a, 2)
    s.close()`,

  'unregistered, and unregistered again': `
    s = selector('${kind}')
    s.register(a, 1, 'x')
    key(s.unregister(a))
    s.unregister(a)
    s.unregister(b)
    s.unregister(999)
    s.select(0)
    key(s.register(a, 2))
    keys(s.select(0))
    s.close()`,

  modified: `
    s = selector('${kind}')
    s.register(a, 1, 'x')
    key(s.modify(a, 2))
    keys(s.select(0))
    key(s.modify(a, 2, 'y'))
    keys(s.select(0))
    key(s.modify(fd(a), 1, 'z'))
    keys(s.select(0))
    s.modify(b, 1)
    s.modify(999, 1)
    s.modify('x', 1)
    s.close()`,

  'modified to events that cannot be': `
    s = selector('${kind}')
    s.register(a, 1)
    key(s.modify(a, 0))
    keys(s.select(0))
    key(s.modify(a, 1))
    keys(s.select(0))
    size(s.get_map())
    s.close()`,

  'events that cannot be': `
    s = selector('${kind}')
    s.register(a, 0)
    s.register(a, 4)
    s.register(a, 7)
    s.register(a, -1)
    s.register(a, 'x')
    size(s.get_map())
    s.close()`,

  'what is no descriptor': `
    s = selector('${kind}')
    s.register(-1, 1)
    s.register('x', 1)
    s.register(1.5, 1)
    s.unregister(-1)
    s.unregister('x')
    s.get_key('x')
    close(a)
    s.register(a, 1)
    s.close()`,

  'an object with fileno()': `
    s = selector('${kind}')
    o = obj(fd(a))
    s.register(o, 2).fileobj == o
    s.select(0)[0][0].fd == fd(a)
    s.get_key(o).fileobj == o
    s.unregister(a).fileobj == o
    s.close()`,

  'an object that was closed is found by itself': `
    s = selector('${kind}')
    s.register(a, 1, 'x')
    s.register(b, 1, 'y')
    close(a)
    s.get_key(a).data
    s.unregister(a).data
    s.unregister(a)
    keys(s.select(0))
    s.close()`,

  'the map': `
    s = selector('${kind}')
    m = s.get_map()
    size(m)
    s.register(a, 1, 'x')
    s.register(b, 2)
    size(m)
    fds(m)
    m.get(a).data
    m.get(fd(b)).events
    m.get(c)
    s.unregister(a)
    m.get(a)
    fds(m)
    m.get('x')
    s.close()
    size(m)
    s.get_map()`,

  get_key: `
    s = selector('${kind}')
    s.register(a, 1, 'x')
    key(s.get_key(a))
    key(s.get_key(fd(a)))
    s.get_key(999)
    s.close()
    s.get_key(a)`,

  closed: `
    s = selector('${kind}')
    s.register(a, 1)
    s.close()
    s.close()
    s.unregister(a)
    s.modify(a, 1)
    s.get_map()`,

  'timeouts are in seconds': `
    s = selector('${kind}')
    @200 s.select(0.2)
    @30 s.select(0.03)
    s.select(0)
    s.select(-5)
    s.register(a, 1)
    @100 s.select(0.1)
    s.register(b, 2)
    keys(s.select(1000))
    s.select('x')
    s.select([])
    s.select(1e300)
    s.close()`,
})

compare(
  Object.fromEntries(
    ['SelectSelector', 'PollSelector', 'EpollSelector', 'DefaultSelector'].flatMap((kind) =>
      Object.entries(common(kind)).map(([title, text]) => [`${kind}: ${title}`, text]),
    ),
  ),
)

compare({
  'EpollSelector: what the kernel refuses is not registered': `
    s = selector('EpollSelector')
    s.register(999, 1)
    size(s.get_map())
    s.register(a, 1)
    n = fd(a)
    close(a)
    s.modify(n, 2)
    size(s.get_map())
    s.close()
    s.register(b, 1)
    s.select(0)
    s.fileno()`,

  'PollSelector and SelectSelector: a closed descriptor': `
    p = selector('PollSelector')
    s = selector('SelectSelector')
    n = fd(a)
    p.register(n, 1)
    s.register(n, 1)
    close(a)
    keys(p.select(0)) == [[n, None, 1]]
    s.select(0)
    key(p.unregister(n))[2]
    key(s.unregister(n))[2]
    s.select(0)
    s.register(2000, 1).fd
    s.select(0)
    p.close()
    s.close()`,
})
