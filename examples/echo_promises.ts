/**
 * Echo server for many clients at once, with promises: none of them waits for another.
 * node dist/examples/echo_promises.js [port]; its peers: tcp_echo_client.js [port] [host]
 */
import * as socket from 'bsd-socket/promises'

const port = Number(process.argv[2] ?? 8888)

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

using server = await socket.create_server(['0.0.0.0', port])
console.log(`listening on ${server.getsockname().join(':')}`)
for await (const [conn, addr] of server) {
  const name = addr.join(':')
  echo(conn, name).catch((error) => console.error(`${name}: ${error.message}`))
}
