// sendmsg, recvmsg and descriptors; makefile and sendfile.

import type { BinaryFile } from 'bsd-socket'
import type { Row } from '../compare.js'

const x = Buffer.from('x')
const memory = () => Buffer.alloc(8)
const four = Buffer.alloc(4)
/** Uses a file and closes it, as Python does when it forgets one. */
async function closing(file: BinaryFile, use: (file: BinaryFile) => unknown): Promise<unknown> {
  await using f = file
  return await use(f)
}

const shown = { words: false } as const

export const messages: Row[] = [
  ['socket.CMSG_LEN()', ({ m }) => m.CMSG_LEN()],
  ["socket.CMSG_LEN('1')", ({ m }) => m.CMSG_LEN('1')],
  ['socket.CMSG_LEN(-1)', ({ m }) => m.CMSG_LEN(-1)],
  ['socket.CMSG_LEN(2**40)', ({ m }) => m.CMSG_LEN(2 ** 40)],
  ['socket.CMSG_SPACE()', ({ m }) => m.CMSG_SPACE()],
  ['socket.CMSG_SPACE(1.5)', ({ m }) => m.CMSG_SPACE(1.5)],
  ['socket.CMSG_SPACE(-1)', ({ m }) => m.CMSG_SPACE(-1)],
  ['socket.CMSG_SPACE(2**40)', ({ m }) => m.CMSG_SPACE(2 ** 40)],
  ['p.sendmsg()', ({ p }) => p.sendmsg()],
  ['p.sendmsg(None)', ({ p }) => p.sendmsg(null)],
  ['p.sendmsg(5)', ({ p }) => p.sendmsg(5)],
  ["p.sendmsg(['x'])", ({ p }) => p.sendmsg(['x'])],
  ["p.sendmsg([b'x', None])", ({ p }) => p.sendmsg([x, null])],
  ["p.sendmsg([b'x'], 5)", ({ p }) => p.sendmsg([x], 5)],
  ["p.sendmsg([b'x'], [5])", ({ p }) => p.sendmsg([x], [5])],
  ["p.sendmsg([b'x'], [(1, 1)])", ({ p }) => p.sendmsg([x], [[1, 1]])],
  ["p.sendmsg([b'x'], [(1, 1, 'f')])", ({ p }) => p.sendmsg([x], [[1, 1, 'f']])],
  ["p.sendmsg([b'x'], [(1, 1.5, b'')])", ({ p }) => p.sendmsg([x], [[1, 1.5, Buffer.alloc(0)]])],
  [
    "p.sendmsg([b'x'], [(1, 1, b'\\xff' * 4)])",
    ({ p }) => p.sendmsg([x], [[1, 1, four.fill(255)]]),
  ],
  ["p.sendmsg([b'x'], [(1, 99, b'xxxx')])", ({ p }) => p.sendmsg([x], [[1, 99, four]])],
  ["p.sendmsg([b'x'], [], '0')", ({ p }) => p.sendmsg([x], [], '0')],
  ["p.sendmsg([b'x'], [], 2**31)", ({ p }) => p.sendmsg([x], [], 2 ** 31)],
  ["p.sendmsg([b'x'] * 2000)", ({ p }) => p.sendmsg(Array(2000).fill(x))],
  ["d.sendmsg([b'x'])", ({ d }) => d.sendmsg([x])],
  ["d.sendmsg([b'x'], [], 0, 'a')", ({ d }) => d.sendmsg([x], [], 0, 'a')],
  [
    "d.sendmsg([b'x'], [], 0, ('127.0.0.1', 65536))",
    ({ d }) => d.sendmsg([x], [], 0, ['127.0.0.1', 65536]),
  ],
  [
    "d.sendmsg([b'x' * 70000], [], 0, ('127.0.0.1', 9))",
    ({ d }) => d.sendmsg([Buffer.alloc(70000)], [], 0, ['127.0.0.1', 9]),
  ],
  ["closed.sendmsg([b'x'])", ({ closed }) => closed.sendmsg([x])],
  ['p.recvmsg()', ({ p }) => p.recvmsg()],
  ["p.recvmsg('1')", ({ p }) => p.recvmsg('1')],
  ['p.recvmsg(-1)', ({ p }) => p.recvmsg(-1)],
  ['p.recvmsg(1, -1)', ({ p }) => p.recvmsg(1, -1)],
  ["p.recvmsg(1, '1')", ({ p }) => p.recvmsg(1, '1')],
  ['p.recvmsg(1, 2**31)', ({ p }) => p.recvmsg(1, 2 ** 31)],
  ['p.recvmsg(1, 0, 2**31)', ({ p }) => p.recvmsg(1, 0, 2 ** 31)],
  ['p.recvmsg(1, 0, socket.MSG_DONTWAIT)', ({ p }) => p.recvmsg(1, 0, 0x40)],
  ['nb.recvmsg(1)', ({ nb }) => nb.recvmsg(1)],
  ['s.recvmsg(1)', ({ s }) => s.recvmsg(1)],
  ['closed.recvmsg(1)', ({ closed }) => closed.recvmsg(1)],
  ['p.recvmsg_into()', ({ p }) => p.recvmsg_into()],
  ['p.recvmsg_into(5)', ({ p }) => p.recvmsg_into(5)],
  ['p.recvmsg_into([5])', ({ p }) => p.recvmsg_into([5])],
  ["p.recvmsg_into(['x'])", ({ p }) => p.recvmsg_into(['x'])],
  ['p.recvmsg_into([bytearray(8)], -1)', ({ p }) => p.recvmsg_into([memory()], -1)],
  ["p.recvmsg_into([bytearray(8)], '1')", ({ p }) => p.recvmsg_into([memory()], '1')],
  [
    'p.recvmsg_into([bytearray(8)], 0, socket.MSG_DONTWAIT)',
    ({ p }) => p.recvmsg_into([memory()], 0, 0x40),
  ],
  ['closed.recvmsg_into([bytearray(8)])', ({ closed }) => closed.recvmsg_into([memory()])],
  ["socket.send_fds(p, [b'x'], [-1])", ({ m, p }) => m.send_fds(p, [x], [-1])],
  ["socket.send_fds(p, [b'x'], ['0'])", ({ m, p }) => m.send_fds(p, [x], ['0'])],
  ["socket.send_fds(p, [b'x'], [2**40])", ({ m, p }) => m.send_fds(p, [x], [2 ** 40])],
  ["socket.send_fds(p, [b'x'], [0] * 300)", ({ m, p }) => m.send_fds(p, [x], Array(300).fill(0))],
  ["socket.send_fds(closed, [b'x'], [0])", ({ m, closed }) => m.send_fds(closed, [x], [0])],
  ['socket.recv_fds(p, 1, -1)', ({ m, p }) => m.recv_fds(p, 1, -1)],
  ['socket.recv_fds(p, -1, 1)', ({ m, p }) => m.recv_fds(p, -1, 1)],
  ['socket.recv_fds(p, 1, 2**29)', ({ m, p }) => m.recv_fds(p, 1, 2 ** 29)],
  ['socket.recv_fds(nb, 1, 1)', ({ m, nb }) => m.recv_fds(nb, 1, 1)],
  ["p.sendmsg([b'x'], None)", ({ p }) => p.sendmsg([x], null)],
  ['p.sendmsg_afalg([])', ({ p }) => p.sendmsg_afalg([])],
  ["p.sendmsg_afalg([b'x'], op=0)", ({ p }) => p.sendmsg_afalg([x], { op: 0 }), shown],
  ["p.makefile('x')", ({ p }) => p.makefile('x')],
  ['p.makefile(5)', ({ p }) => p.makefile(5)],
  ["p.makefile('r', 0)", ({ p }) => p.makefile('r', 0)],
  [
    "p.makefile('r', encoding='no such')",
    ({ p }) => p.makefile('r', { encoding: 'no such' }),
    { differs: 'Python has a LookupError for that, which is no ValueError', ours: 'ValueError' },
  ],
  ["p.makefile('r', newline='x')", ({ p }) => p.makefile('r', { newline: 'x' })],
  [
    "p.makefile('w').read()",
    ({ p }) => closing(p.makefile('w') as BinaryFile, (f) => f.read()),
    shown,
  ],
  [
    "p.makefile('r').write('x')",
    ({ p }) => closing(p.makefile('r') as BinaryFile, (f) => f.write(x)),
    shown,
  ],
  ['p.sendfile()', ({ p }) => p.sendfile()],
  ["d.sendfile(open('/dev/null', 'rb'))", ({ d }) => d.sendfile(0)],
  ["nb.sendfile(open('/etc/hosts', 'rb'))", ({ nb }) => nb.sendfile(0)],
  ["p.sendfile(open('/dev/null', 'rb'), 0, 0)", ({ p }) => p.sendfile(0, 0, 0)],
  ["p.sendfile(open('/dev/null', 'rb'), 0, -1)", ({ p }) => p.sendfile(0, 0, -1)],
  ["p.sendfile(open('/dev/null', 'rb'), 0, 1.5)", ({ p }) => p.sendfile(0, 0, 1.5), shown],
  [
    'socket.fromsocket(closed)',
    ({ m, closed }) => m.fromsocket(closed),
    { differs: 'Python has no fromsocket', ours: 'OSError' },
  ],
]
