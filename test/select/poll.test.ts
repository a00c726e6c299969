// poll, line by line against python3. For the lines see rows.ts.

import * as socket from 'bsd-socket'
import { compare } from './rows.js'

socket.setdefaulttimeout(10)

compare({
  'ready for as long as there is something to read': `
    p = select.poll()
    p.poll(0)
    p.register(a, select.POLLIN)
    p.poll(0)
    send(b, 'x')
    ready(p.poll(0))
    ready(p.poll())
    ready(p.poll(None))
    recv(a, 1)
    p.poll(0)`,

  'in the order of registration': `
    p = select.poll()
    p.register(c, select.POLLOUT)
    p.register(a, select.POLLOUT)
    p.register(b, select.POLLIN)
    p.register(d, select.POLLOUT)
    p.register(c, select.POLLOUT)
    p.poll(0)[0][0] == fd(c)
    p.poll(0)[1][0] == fd(a)
    ready(p.poll(0))`,

  'the mask, if left out, is of reading, writing and urgent data': `
    p = select.poll()
    p.register(a)
    ready(p.poll(0))
    send(b, 'x')
    ready(p.poll(0))
    fill(a)
    ready(p.poll(0))`,

  'registered again is modified': `
    p = select.poll()
    p.register(a, select.POLLIN)
    p.register(a, select.POLLOUT)
    ready(p.poll(0))
    p.register(fd(a), select.POLLIN)
    p.poll(0)
    p.modify(a, select.POLLOUT)
    ready(p.poll(0))
    p.unregister(obj(fd(a)))
    p.poll(0)`,

  'modified and unregistered without being registered': `
    p = select.poll()
    p.modify(5, select.POLLIN)
    p.unregister(5)
    p.register(a)
    p.unregister(a)
    p.unregister(7)
    p.modify(7, 70000)
    p.modify(7)`,

  'a closed descriptor is told as one': `
    p = select.poll()
    p.register(a, select.POLLIN)
    p.register(b, select.POLLOUT)
    n = fd(a)
    close(a)
    ready(p.poll(0))
    ready(p.poll())
    p.unregister(n)
    p.unregister(a)
    p.register(99999, 0)
    p.poll(0)[1]`,

  'no mask still tells of errors and hang-ups': `
    p = select.poll()
    p.register(a, 0)
    p.register(w, 0)
    send(b, 'x')
    p.poll(0)
    close(b)
    close(r)
    ready(p.poll(0))`,

  'a peer that ends its half': `
    p = select.poll()
    p.register(a, select.POLLIN | select.POLLRDHUP)
    shutdown(b)
    ready(p.poll(0))`,

  'urgent data': `
    p = select.poll()
    [x, y] = connection()
    p.register(x, select.POLLPRI)
    oob(y, '!')
    p.poll(5000)[0][1]
    close(x)
    close(y)`,

  'timeouts are in milliseconds': `
    p = select.poll()
    @200 p.poll(200)
    @30 p.poll(29.5)
    p.poll(0)
    p.poll(False)
    p.register(a, select.POLLOUT)
    ready(p.poll(-0.5))
    ready(p.poll(100000))
    ready(p.poll(-1))
    ready(p.poll(-2.5))
    ready(p.poll(2147483647))
    p.poll('x')
    p.poll([])
    p.poll(nan)
    p.poll(inf)
    p.poll(1e300)
    p.poll(2147483648)
    p.poll(-2147483649)`,

  'what is no descriptor, what is no mask': `
    p = select.poll()
    p.register(-1)
    p.register('x')
    p.register(1.5)
    p.register(None)
    p.register(obj(-1))
    p.register(obj('x'))
    p.register(1099511627776)
    p.modify(-1, 0)
    p.unregister(-1)
    p.unregister('x')
    p.register(a, -1)
    p.register(a, 65536)
    p.register(a, 1099511627776)
    p.register(a, 'x')
    p.register(a, 1.5)
    p.register(a, None)
    p.poll(0)
    p.register(a, 65535)
    ready(p.poll(0)) != []`,
})
