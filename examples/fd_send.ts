/**
 * Passes an open file to another process, over a Unix socket.
 * node dist/examples/fd_send.js path file; its peer: fd_receive.js path
 */
import { closeSync, openSync } from 'node:fs'
import * as socket from 'bsd-socket'

const [path, file] = process.argv.slice(2)

using client = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect(path)
const fd = openSync(file, 'r')
socket.send_fds(client, [Buffer.from(file)], [fd])
closeSync(fd) // the other side has one of its own
console.log(`sent ${file} to process ${socket.peer_credentials(client).pid}`)
console.log(`it says: ${client.recv(1024)}`)
