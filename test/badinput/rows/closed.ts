// Every method of a socket that is closed.

import type { Row, Untyped } from '../compare.js'

const x = Buffer.from('x')

export const closed: Row[] = [
  ['closed.close()', ({ closed }) => closed.close()],
  ['closed.detach()', ({ closed }) => closed.detach()],
  ['closed.fileno()', ({ closed }) => closed.fileno()],
  ['closed.gettimeout()', ({ closed }) => closed.gettimeout()],
  ['closed.getblocking()', ({ closed }) => closed.getblocking()],
  ['repr(closed)', ({ closed }) => closed.toString()],
  ["closed.bind(('127.0.0.1', 0))", ({ closed }) => closed.bind(['127.0.0.1', 0])],
  ['closed.bind(1)', ({ closed }) => closed.bind(1)],
  ["closed.connect(('127.0.0.1', 1))", ({ closed }) => closed.connect(['127.0.0.1', 1])],
  ["closed.connect(('127.0.0.1', 65536))", ({ closed }) => closed.connect(['127.0.0.1', 65536])],
  ["closed.connect_ex(('127.0.0.1', 1))", ({ closed }) => closed.connect_ex(['127.0.0.1', 1])],
  ['closed.listen()', ({ closed }) => closed.listen()],
  ['closed.accept()', ({ closed }) => closed.accept()],
  ['closed.recv(1)', ({ closed }) => closed.recv(1)],
  ['closed.recv(-1)', ({ closed }) => closed.recv(-1)],
  ['closed.recv(0)', ({ closed }) => closed.recv(0)],
  ['closed.recvfrom(0)', ({ closed }) => closed.recvfrom(0)],
  ['closed.recvfrom_into(bytearray())', ({ closed }) => closed.recvfrom_into(Buffer.alloc(0))],
  ['closed.recvfrom(1)', ({ closed }) => closed.recvfrom(1)],
  ['closed.recv_into(bytearray(1))', ({ closed }) => closed.recv_into(Buffer.alloc(1))],
  ['closed.recv_into(bytearray())', ({ closed }) => closed.recv_into(Buffer.alloc(0))],
  ['closed.recvfrom_into(bytearray(1))', ({ closed }) => closed.recvfrom_into(Buffer.alloc(1))],
  ["closed.send(b'x')", ({ closed }) => closed.send(x)],
  ["closed.send('x')", ({ closed }) => closed.send('x')],
  ["closed.sendall(b'x')", ({ closed }) => closed.sendall(x)],
  ["closed.sendall(b'')", ({ closed }) => closed.sendall(Buffer.alloc(0))],
  ["closed.sendto(b'x', ('127.0.0.1', 1))", ({ closed }) => closed.sendto(x, ['127.0.0.1', 1])],
  ['closed.shutdown(2)', ({ closed }) => closed.shutdown(2)],
  ['closed.getsockname()', ({ closed }) => closed.getsockname()],
  ['closed.getpeername()', ({ closed }) => closed.getpeername()],
  ['closed.getsockopt(1, 3)', ({ closed }) => closed.getsockopt(1, 3)],
  ['closed.getsockopt(1, 3, 4)', ({ closed }) => closed.getsockopt(1, 3, 4)],
  ['closed.setsockopt(1, 2, 1)', ({ closed }) => closed.setsockopt(1, 2, 1)],
  ["closed.setsockopt(1, 2, b'1234')", ({ closed }) => closed.setsockopt(1, 2, Buffer.alloc(4))],
  ['closed.setsockopt(1, 2, None, 4)', ({ closed }) => closed.setsockopt(1, 2, null, 4)],
  ['closed.settimeout(1)', ({ closed }) => closed.settimeout(1)],
  ['closed.settimeout(None)', ({ closed }) => closed.settimeout(null)],
  ['closed.settimeout(-1)', ({ closed }) => closed.settimeout(-1)],
  ['closed.setblocking(True)', ({ closed }) => closed.setblocking(true)],
  ['closed.get_inheritable()', ({ closed }) => closed.get_inheritable()],
  ['closed.set_inheritable(True)', ({ closed }) => closed.set_inheritable(true)],
  ['closed.dup()', ({ closed }) => closed.dup()],
  ['(s.detach(), s.recv(1))', ({ m, s }) => detached(m, s, () => s.recv(1))],
]

/** Detaches for the length of a call, and closes what was given away. */
async function detached(m: Untyped, s: Untyped, call: () => unknown) {
  const fd = s.detach()
  try {
    return await call()
  } finally {
    m.close(fd)
  }
}
