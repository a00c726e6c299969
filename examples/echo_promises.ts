/**
 * Echo server for many clients at once, with promises: none of them waits for another.
 * node dist/examples/echo_promises.js [port, path or @name]; its peers: tcp_echo_client.js, socat
 */
import type * as socket from 'bsd-socket/promises'
import { listen, word } from './listen.js'

async function echo(conn: socket.socket, name: string) {
  using _ = conn // closed at the end, whichever it is
  console.log(`connected: ${name}`)
  while (true) {
    const data = await conn.recv(1024)
    if (data.length === 0) break
    await conn.sendall(data)
  }
  console.log(`left: ${name}`)
}

using server = await listen(process.argv[2] ?? '8888')
console.log(`listening on ${word(server.getsockname())}`)
for await (const [conn, addr] of server.connections()) {
  const name = word(addr)
  echo(conn, name).catch((error) => console.error(`${name}: ${error.message}`))
}
