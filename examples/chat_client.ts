/**
 * Chat client: sends the lines that you type, until "quit".
 * node dist/examples/chat_client.js [port] [host]; its peer: chat_server.js [port]
 */
import * as socket from 'bsd-socket'
import { input } from './terminal.js'

const port = Number(process.argv[2] ?? 8090)
const host = process.argv[3] ?? '127.0.0.1'

using client = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect([host, port])
console.log(client.recv(1024).toString())
while (true) {
  const message = input('> ')
  if (message === '') continue
  client.sendall(Buffer.from(message))
  if (message === 'quit') break
  console.log(client.recv(1024).toString())
}
