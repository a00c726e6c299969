// Rows of bad input: a Python expression, and the same thing written for us.
// One python3 evaluates them all, each with fresh sockets of these names:
//
//   s TCP   s6 TCP on IPv6   u Unix stream   d UDP   d6 UDP on IPv6   ud Unix datagram
//   p, q a pair of Unix streams   l listening on loopback   nb s that never waits
//   closed
//
// and m, the module: the blocking one or its promise twin.

import { readdirSync } from 'node:fs'
import { endianness } from 'node:os'
import type * as socket from 'bsd-socket'
import { layout } from '#lib/native'
import { ask } from '../peer.js'
import type { Twin } from '../twins.js'

/** Without its types, because what is passed here would not compile. */
export type Untyped = Readonly<Record<string, (...args: unknown[]) => unknown>>

const names = ['s', 's6', 'u', 'd', 'd6', 'ud', 'p', 'q', 'l', 'nb', 'closed'] as const
type Sockets = Readonly<Record<(typeof names)[number], Untyped>>
type Kit = Sockets & { readonly m: Untyped }

export interface Notes {
  /** Why we are not like Python here; that we are not is then what is tested. */
  differs?: string
  /** The class that we raise where we differ. */
  ours?: string
  /** The first Python 3.x that is like us; older ones have to be different. */
  since?: number
  /** Only the class is the same: the words name Python's or JavaScript's own things. */
  words?: false
}

export type Row = [python: string, ours: (kit: Kit) => unknown, notes?: Notes]

/** What was raised; all null if nothing was. */
export interface Outcome {
  cls: string | null
  errno: number | null
  message: string | null
}

/** A struct timeval of three seconds. */
function threeSeconds(): Buffer {
  const { size, tv_sec } = layout.timeval
  const time = Buffer.alloc(size)
  time[endianness() === 'LE' ? tv_sec.offset : tv_sec.offset + tv_sec.size - 1] = 3
  return time
}

const program = `
import errno, io, json, socket, struct, sys

def sockets():
    p, q = socket.socketpair()
    closed = socket.socket()
    closed.close()
    nb = socket.socket()
    nb.setblocking(False)
    made = dict(
        p=p, q=q, nb=nb, closed=closed,
        s=socket.socket(), s6=socket.socket(socket.AF_INET6), u=socket.socket(socket.AF_UNIX),
        d=socket.socket(type=socket.SOCK_DGRAM), ud=socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        d6=socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        l=socket.create_server(('127.0.0.1', 0)))
    # A row that should fail at once must not wait for ever when it does not.
    for s in made.values():
        if s is not closed:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 3, 0))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 3, 0))
    return made

released = memoryview(bytearray(8))
released.release()

def outcome(expression):
    scope = sockets()
    try:
        eval(expression, dict(socket=socket, released=released), scope)
        return dict(cls=None, errno=None, message=None)
    except Exception as e:
        # The classes that JavaScript has not.
        for theirs, ours in [(UnicodeError, 'ValueError'), (MemoryError, 'RangeError'),
                             (AttributeError, 'TypeError'), (io.UnsupportedOperation, 'OSError'),
                             (object, type(e).__name__)]:
            if isinstance(e, theirs):
                cls = ours
                break
        number = e.errno if isinstance(e, OSError) else None
        if cls == 'OSError' and number == errno.ENOTCONN:
            cls = 'NotConnectedError'
        return dict(cls=cls, errno=number, message=str(e))
    finally:
        for s in scope.values():
            s.close()

print(json.dumps([sys.version_info.minor, [outcome(row) for row in json.load(sys.stdin)]]))
`

/** Python's minor version, and what it makes of each row. */
export const inPython = (rows: readonly Row[]): [version: number, outcomes: Outcome[]] =>
  ask(program, JSON.stringify(rows.map(([python]) => python)))

async function sockets(m: Twin): Promise<Sockets> {
  const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } = m
  const { SOL_SOCKET, SO_RCVTIMEO, SO_SNDTIMEO } = m
  const [p, q] = m.socketpair()
  const closed = new m.socket()
  closed.close()
  const nb = new m.socket()
  nb.setblocking(false)
  const made: Record<(typeof names)[number], socket.socket> = {
    s: new m.socket(AF_INET, SOCK_STREAM),
    s6: new m.socket(AF_INET6, SOCK_STREAM),
    u: new m.socket(AF_UNIX, SOCK_STREAM),
    d: new m.socket(AF_INET, SOCK_DGRAM),
    d6: new m.socket(AF_INET6, SOCK_DGRAM),
    ud: new m.socket(AF_UNIX, SOCK_DGRAM),
    p,
    q,
    l: await m.create_server(['127.0.0.1', 0]),
    nb,
    closed,
  }
  for (const s of Object.values(made)) {
    if (s === closed) continue
    s.setsockopt(SOL_SOCKET, SO_RCVTIMEO, threeSeconds())
    s.setsockopt(SOL_SOCKET, SO_SNDTIMEO, threeSeconds())
  }
  return made as unknown as Sockets
}

async function outcome(m: Twin, ours: Row[1], using: Sockets): Promise<Outcome> {
  try {
    const result = await ours({ ...using, m: m as unknown as Untyped })
    for (const made of await Promise.all([result].flat())) {
      if (made instanceof m.socket) made.close()
    }
    return { cls: null, errno: null, message: null }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const errno = error instanceof m.OSError ? error.errno : null
    return { cls: error.name, errno, message: error.message }
  }
}

/** What a twin makes of a row, and the descriptors that it left open. */
export async function inOurs(m: Twin, [, ours]: Row): Promise<[Outcome, leaked: string[]]> {
  const before = new Set(readdirSync('/proc/self/fd'))
  const made = await sockets(m)
  const result = await outcome(m, ours, made)
  for (const name of names) made[name].close()
  return [result, readdirSync('/proc/self/fd').filter((fd) => !before.has(fd))]
}
