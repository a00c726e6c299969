// What makes sockets: the constructor and the module functions beside it.

import { closeSync, openSync } from 'node:fs'
import type { Row } from '../compare.js'

export const making: Row[] = [
  ["socket.socket('2')", ({ m }) => m.socket('2')],
  ['socket.socket(None)', ({ m }) => m.socket(null)],
  ['socket.socket(1.5)', ({ m }) => m.socket(1.5)],
  ['socket.socket(2, None)', ({ m }) => m.socket(2, null)],
  ["socket.socket(2, '1')", ({ m }) => m.socket(2, '1')],
  ["socket.socket(2, 1, '6')", ({ m }) => m.socket(2, 1, '6')],
  ['socket.socket(2, 1, None)', ({ m }) => m.socket(2, 1, null)],
  ['socket.socket(999)', ({ m }) => m.socket(999)],
  ['socket.socket(-2)', ({ m }) => m.socket(-2)],
  ['socket.socket(2**31)', ({ m }) => m.socket(2 ** 31), { words: false }],
  ['socket.socket(2, 999)', ({ m }) => m.socket(2, 999)],
  ['socket.socket(2, 2**31)', ({ m }) => m.socket(2, 2 ** 31), { words: false }],
  ['socket.socket(2, 1, 17)', ({ m }) => m.socket(2, 1, 17)],
  ['socket.socket(2, 1, 999)', ({ m }) => m.socket(2, 1, 999)],
  ['socket.socket(2, 1, -2)', ({ m }) => m.socket(2, 1, -2)],
  ['socket.socket(2, 5)', ({ m }) => m.socket(2, 5)],
  ['socket.socket(1, 3, 1)', ({ m }) => m.socket(1, 3, 1)],
  ['socket.socket(fileno=-1)', ({ m }) => m.socket({ fileno: -1 })],
  ['socket.socket(fileno=-2**31)', ({ m }) => m.socket({ fileno: -(2 ** 31) })],
  ['socket.socket(fileno=9999)', ({ m }) => m.socket({ fileno: 9999 })],
  ['socket.socket(2, 1, 0, 9999)', ({ m }) => m.socket(2, 1, 0, 9999)],
  ["socket.socket(fileno='3')", ({ m }) => m.socket({ fileno: '3' })],
  ['socket.socket(fileno=1.5)', ({ m }) => m.socket({ fileno: 1.5 })],
  ['socket.socket(fileno=[3])', ({ m }) => m.socket({ fileno: [3] })],
  [
    'socket.socket(fileno=2**31)',
    ({ m }) => m.socket({ fileno: 2 ** 31 }),
    {
      differs: 'Python cuts the number to 32 bits',
      ours: 'OverflowError',
    },
  ],
  [
    "(lambda f: socket.socket(fileno=f.fileno()))(open('/dev/null'))",
    ({ m }) => ofFile((fileno) => m.socket({ fileno })),
  ],
  [
    "(lambda f: socket.socket(2, 1, 0, f.fileno()))(open('/dev/null'))",
    ({ m }) => ofFile((fileno) => m.socket(2, 1, 0, fileno)),
  ],
  ['socket.socketpair(999)', ({ m }) => m.socketpair(999)],
  ["socket.socketpair('1')", ({ m }) => m.socketpair('1')],
  ['socket.socketpair(socket.AF_INET)', ({ m }) => m.socketpair(2)],
  ['socket.socketpair(1, 999)', ({ m }) => m.socketpair(1, 999)],
  ['socket.socketpair(1, None)', ({ m }) => m.socketpair(1, null)],
  ['socket.socketpair(1, 1, 999)', ({ m }) => m.socketpair(1, 1, 999)],
  ['socket.socketpair(2**31)', ({ m }) => m.socketpair(2 ** 31)],
  ['socket.fromfd()', ({ m }) => m.fromfd()],
  ['socket.fromfd(0)', ({ m }) => m.fromfd(0)],
  ['socket.fromfd(0, 2)', ({ m }) => m.fromfd(0, 2)],
  ['socket.fromfd(9999, 2, 1)', ({ m }) => m.fromfd(9999, 2, 1)],
  ['socket.fromfd(-1, 2, 1)', ({ m }) => m.fromfd(-1, 2, 1)],
  ["socket.fromfd('0', 2, 1)", ({ m }) => m.fromfd('0', 2, 1)],
  ['socket.fromfd(None, 2, 1)', ({ m }) => m.fromfd(null, 2, 1)],
  ["socket.fromfd(s.fileno(), '2', 1)", ({ m, s }) => m.fromfd(s.fileno(), '2', 1)],
  ["socket.fromfd(s.fileno(), 2, '1')", ({ m, s }) => m.fromfd(s.fileno(), 2, '1')],
  [
    "(lambda f: socket.fromfd(f.fileno(), 2, 1))(open('/dev/null'))",
    ({ m }) => ofFile((fd) => m.fromfd(fd, 2, 1)),
  ],
  ['socket.dup()', ({ m }) => m.dup()],
  ['socket.dup(-1)', ({ m }) => m.dup(-1)],
  ['socket.dup(9999)', ({ m }) => m.dup(9999)],
  ["socket.dup('0')", ({ m }) => m.dup('0')],
  ['socket.dup(None)', ({ m }) => m.dup(null)],
  ['socket.dup(1.5)', ({ m }) => m.dup(1.5)],
  [
    'socket.dup(2**31)',
    ({ m }) => m.dup(2 ** 31),
    {
      differs: 'Python cuts the number to 32 bits',
      ours: 'OverflowError',
    },
  ],
  ['socket.close()', ({ m }) => m.close()],
  ['socket.close(-1)', ({ m }) => m.close(-1)],
  ['socket.close(9999)', ({ m }) => m.close(9999)],
  ["socket.close('0')", ({ m }) => m.close('0')],
  ['socket.close(None)', ({ m }) => m.close(null)],
  ['socket.close(1.5)', ({ m }) => m.close(1.5)],
  [
    'socket.close(2**31)',
    ({ m }) => m.close(2 ** 31),
    {
      differs: 'Python cuts the number to 32 bits',
      ours: 'OverflowError',
    },
  ],
  ['socket.close(2**64)', ({ m }) => m.close(2n ** 64n), { words: false }],
  ['socket.create_connection()', ({ m }) => m.create_connection()],
  ['socket.create_connection(None)', ({ m }) => m.create_connection(null)],
  ['socket.create_connection(80)', ({ m }) => m.create_connection(80)],
  [
    "socket.create_connection(('127.0.0.1',))",
    ({ m }) => m.create_connection(['127.0.0.1']),
    { words: false },
  ],
  [
    "socket.create_connection(('127.0.0.1', 1, 2))",
    ({ m }) => m.create_connection(['127.0.0.1', 1, 2]),
    { words: false },
  ],
  ['socket.create_connection((1, 1))', ({ m }) => m.create_connection([1, 1])],
  [
    "socket.create_connection(('127.0.0.1', 1.5))",
    ({ m }) => m.create_connection(['127.0.0.1', 1.5]),
  ],
  [
    "socket.create_connection(('127.0.0.1', []))",
    ({ m }) => m.create_connection(['127.0.0.1', []]),
  ],
  [
    "socket.create_connection(('127.0.0.1', -1))",
    ({ m }) => m.create_connection(['127.0.0.1', -1]),
  ],
  [
    "socket.create_connection(('127.0.0.1', 'nosuch service'))",
    ({ m }) => m.create_connection(['127.0.0.1', 'nosuch service']),
  ],
  [
    "socket.create_connection(('a..b', 1))",
    ({ m }) => m.create_connection(['a..b', 1]),
    { words: false },
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), -1)",
    ({ m }) => m.create_connection(['127.0.0.1', 1], -1),
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), 'x')",
    ({ m }) => m.create_connection(['127.0.0.1', 1], 'x'),
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), float('nan'))",
    ({ m }) => m.create_connection(['127.0.0.1', 1], Number.NaN),
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), 5, 'x')",
    ({ m }) => m.create_connection(['127.0.0.1', 1], 5, 'x'),
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), 5, ('127.0.0.1',))",
    ({ m }) => m.create_connection(['127.0.0.1', 1], 5, ['127.0.0.1']),
    { words: false },
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), 5, ('127.0.0.1', 65536))",
    ({ m }) => m.create_connection(['127.0.0.1', 1], 5, ['127.0.0.1', 65536]),
  ],
  [
    "socket.create_connection(('127.0.0.1', 1), 5, ('192.0.2.1', 0))",
    ({ m }) => m.create_connection(['127.0.0.1', 1], 5, ['192.0.2.1', 0]),
  ],
  [
    'socket.create_connection(l.getsockname(), 5, l.getsockname())',
    ({ m, l }) => m.create_connection(l.getsockname(), 5, l.getsockname()),
  ],
  ['socket.create_server()', ({ m }) => m.create_server()],
  ['socket.create_server(None)', ({ m }) => m.create_server(null)],
  ["socket.create_server('127.0.0.1')", ({ m }) => m.create_server('127.0.0.1')],
  ["socket.create_server(('127.0.0.1',))", ({ m }) => m.create_server(['127.0.0.1'])],
  ["socket.create_server(('127.0.0.1', 65536))", ({ m }) => m.create_server(['127.0.0.1', 65536])],
  ["socket.create_server(('127.0.0.1', '80'))", ({ m }) => m.create_server(['127.0.0.1', '80'])],
  [
    "socket.create_server(('192.0.2.1', 0))",
    ({ m }) => m.create_server(['192.0.2.1', 0]),
    { words: false },
  ],
  [
    'socket.create_server(l.getsockname())',
    ({ m, l }) => m.create_server(l.getsockname()),
    { words: false },
  ],
  [
    "socket.create_server(('127.0.0.1', 0), family=999)",
    ({ m }) => m.create_server(['127.0.0.1', 0], { family: 999 }),
  ],
  [
    "socket.create_server(('127.0.0.1', 0), family='2')",
    ({ m }) => m.create_server(['127.0.0.1', 0], { family: '2' }),
  ],
  [
    "socket.create_server(('127.0.0.1', 0), backlog='5')",
    ({ m }) => m.create_server(['127.0.0.1', 0], { backlog: '5' }),
  ],
  [
    "socket.create_server(('127.0.0.1', 0), backlog=2**31)",
    ({ m }) => m.create_server(['127.0.0.1', 0], { backlog: 2 ** 31 }),
  ],
  [
    "socket.create_server(('127.0.0.1', 0), dualstack_ipv6=True)",
    ({ m }) => m.create_server(['127.0.0.1', 0], { dualstack_ipv6: true }),
  ],
  [
    "socket.create_server(('127.0.0.1', 0), family=socket.AF_INET6)",
    ({ m }) => m.create_server(['127.0.0.1', 0], { family: 10 }),
  ],
  ['socket.setdefaulttimeout()', ({ m }) => m.setdefaulttimeout()],
  ["socket.setdefaulttimeout('1')", ({ m }) => m.setdefaulttimeout('1')],
  ['socket.setdefaulttimeout([])', ({ m }) => m.setdefaulttimeout([])],
  ['socket.setdefaulttimeout(-1)', ({ m }) => m.setdefaulttimeout(-1)],
  ["socket.setdefaulttimeout(float('nan'))", ({ m }) => m.setdefaulttimeout(Number.NaN)],
  ['socket.setdefaulttimeout(1e300)', ({ m }) => m.setdefaulttimeout(1e300), { words: false }],
  ['socket.getdefaulttimeout()', ({ m }) => m.getdefaulttimeout()],
  ['socket.has_dualstack_ipv6()', ({ m }) => m.has_dualstack_ipv6()],
]

function ofFile(call: (fd: number) => unknown): unknown {
  const fd = openSync('/dev/null', 'r')
  try {
    return call(fd)
  } finally {
    closeSync(fd)
  }
}
