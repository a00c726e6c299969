// Deadlines: the class, the words, the time, and the same from python3.

import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { calls, stage } from './fixtures/calls.js'
import { Program, run } from './fixtures/run.js'
import { ask, python } from './peer.js'
import { raised, twins } from './twins.js'

socket.setdefaulttimeout(10)

const { AF_UNIX, SOCK_DGRAM } = socket

/** What a call raised, as python tells it, and after how many seconds. */
async function timed(call: () => unknown): Promise<Raised & { seconds: number }> {
  const begun = performance.now()
  const error = await raised(call)
  const seconds = (performance.now() - begun) / 1000
  if (!(error instanceof socket.OSError)) throw error
  return { name: error.name, errno: error.errno, message: error.message, seconds }
}

interface Raised {
  name: string
  errno: number | null
  message: string
}

/** The stage of calls.js in Python, and the same calls. */
const inPython = `
import json, socket, sys
from socket import *
stage = []
def keep(s):
    stage.append(s)
    return s
def waiting(s, timeout):
    keep(s).settimeout(timeout)
    return s
def full(family, address):
    server = keep(socket(family, SOCK_STREAM))
    server.bind(address)
    server.listen(0)
    for i in range(3):
        s = keep(socket(family, SOCK_STREAM))
        s.setblocking(False)
        s.connect_ex(server.getsockname())
    return server.getsockname()
def pair(timeout):
    a, b = socketpair()
    keep(b)
    return waiting(a, timeout)
def stuffed(timeout):
    s = pair(0)
    try:
        while True: s.send(bytes(1 << 20))
    except BlockingIOError:
        return waiting(s, timeout)
def udp(timeout):
    s = waiting(socket(AF_INET, SOCK_DGRAM), timeout)
    s.bind(('127.0.0.1', 0))
    return s
def sendto(timeout):
    receiver = keep(socket(AF_UNIX, SOCK_DGRAM))
    receiver.bind('')
    s = keep(socket(AF_UNIX, SOCK_DGRAM))
    s.settimeout(0)
    try:
        while True: s.sendto(b'x', receiver.getsockname())
    except BlockingIOError:
        s.settimeout(timeout)
    s.sendto(b'x', receiver.getsockname())
def connect(family, address, timeout):
    to = full(family, address)
    waiting(socket(family), timeout).connect(to)
calls = {
    'accept': lambda t: waiting(create_server(('127.0.0.1', 0)), t).accept(),
    'connect': lambda t: connect(AF_INET, ('127.0.0.1', 0), t),
    'connect (unix)': lambda t: connect(AF_UNIX, '', t),
    'recv': lambda t: pair(t).recv(1),
    'recv_into': lambda t: pair(t).recv_into(bytearray(1)),
    'recvfrom': lambda t: udp(t).recvfrom(1),
    'recvfrom_into': lambda t: udp(t).recvfrom_into(bytearray(1)),
    'send': lambda t: stuffed(t).send(bytes(1 << 20)),
    'sendall': lambda t: pair(t).sendall(bytes(1 << 26)),
    'sendto': sendto,
}
`

/** What python3 raises for the same calls. */
function pythons(timeout: number): Record<string, Raised> {
  return ask(`${inPython}
answers = {}
for name, call in calls.items():
    try: call(${timeout})
    except OSError as e:
        answers[name] = {'name': type(e).__name__, 'errno': e.errno, 'message': str(e)}
print(json.dumps(answers))
`)
}

const names = Object.keys(calls)

describe.each([0.15, 0])('a timeout of %s', (timeout) => {
  const theirs = pythons(timeout)

  describe.each(twins)('%s', (_, socket) => {
    it.each(names)('%s raises what Python raises', async (name) => {
      const call = calls[name](timeout, socket)
      const { seconds, ...ours } = await timed(call)
      for (const s of stage.splice(0)) s.close()
      expect(ours).toEqual(theirs[name])
      // With a timeout Python does not wait for a place in the queue of a Unix listener.
      const time = name === 'connect (unix)' ? 0 : timeout
      expect(seconds).toBeGreaterThanOrEqual(time)
      expect(seconds).toBeLessThan(time + 2)
    })
  })
})

