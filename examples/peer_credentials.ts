/**
 * Who is there: the process, user and group of a peer, as the kernel vouches for them.
 * node dist/examples/peer_credentials.js path; its peer: any client of a Unix socket
 */
import * as socket from 'bsd-socket'

const path = process.argv[2]

using server = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
server.bind(path)
server.listen()
console.log(`listening on ${server.getsockname()}`)
while (true) {
  const [conn] = server.accept()
  // Whoever connected; and with each message whoever sent it, who may be another by then.
  const { pid, uid, gid } = socket.peer_credentials(conn)
  console.log(`connected: pid=${pid} uid=${uid} gid=${gid}`)
  while (true) {
    const [data, ancdata] = conn.recvmsg(1024, 256)
    if (data.length === 0) break
    for (const message of socket.decode_ancillary(ancdata)) {
      if (message.name !== 'SCM_CREDENTIALS') continue
      const { pid, uid, gid } = message.value
      console.log(`pid=${pid} uid=${uid} gid=${gid} says: ${data}`)
    }
    conn.sendall(Buffer.from(`pid=${pid} uid=${uid} gid=${gid}`))
  }
  conn.close()
}
