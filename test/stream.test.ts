// SOCK_STREAM over every family, against python, both ways round.

import { createHash, randomBytes } from 'node:crypto'
import * as socket from 'bsd-socket'
import { describe, expect, it } from 'vitest'
import { peer, places, read, written } from './places.js'
import { twins } from './twins.js'
import { ways } from './waiting.js'

socket.setdefaulttimeout(10)

const { SOCK_STREAM } = socket
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

describe.each(twins)('%s', (_, socket) => {
  /** A listening socket and its address as an argument for python. */
  async function serve(place: (typeof places)[number]): Promise<[socket.socket, string]> {
    const server = new socket.socket(place.family, SOCK_STREAM)
    await server.bind(place.address())
    server.listen()
    return [server, written(server.getsockname())]
  }

  /** python connects to us as `s` and runs a program. */
  const client = (place: (typeof places)[number], address: string, program: string) =>
    peer(
      `s = socket.socket(${place.python}, socket.SOCK_STREAM); s.connect(given(sys.argv[1]))\n${program}`,
      address,
    )

  describe.each(places)('$name', (place) => {
    describe.each(ways(socket))('with %s', (_, prepare) => {
      it('serves a python client', async () => {
        const [server, address] = await serve(place)
        using _server = server
        prepare(server)
        const py = client(
          place,
          address,
          `
show(s.getsockname())
show(s.getpeername())
print(s.recv(100))
s.sendall(b'hello')
print(s.recv(100))
s.sendall(b'still here')
s.close()
`,
        )
        const [conn, from] = await server.accept()
        using _conn = conn
        prepare(conn)
        expect(from).toEqual(read(await py.line()))
        expect(conn.getpeername()).toEqual(from)
        expect(conn.getsockname()).toEqual(read(await py.line()))
        expect(await conn.send(Buffer.from('welcome'))).toBe(7)
        expect(await py.line()).toBe("b'welcome'")
        expect((await conn.recv(100)).toString()).toBe('hello')
        conn.shutdown(socket.SHUT_WR)
        expect(await py.line()).toBe("b''")
        await py.end()
        expect((await conn.recv(100)).toString()).toBe('still here')
        expect(await conn.recv(100)).toEqual(Buffer.alloc(0))
      })

      it('is a client of a python server', async () => {
        const py = peer(
          `
l = socket.socket(${place.python}, socket.SOCK_STREAM)
l.bind(given(sys.argv[1])); l.listen()
show(l.getsockname())
c, address = l.accept()
show(address)
print(c.recv(100))
c.sendall(b'hello')
print(c.recv(100))
c.close()
`,
          written(place.address()),
        )
        const address = read(await py.line())
        using s = new socket.socket(place.family, SOCK_STREAM)
        prepare(s)
        await s.connect(address)
        expect(s.getpeername()).toEqual(address)
        expect(s.getsockname()).toEqual(read(await py.line()))
        expect(await s.sendall(Buffer.from('welcome'))).toBe(null)
        expect(await py.line()).toBe("b'welcome'")
        expect((await s.recv(3)).toString()).toBe('hel')
        expect((await s.recv(3)).toString()).toBe('lo')
        s.shutdown(socket.SHUT_WR)
        expect(await py.line()).toBe("b''")
        await py.end()
        expect(await s.recv(100)).toEqual(Buffer.alloc(0))
      })

      it('sends megabytes to a slow reader', async () => {
        const [server, address] = await serve(place)
        using _server = server
        const py = client(
          place,
          address,
          `
import hashlib, time
h = hashlib.sha256()
while True:
    data = s.recv(30000)
    if not data: break
    h.update(data); time.sleep(0.001)
print(h.hexdigest())
`,
        )
        using conn = (await server.accept())[0]
        prepare(conn)
        const data = randomBytes(5_000_000)
        await conn.sendall(data)
        conn.shutdown(socket.SHUT_WR)
        expect(await py.line()).toBe(sha(data))
        await py.end()
      })

      it('receives megabytes', async () => {
        const [server, address] = await serve(place)
        using _server = server
        const py = client(
          place,
          address,
          `
import hashlib, os
data = os.urandom(5_000_000)
print(hashlib.sha256(data).hexdigest())
s.sendall(data)
s.close()
`,
        )
        using conn = (await server.accept())[0]
        prepare(conn)
        const parts: Buffer[] = []
        for (
          let part = await conn.recv(100_000);
          part.length > 0;
          part = await conn.recv(100_000)
        ) {
          parts.push(part)
        }
        expect(sha(Buffer.concat(parts))).toBe(await py.line())
        await py.end()
      })
    })

    it('ends each direction with shutdown', async () => {
      const [server, address] = await serve(place)
      using _server = server
      const py = client(
        place,
        address,
        `
print(s.recv(10))                 # they ended their side: end of file
s.sendall(b'more'); sys.stdin.readline()
try:                              # now both: writing fails
    while True: s.send(b'x')
except ConnectionError as e: print('ConnectionError')
`,
      )
      using conn = (await server.accept())[0]
      conn.shutdown(socket.SHUT_WR)
      expect(await py.line()).toBe("b''")
      await expect(async () => conn.send(Buffer.from('x'))).rejects.toThrow(socket.BrokenPipeError)
      expect((await conn.recv(10)).toString()).toBe('more')
      conn.shutdown(socket.SHUT_RD)
      expect(await conn.recv(10)).toEqual(Buffer.alloc(0))
      conn.shutdown(socket.SHUT_RDWR)
      conn.close()
      py.child.stdin?.write('\n')
      expect(await py.line()).toBe('ConnectionError')
      await py.end()
    })

    it('closes once, and the peer sees the end', async () => {
      const [server, address] = await serve(place)
      using _server = server
      const py = client(place, address, 'print(s.recv(10))')
      const [conn] = await server.accept()
      conn.close()
      expect(conn.fileno()).toBe(-1)
      expect(() => conn.close()).not.toThrow()
      await expect(async () => conn.recv(1)).rejects.toThrow(
        expect.objectContaining({ code: 'EBADF' }),
      )
      expect(await py.line()).toBe("b''")
      await py.end()
    })

    it('names the sender of a stream when python does', async () => {
      const [server, address] = await serve(place)
      using _server = server
      const py = client(
        place,
        address,
        `
data, address = s.recvfrom(3)
show(address)
n, address = s.recvfrom_into(bytearray(2))
show(address)
`,
      )
      using first = (await server.accept())[0]
      await first.sendall(Buffer.from('12345'))
      using s = new socket.socket(place.family)
      await s.connect(server.getsockname() as socket.Address)
      using second = (await server.accept())[0]
      await second.sendall(Buffer.from('12345'))
      const into = Buffer.alloc(2)
      expect(await s.recvfrom(3)).toEqual([Buffer.from('123'), read(await py.line())])
      expect(await s.recvfrom_into(into)).toEqual([2, read(await py.line())])
      expect(into.toString()).toBe('45')
      await py.end()
    })
  })

  it('gives listen the default backlog of python', () => {
    // For a listener TCP_INFO's tcpi_sacked is the backlog.
    using s = new socket.socket()
    s.listen()
    const info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    expect(new Uint32Array(new Uint8Array(info).buffer)[7]).toBe(128)
  })
})
