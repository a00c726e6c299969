/**
 * TCP proxy: passes every connection on to another address by splice(2), both ways.
 * node dist/examples/relay.js [port] [to host] [to port]; between any client and server
 */
import * as socket from 'bsd-socket/promises'

const [port = '8081', host = '127.0.0.1', to = '8080'] = process.argv.slice(2)

/** One direction: what comes, until it ends, and then its end. */
async function forward(from: socket.socket, onward: socket.socket) {
  const count = await socket.relay(from, onward)
  onward.shutdown(socket.SHUT_WR)
  return count
}

async function serve(client: socket.socket, name: string) {
  using _ = client
  using server = await socket.create_connection([host, Number(to)])
  const [sent, received] = await Promise.all([forward(client, server), forward(server, client)])
  console.log(`${name}: ${sent} bytes sent, ${received} received`)
}

using listener = await socket.create_server(['0.0.0.0', Number(port)])
console.log(`listening on ${listener.getsockname().join(':')}`)
for await (const [client, addr] of listener) {
  const name = addr.join(':')
  serve(client, name).catch((error) => console.error(`${name}: ${error.message}`))
}
