/**
 * Receives an open file from another process, and reads what it had no right or path to open.
 * node dist/examples/fd_receive.js path; its peer: fd_send.js path file
 */
import { closeSync, readFileSync, unlinkSync } from 'node:fs'
import * as socket from 'bsd-socket'

const path = process.argv[2]

using server = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen()
console.log(`listening on ${server.getsockname()}`)
const [conn] = server.accept()
unlinkSync(path)
const [name, fds] = socket.recv_fds(conn, 1024, 1)
const data = readFileSync(fds[0])
closeSync(fds[0])
const { pid, uid } = socket.peer_credentials(conn)
console.log(`process ${pid} of user ${uid} sent ${name}:`)
process.stdout.write(data)
conn.sendall(Buffer.from(`thanks for ${data.length} bytes`))
conn.close()