describe.each(twins)('%s', (_, socket) => {
  it('a deadline raises TimeoutError, "timed out", without an errno', async () => {
    const [a, b] = socket.socketpair()
    a.settimeout(0.05)
    try {
      await a.recv(1)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(socket.timeout)
      expect(error).toMatchObject({ message: 'timed out', errno: null, strerror: null })
      expect(error).toMatchObject({ args: ['timed out'], code: undefined })
    }
    a.close()
    b.close()
  })

  it.each([1e-9, 0.0004, 0.001, 0.0123, 0.25])('%s seconds, and no less', async (timeout) => {
    const [a, b] = socket.socketpair()
    a.settimeout(timeout)
    expect(a.gettimeout()).toBe(timeout)
    const { name, seconds } = await timed(() => a.recv(1))
    expect(name).toBe('TimeoutError')
    expect(seconds).toBeGreaterThanOrEqual(timeout)
    expect(seconds).toBeLessThan(timeout + 2)
    a.close()
    b.close()
  })

  it('the timeout of sendall() is for all of it, not for each piece', async () => {
    const peer = python(`
import time
s = socket.create_server(('127.0.0.1', 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
print(s.getsockname()[1])
c, _ = s.accept()
while c.recv(65536): time.sleep(0.02)
`)
    using s = new socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    await s.connect(['127.0.0.1', Number(await peer.line())])
    s.settimeout(0.5)
    const data = Buffer.alloc(1 << 28)
    const { name, seconds } = await timed(() => s.sendall(data))
    expect(name).toBe('TimeoutError')
    expect(seconds).toBeGreaterThanOrEqual(0.5)
    expect(seconds).toBeLessThan(2.5)
  })

  it('a call ends as soon as it can, with time to spare', async () => {
    const peer = python(`
import time
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
time.sleep(0.3)
c.sendall(b'late')
`)
    using s = await socket.create_connection(['127.0.0.1', Number(await peer.line())])
    const begun = performance.now()
    expect((await s.recv(100)).toString()).toBe('late')
    expect(performance.now() - begun).toBeLessThan(5000)
    await peer.end()
  })

  it('a timeout leaves the socket usable', async () => {
    const [a, b] = socket.socketpair()
    a.settimeout(0.05)
    expect((await timed(() => a.recv(1))).name).toBe('TimeoutError')
    await b.send(Buffer.from('x'))
    expect((await a.recv(1)).toString()).toBe('x')
    a.settimeout(null)
    await b.send(Buffer.from('y'))
    expect((await a.recv(1)).toString()).toBe('y')
    a.close()
    b.close()
  })

  it('data that comes too late for one call is there for the next', async () => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_DGRAM)
    a.settimeout(0.05)
    expect((await timed(() => a.recv(10))).name).toBe('TimeoutError')
    await b.send(Buffer.from('one'))
    await b.send(Buffer.from('two'))
    expect([(await a.recv(10)).toString(), (await a.recv(10)).toString()]).toEqual(['one', 'two'])
    a.close()
    b.close()
  })
})

it('SO_RCVTIMEO ends a call without a timeout, as in the kernel', async () => {
  const { lines } = await run('timeouts.js', ['rcvtimeo'])
  expect(lines).toEqual(['BlockingIOError 11', 'BlockingIOError 11'])
})

// Fault: duplicates share O_NONBLOCK, and settimeout(null) on one cleared it for
// both: recv() on the other then waited for ever in the kernel.
it('settimeout(null) on a duplicate leaves the other its timeout', async () => {
  const { lines } = await run('timeouts.js', ['duplicate'])
  expect(lines).toEqual(['TimeoutError null', 'TimeoutError null'])
})

// Fault: it cleared the flag for the promise twin too, whose next call stopped the
// event loop in the kernel.
it('settimeout(null) on a duplicate does not let the promise twin block', async () => {
  const { lines } = await run('timeouts.js', ['promised'])
  expect(lines).toEqual(['TimeoutError null', 'data'])
})

// poll(2) waits 2^31 - 1 ms at most.
it('a timeout of 25 days is not over at once', async () => {
  const program = new Program('timeouts.js', ['long'])
  expect(await program.line()).toBe('ready')
  program.child.stdin?.end('x')
  expect((await program.end()).lines).toEqual(['data'])
})
