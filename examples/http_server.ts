/**
 * HTTP server by hand: tells each client what it asked for; keeps connections for more.
 * node dist/examples/http_server.js [port]; its peer: http_client.js, curl, a browser
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8080)

/** Reads one request and answers it; false when the connection is to end. */
function serve(file: socket.BinaryFile) {
  const line = () => String(file.readline(8192)).trimEnd()
  const request = line()
  if (request === '') return false
  const [method, path] = request.split(' ')
  const headers = new Map<string, string>()
  for (let text = line(); text !== ''; text = line()) {
    const [name, value] = text.split(/: *(.*)/)
    headers.set(name.toLowerCase(), value)
  }
  const body = file.read(Number(headers.get('content-length') ?? 0)) ?? ''
  const answer = Buffer.from(`${method} ${path}\n${body}`)
  file.write(Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n'))
  file.write(Buffer.from(`Content-Length: ${answer.length}\r\n\r\n`))
  if (method !== 'HEAD') file.write(answer)
  file.flush()
  console.log(request)
  return headers.get('connection') !== 'close' && request.endsWith('HTTP/1.1')
}

using server = socket.create_server(['0.0.0.0', port])
console.log(`listening on ${server.getsockname().join(':')}`)
while (true) {
  const [conn] = server.accept()
  conn.settimeout(5) // who says nothing keeps others waiting
  try {
    using file = conn.makefile('rwb')
    while (serve(file));
  } catch (error) {
    if (!(error instanceof socket.OSError)) throw error
    console.log(`client: ${error.message}`)
  }
  conn.close()
}
