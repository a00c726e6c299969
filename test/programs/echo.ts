// echo serve, and echo ask PORT CONNECTIONS MESSAGES: the blocking twin, one
// connection after the other, each with messages that say which they are.

import * as socket from 'bsd-socket'

const SIZE = 16

function serve(): void {
  using listener = socket.create_server(['127.0.0.1', 0])
  console.log(listener.getsockname()[1])
  for (;;) {
    const [conn] = listener.accept()
    let last: Buffer = Buffer.alloc(0)
    for (let data = conn.recv(4096); data.length > 0; data = conn.recv(4096)) {
      conn.sendall(data)
      last = data
    }
    conn.close()
    if (last.length === 1) return // a byte alone ends the server
  }
}

function ask(port: number, connections: number, messages: number): void {
  let right = 0
  for (let id = 0; id < connections; id++) {
    using s = socket.create_connection(['127.0.0.1', port])
    s.settimeout(id % 2 === 0 ? null : 10)
    for (let n = 0; n < messages; n++) {
      const message = Buffer.alloc(SIZE, `${id} ${n} `)
      s.sendall(message)
      const back = Buffer.concat([s.recv(1), s.recv(SIZE - 1, socket.MSG_WAITALL)])
      if (back.equals(message)) right++
    }
  }
  using last = socket.create_connection(['127.0.0.1', port])
  last.sendall(Buffer.of(0xff))
  last.recv(1)
  console.log(JSON.stringify({ right }))
}

const [role, ...numbers] = process.argv.slice(2)
if (role === 'serve') serve()
else {
  const [port, connections, messages] = numbers.map(Number)
  ask(port, connections, messages)
}
