// Messages with control data, descriptors, files over a socket.

import { closeSync, openSync } from 'node:fs'
import { m, type Row } from '../compare.js'

const x = Buffer.from('x')
const memory = () => Buffer.alloc(8)
const words = { words: false } as const

/** Runs with a descriptor of a file that has something in it. */
function file(call: (fd: number) => unknown): unknown {
  const fd = openSync('/etc/passwd', 'r')
  try {
    return call(fd)
  } finally {
    closeSync(fd)
  }
}

export const messages: Row[] = [
  ['p.sendmsg()', ({ p }) => p.sendmsg()],
  ['p.sendmsg(None)', ({ p }) => p.sendmsg(null)],
  ['p.sendmsg(1)', ({ p }) => p.sendmsg(1)],
  ["p.sendmsg('x')", ({ p }) => p.sendmsg('x')],
  ["p.sendmsg(b'x')", ({ p }) => p.sendmsg(x)],
  ["p.sendmsg(['x'])", ({ p }) => p.sendmsg(['x'])],
  ["p.sendmsg([b'x', 1])", ({ p }) => p.sendmsg([x, 1])],
  ["p.sendmsg([b'x'], None)", ({ p }) => p.sendmsg([x], null)],
  ["p.sendmsg([b'x'], 1)", ({ p }) => p.sendmsg([x], 1)],
  ["p.sendmsg([b'x'], [1])", ({ p }) => p.sendmsg([x], [1])],
  ["p.sendmsg([b'x'], [(1, 1)])", ({ p }) => p.sendmsg([x], [[1, 1]])],
  ["p.sendmsg([b'x'], [(1, 1, b'', 0)])", ({ p }) => p.sendmsg([x], [[1, 1, x, 0]])],
  ["p.sendmsg([b'x'], [('1', 1, b'')])", ({ p }) => p.sendmsg([x], [['1', 1, x]])],
  ["p.sendmsg([b'x'], [(1, 1, 'x')])", ({ p }) => p.sendmsg([x], [[1, 1, 'x']])],
  ["p.sendmsg([b'x'], [(1, 2**31, b'')])", ({ p }) => p.sendmsg([x], [[1, 2 ** 31, x]]), words],
  ["p.sendmsg([b'x'], [(1, 99, b'1234')])", ({ p }) => p.sendmsg([x], [[1, 99, Buffer.alloc(4)]])],
  [
    "p.sendmsg([b'x'], [(1, 1, b'\\xff\\x7f\\0\\0')])",
    ({ p }) => p.sendmsg([x], [[1, 1, Buffer.from([255, 127, 0, 0])]]),
  ],
  ["p.sendmsg([b'x'], [], '0')", ({ p }) => p.sendmsg([x], [], '0')],
  ["p.sendmsg([b'x'], [], 2**31)", ({ p }) => p.sendmsg([x], [], 2 ** 31), words],
  ["p.sendmsg([b'x'], [], 0, 1)", ({ p }) => p.sendmsg([x], [], 0, 1)],
  ["p.sendmsg([b'x'] * 1025)", ({ p }) => p.sendmsg(Array(1025).fill(x))],
  ["d.sendmsg([b'x'])", ({ d }) => d.sendmsg([x])],
  [
    "d.sendmsg([b'x'], [], 0, ('127.0.0.1', 65536))",
    ({ d }) => d.sendmsg([x], [], 0, ['127.0.0.1', 65536]),
  ],
  ["s.sendmsg([b'x'])", ({ s }) => s.sendmsg([x])],
  ["(q.close(), p.sendmsg([b'x']))", ({ p, q }) => [q.close(), p.sendmsg([x])]],
  ["closed.sendmsg([b'x'])", ({ closed }) => closed.sendmsg([x])],
  ['p.recvmsg()', ({ p }) => p.recvmsg()],
  ["p.recvmsg('1')", ({ p }) => p.recvmsg('1')],
  ['p.recvmsg(None)', ({ p }) => p.recvmsg(null)],
  ['p.recvmsg(-1)', ({ p }) => p.recvmsg(-1), words],
  ['p.recvmsg(1, -1)', ({ p }) => p.recvmsg(1, -1)],
  ["p.recvmsg(1, '1')", ({ p }) => p.recvmsg(1, '1')],
  ['p.recvmsg(1, None)', ({ p }) => p.recvmsg(1, null)],
  ["p.recvmsg(1, 0, 'x')", ({ p }) => p.recvmsg(1, 0, 'x')],
  ['p.recvmsg(1, 0, socket.MSG_DONTWAIT)', ({ p }) => p.recvmsg(1, 0, 0x40)],
  ['s.recvmsg(1)', ({ s }) => s.recvmsg(1)],
  ['closed.recvmsg(1)', ({ closed }) => closed.recvmsg(1)],
  ['p.recvmsg_into()', ({ p }) => p.recvmsg_into()],
  ['p.recvmsg_into(None)', ({ p }) => p.recvmsg_into(null)],
  ["p.recvmsg_into('x')", ({ p }) => p.recvmsg_into('x')],
  ['p.recvmsg_into(bytearray(8))', ({ p }) => p.recvmsg_into(memory())],
  ['p.recvmsg_into([1])', ({ p }) => p.recvmsg_into([1])],
  ["p.recvmsg_into([bytearray(8), 'x'])", ({ p }) => p.recvmsg_into([memory(), 'x'])],
  ['p.recvmsg_into([bytearray(8)], -1)', ({ p }) => p.recvmsg_into([memory()], -1)],
  ["p.recvmsg_into([bytearray(8)], 'x')", ({ p }) => p.recvmsg_into([memory()], 'x')],
  ["p.recvmsg_into([bytearray(8)], 0, 'x')", ({ p }) => p.recvmsg_into([memory()], 0, 'x')],
  [
    'p.recvmsg_into([bytearray(8)], 0, socket.MSG_DONTWAIT)',
    ({ p }) => p.recvmsg_into([memory()], 0, 0x40),
  ],
  ['closed.recvmsg_into([bytearray(8)])', ({ closed }) => closed.recvmsg_into([memory()])],
  ['socket.CMSG_LEN()', () => m.CMSG_LEN()],
  ["socket.CMSG_LEN('1')", () => m.CMSG_LEN('1')],
  ['socket.CMSG_LEN(1.5)', () => m.CMSG_LEN(1.5)],
  ['socket.CMSG_LEN(-1)', () => m.CMSG_LEN(-1)],
  ['socket.CMSG_LEN(2**31)', () => m.CMSG_LEN(2 ** 31)],
  ['socket.CMSG_LEN(2**70)', () => m.CMSG_LEN(2n ** 70n), words],
  ['socket.CMSG_SPACE()', () => m.CMSG_SPACE()],
  ['socket.CMSG_SPACE(None)', () => m.CMSG_SPACE(null)],
  ['socket.CMSG_SPACE(-1)', () => m.CMSG_SPACE(-1)],
  ['socket.CMSG_SPACE(2**31)', () => m.CMSG_SPACE(2 ** 31)],
  ['socket.send_fds()', () => m.send_fds()],
  ["socket.send_fds(p, [b'x'], [32767])", ({ p }) => m.send_fds(p, [x], [32767])],
  ["socket.send_fds(p, [b'x'], [-1])", ({ p }) => m.send_fds(p, [x], [-1])],
  ["socket.send_fds(p, [b'x'], ['0'])", ({ p }) => m.send_fds(p, [x], ['0'])],
  ["socket.send_fds(p, [b'x'], 0)", ({ p }) => m.send_fds(p, [x], 0)],
  ["socket.send_fds(closed, [b'x'], [0])", ({ closed }) => m.send_fds(closed, [x], [0])],
  ['socket.recv_fds()', () => m.recv_fds()],
  ["socket.recv_fds(p, '1', 1)", ({ p }) => m.recv_fds(p, '1', 1)],
  ["socket.recv_fds(p, 1, '1')", ({ p }) => m.recv_fds(p, 1, '1')],
  ['socket.recv_fds(p, 1, -1)', ({ p }) => m.recv_fds(p, 1, -1), words],
  [
    '(p.setblocking(False), socket.recv_fds(p, 1, 1))',
    ({ p }) => [p.setblocking(false), m.recv_fds(p, 1, 1)],
  ],
  ['socket.recv_fds(closed, 1, 1)', ({ closed }) => m.recv_fds(closed, 1, 1)],
]

