/**
 * Chat server: greets, confirms every message, and ends the chat on "quit".
 * node dist/examples/chat_server.js [port]; its peer: chat_client.js [port] [host]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8090)

using server = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(['127.0.0.1', port])
server.listen(100)
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [conn, addr] = server.accept()
  conn.sendall(Buffer.from('你好, 客户端!'))
  while (true) {
    const message = conn.recv(1024).toString()
    if (message === '' || message === 'quit') break
    console.log(`${addr.join(':')} ${message}`)
    conn.sendall(Buffer.from(`服务端已收到: ${message}`))
  }
  conn.close()
  console.log(`${addr.join(':')} has left`)
}
