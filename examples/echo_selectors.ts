/**
 * Echo server for many clients at once: all of them in one thread, which never waits for one alone.
 * node dist/examples/echo_selectors.js [port]; its peers: tcp_echo_client.js [port] [host]
 */
import * as socket from 'bsd-socket'
import * as selectors from 'bsd-socket/selectors'

const port = Number(process.argv[2] ?? 8888)

type Socket = socket.socket<typeof socket.AF_INET>

interface Client {
  addr: string
  unsent: Buffer
}

const selector = new selectors.DefaultSelector<Socket, Client | null>()

function accept(server: Socket) {
  const [conn, addr] = server.accept()
  conn.setblocking(false)
  console.log(`connected: ${addr.join(':')}`)
  const client = { addr: addr.join(':'), unsent: Buffer.alloc(0) }
  selector.register(conn, selectors.EVENT_READ, client)
}

function receive(conn: Socket, client: Client) {
  client.unsent = conn.recv(1024)
  if (client.unsent.length === 0) leave(conn, client)
  else selector.modify(conn, selectors.EVENT_WRITE, client)
}

function send(conn: Socket, client: Client) {
  const sent = conn.send(client.unsent) // maybe not all of it
  client.unsent = client.unsent.subarray(sent)
  if (client.unsent.length === 0) selector.modify(conn, selectors.EVENT_READ, client)
}

function leave(conn: Socket, client: Client) {
  selector.unregister(conn)
  conn.close()
  console.log(`left: ${client.addr}`)
}

using server = socket.create_server(['0.0.0.0', port])
server.setblocking(false)
selector.register(server, selectors.EVENT_READ, null)
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  for (const [key, events] of selector.select()) {
    const { fileobj, data } = key
    try {
      if (data === null) accept(fileobj)
      else if (events & selectors.EVENT_READ) receive(fileobj, data)
      else send(fileobj, data)
    } catch (error) {
      if (!(error instanceof socket.ConnectionError) || data === null) throw error
      console.error(`${data.addr}: ${error.message}`)
      leave(fileobj, data)
    }
  }
}
