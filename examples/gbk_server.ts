/**
 * TCP server that speaks GBK: takes one message of each client and confirms it.
 * node dist/examples/gbk_server.js [port]; its peer: gbk_client.js [port] [host]
 */
import * as socket from 'bsd-socket'
import iconv from 'iconv-lite'

const port = Number(process.argv[2] ?? 7891)

using server = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(['', port])
server.listen(128)
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [conn, addr] = server.accept()
  const text = iconv.decode(conn.recv(1024), 'gbk')
  console.log(`${addr.join(':')} 说: ${text}`)
  conn.sendall(iconv.encode(`收到 ${text.length} 个字, 谢谢!`, 'gbk'))
  conn.close()
}
