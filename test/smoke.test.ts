import * as socket from 'bsd-socket'
import { expect, it } from 'vitest'
import { python } from './peer.js'

socket.setdefaulttimeout(10)

it('connects to python', async () => {
  const peer = python(`
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
c.sendall(c.recv(100).upper())
`)
  const port = Number(await peer.line())
  using s = socket.create_connection(['127.0.0.1', port])
  s.sendall(Buffer.from('hello'))
  expect(s.recv(100).toString()).toBe('HELLO')
  await peer.end()
})