export const files: Row[] = [
  ['p.sendfile()', ({ p }) => p.sendfile()],
  ['p.sendfile(None)', ({ p }) => p.sendfile(null)],
  ["p.sendfile('/dev/null')", ({ p }) => p.sendfile('/dev/null')],
  ["d.sendfile(open('/etc/passwd', 'rb'))", ({ d }) => file((fd) => d.sendfile(fd))],
  ["nb.sendfile(open('/etc/passwd', 'rb'))", ({ nb }) => file((fd) => nb.sendfile(fd))],
  ["p.sendfile(open('/etc/passwd', 'rb'), 0, 0)", ({ p }) => file((fd) => p.sendfile(fd, 0, 0))],
  ["p.sendfile(open('/etc/passwd', 'rb'), 0, -1)", ({ p }) => file((fd) => p.sendfile(fd, 0, -1))],
  [
    "p.sendfile(open('/etc/passwd', 'rb'), 0, 'x')",
    ({ p }) => file((fd) => p.sendfile(fd, 0, 'x')),
  ],
  [
    "p.sendfile(open('/etc/passwd', 'rb'), 0, 1.5)",
    ({ p }) => file((fd) => p.sendfile(fd, 0, 1.5)),
  ],
  ["p.sendfile(open('/etc/passwd', 'rb'), 'x')", ({ p }) => file((fd) => p.sendfile(fd, 'x'))],
  ["p.sendfile(open('/etc/passwd', 'rb'))", ({ p }) => file((fd) => p.sendfile(fd))],
  ["p.makefile('x')", ({ p }) => p.makefile('x')],
  ["p.makefile('a')", ({ p }) => p.makefile('a')],
  ['p.makefile(1)', ({ p }) => p.makefile(1)],
  ["p.makefile('r', 0)", ({ p }) => p.makefile('r', 0)],
  ["p.makefile('r', encoding='nosuch')", ({ p }) => p.makefile('r', { encoding: 'nosuch' }), words],
  ["p.makefile('r', newline='x')", ({ p }) => p.makefile('r', { newline: 'x' }), words],
  ['p.sendmsg_afalg()', ({ p }) => p.sendmsg_afalg()],
  ["p.sendmsg_afalg([b'x'])", ({ p }) => p.sendmsg_afalg([x])],
  ["p.sendmsg_afalg([b'x'], op=-1)", ({ p }) => p.sendmsg_afalg([x], { op: -1 })],
  ["p.sendmsg_afalg([b'x'], op=1)", ({ p }) => p.sendmsg_afalg([x], { op: 1 })],
  ["closed.sendmsg_afalg([b'x'], op=1)", ({ closed }) => closed.sendmsg_afalg([x], { op: 1 })],
]
