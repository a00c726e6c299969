/**
 * File server: the files of a folder over HTTP, sent by sendfile(2) without a copy in between.
 * node dist/examples/file_server.js [port] [folder]; its peer: http_client.js, curl, a browser
 */
import { closeSync, fstatSync, openSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8000)
const folder = realpathSync(process.argv[3] ?? '.')

/** A descriptor of the file that a path names; null unless it is a file within the folder. */
function openFile(path: string) {
  try {
    const real = realpathSync(join(folder, decodeURIComponent(path.split('?')[0])))
    if (!real.startsWith(folder + sep)) return null // "..", or a link that leads out
    const fd = openSync(real, 'r')
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
    return null
  } catch {
    return null
  }
}

function serve(conn: socket.socket) {
  using file = conn.makefile('rb')
  const [method, path] = String(file.readline(8192)).split(' ')
  while (String(file.readline(8192)).trim() !== ''); // the headers
  const fd = method === 'GET' && path !== undefined ? openFile(path) : null
  if (fd === null) {
    conn.sendall(Buffer.from('HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n'))
    return console.log(`${path} is not here`)
  }
  try {
    const head = `HTTP/1.0 200 OK\r\nContent-Length: ${fstatSync(fd).size}\r\n\r\n`
    conn.sendall(Buffer.from(head), socket.MSG_MORE) // in one packet with what follows
    const sent = conn.sendfile(fd)
    console.log(`${path}: ${sent} bytes`)
  } finally {
    closeSync(fd)
  }
}

using server = socket.create_server(['0.0.0.0', port])
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [conn] = server.accept()
  conn.settimeout(5)
  try {
    serve(conn)
  } catch (error) {
    if (!(error instanceof socket.OSError)) throw error
    console.log(`client: ${error.message}`)
  }
  conn.close()
}
