// epoll, line by line against python3. For the lines see rows.ts.

import * as socket from 'bsd-socket'
import { compare } from './rows.js'

socket.setdefaulttimeout(10)

compare({
  'level-triggered: ready for as long as there is something to read': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN)
    ep.poll(0)
    send(b, 'xy')
    ready(ep.poll(0))
    ready(ep.poll(None))
    recv(a, 1)
    ready(ep.poll())
    recv(a, 1)
    ep.poll(0)
    ep.close()`,

  'edge-triggered: told once, and again when more comes': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN | select.EPOLLET)
    send(b, 'x')
    ready(ep.poll(0))
    ep.poll(0)
    @50 ep.poll(0.05)
    send(b, 'y')
    ready(ep.poll(0))
    recv(a, 1)
    ep.poll(0)
    ep.modify(a, select.EPOLLIN | select.EPOLLET)
    ready(ep.poll(0))
    ep.close()`,

  'one-shot: silent until it is modified': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN | select.EPOLLONESHOT)
    send(b, 'x')
    ready(ep.poll(0))
    send(b, 'y')
    ep.poll(0)
    ep.register(a, select.EPOLLIN)
    ep.modify(a, select.EPOLLIN | select.EPOLLONESHOT)
    ready(ep.poll(0))
    ep.poll(0)
    ep.close()`,

  'exclusive: may be registered, not modified, and not with every flag': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN | select.EPOLLEXCLUSIVE)
    send(b, 'x')
    ready(ep.poll(0))
    ep.modify(a, select.EPOLLIN)
    ep.register(c, select.EPOLLIN | select.EPOLLEXCLUSIVE | select.EPOLLONESHOT)
    ep.register(c, select.EPOLLRDHUP | select.EPOLLEXCLUSIVE)
    ep.close()`,

  'the mask, if left out, is of reading, writing and urgent data': `
    ep = select.epoll()
    ep.register(a)
    ready(ep.poll(0))
    send(b, 'x')
    ready(ep.poll(0))
    fill(a)
    ready(ep.poll(0))
    ep.close()`,

  'no mask still tells of errors and hang-ups': `
    ep = select.epoll()
    ep.register(a, 0)
    send(b, 'x')
    ep.poll(0)
    close(b)
    ready(ep.poll(0))
    ep.close()`,

  'a peer that ends its half, and then the other': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN | select.EPOLLRDHUP)
    shutdown(b)
    ready(ep.poll(0))
    close(b)
    ready(ep.poll(0))
    ep.close()`,

  'both ends of a pipe': `
    ep = select.epoll()
    ep.register(r, select.EPOLLIN)
    ep.register(w, select.EPOLLOUT)
    ready(ep.poll(0))
    fill(w)
    ready(ep.poll(0))
    close(r)
    ready(ep.poll(0))
    ep.close()`,

  'urgent data of a connection': `
    ep = select.epoll()
    [x, y] = connection()
    ep.register(x, select.EPOLLPRI)
    ep.poll(0)
    oob(y, '!')
    @0 ep.poll(5)[0][1]
    close(x)
    close(y)
    ep.close()`,

  'registered twice, modified and unregistered without being registered': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN)
    ep.register(a, select.EPOLLOUT)
    ep.register(fd(a), select.EPOLLOUT)
    ep.modify(b, select.EPOLLIN)
    ep.unregister(b)
    ep.unregister(a)
    ep.unregister(a)
    ep.modify(a, select.EPOLLIN)
    ep.register(a, select.EPOLLOUT)
    ready(ep.poll(0))
    ep.close()`,

  'modified to other events': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN)
    ep.poll(0)
    ep.modify(a, select.EPOLLOUT)
    ready(ep.poll(0))
    ep.modify(a, 0)
    ep.poll(0)
    ep.close()`,

  'a closed descriptor leaves the set': `
    ep = select.epoll()
    ep.register(a, select.EPOLLIN)
    send(b, 'x')
    n = fd(a)
    close(a)
    ep.poll(0)
    ep.unregister(n)
    ep.modify(n, select.EPOLLIN)
    ep.register(n, select.EPOLLIN)
    ep.unregister(a)
    ep.register(a, select.EPOLLIN)
    ep.close()`,

  'what is no descriptor': `
    ep = select.epoll()
    ep.register(-1, select.EPOLLIN)
    ep.register(99999, select.EPOLLIN)
    ep.modify(-1, select.EPOLLIN)
    ep.unregister(-1)
    ep.unregister(99999)
    ep.register('x', select.EPOLLIN)
    ep.register(1.5, select.EPOLLIN)
    ep.register(None, select.EPOLLIN)
    ep.register([], select.EPOLLIN)
    ep.register(obj(-1), select.EPOLLIN)
    ep.register(obj('x'), select.EPOLLIN)
    ep.register(obj(None), select.EPOLLIN)
    ep.register(1099511627776, select.EPOLLIN)
    ep.register(obj(1099511627776), select.EPOLLIN)
    ep.register(ep, select.EPOLLIN)
    ep.close()`,

  'an object with fileno()': `
    ep = select.epoll()
    ep.register(obj(fd(a)), select.EPOLLOUT)
    ready(ep.poll(0))
    ep.modify(obj(fd(a)), select.EPOLLIN)
    ep.unregister(obj(fd(a)))
    ep.close()`,

  masks: `
    ep = select.epoll()
    ep.register(a, 'x')
    ep.register(a, 1.5)
    ep.register(a, None)
    ep.modify(a)
    ep.register(a, 1099511627776)
    ep.register(b, 1099511627776 + select.EPOLLOUT)
    ep.register(c, -1)
    ep.register(c, select.EPOLLET | select.EPOLLOUT)
    ready(ep.poll(0))
    ep.close()`,

  closed: `
    ep = select.epoll()
    ep.closed
    ep.close()
    ep.closed
    ep.close()
    ep.fileno()
    ep.register(a, select.EPOLLIN)
    ep.modify(a, select.EPOLLIN)
    ep.unregister(a)
    ep.poll(0)
    ep.poll('x')
    ep.poll(0, 0)
    ep.register(-1, select.EPOLLIN)
    ep.register('x', select.EPOLLIN)
    ep.register(a, 'x')`,

  'its descriptor closed by somebody else': `
    ep = select.epoll()
    close(ep.fileno())
    ep.closed
    ep.register(a, select.EPOLLIN)
    ep.poll(0)
    ep.close()
    ep.closed`,

  'fromfd: another object for the same set': `
    ep = select.epoll()
    ep.register(a, select.EPOLLOUT)
    two = select.epoll.fromfd(ep.fileno())
    two.fileno() == ep.fileno()
    ready(two.poll(0))
    two.unregister(a)
    ep.poll(0)
    two.close()
    ep.poll(0)
    select.epoll.fromfd('x')
    select.epoll.fromfd(1.5)
    select.epoll.fromfd(1099511627776)`,

  'fromfd of what is no set': `
    ep = select.epoll.fromfd(detach(a))
    ep.closed
    ep.register(b, select.EPOLLIN)
    ep.poll(0)
    ep.close()
    ep.closed`,

  'the constructor': `
    select.epoll(-1).close()
    select.epoll(10).close()
    select.epoll(10, 0).close()
    select.epoll(10, select.EPOLL_CLOEXEC).close()
    select.epoll(0)
    select.epoll(-2)
    select.epoll(10, 1)
    select.epoll(10, select.EPOLL_CLOEXEC | 1)
    select.epoll('x')
    select.epoll(1.5)
    select.epoll(10, 'x')`,

  'timeouts are in seconds': `
    ep = select.epoll()
    @200 ep.poll(0.2)
    @30 ep.poll(0.03)
    ep.poll(0)
    ep.poll(-0.0001)
    ep.poll(False)
    ep.register(a, select.EPOLLOUT)
    ready(ep.poll(100))
    ready(ep.poll(None))
    ready(ep.poll(-1))
    ready(ep.poll(-0.5))
    ready(ep.poll(2147483))
    ep.close()`,

  'timeouts that cannot be': `
    ep = select.epoll()
    ep.register(a, select.EPOLLOUT)
    ep.poll('x')
    ep.poll([])
    ep.poll(nan)
    ep.poll(inf)
    ep.poll(-inf)
    ep.poll(1e300)
    ep.poll(1e10)
    ep.poll(2147484)
    ep.poll(-2147484)
    ep.close()`,

  maxevents: `
    ep = select.epoll()
    ep.register(a, select.EPOLLOUT)
    ep.register(b, select.EPOLLOUT)
    ep.register(c, select.EPOLLOUT)
    ready(ep.poll(0, -1))
    ready(ep.poll(0, 3))
    ready(ep.poll(0, 100000))
    ready(ep.poll(0, 1)) != ready(ep.poll(0, 1))
    ep.poll(0, 0)
    ep.poll(0, -2)
    ep.poll(0, 'x')
    ep.poll(0, 1.5)
    ep.poll(0, 1099511627776)
    ep.close()`,

  'a set within a set': `
    inner = select.epoll()
    outer = select.epoll()
    outer.register(inner, select.EPOLLIN)
    inner.register(a, select.EPOLLIN)
    outer.poll(0)
    send(b, 'x')
    outer.poll(0)[0][1]
    ready(inner.poll(0))
    inner.register(outer, select.EPOLLIN)
    outer.close()
    inner.close()`,
})
