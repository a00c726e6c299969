/**
 * HTTP client by hand: one GET, and the body goes to the terminal.
 * node dist/examples/http_client.js [url]; its peer: http_server.js, or any HTTP/1.1 server
 */
import * as socket from 'bsd-socket'

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8080/')

using client = socket.create_connection([url.hostname, Number(url.port || 80)])
using file = client.makefile('rwb')
file.write(Buffer.from(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`))
file.write(Buffer.from('Connection: close\r\n\r\n'))
file.flush()

const line = () => String(file.readline()).trimEnd()

console.error(line()) // HTTP/1.1 200 OK
const headers = new Map<string, string>()
for (let text = line(); text !== ''; text = line()) {
  const [name, value] = text.split(/: *(.*)/)
  headers.set(name.toLowerCase(), value)
}

if (headers.get('transfer-encoding') === 'chunked') {
  for (let size = Number.parseInt(line(), 16); size > 0; size = Number.parseInt(line(), 16)) {
    process.stdout.write(file.read(size) ?? '')
    line() // the end of the chunk
  }
} else {
  // To the end of the stream if the server does not say how much it is.
  process.stdout.write(file.read(Number(headers.get('content-length') ?? -1)) ?? '')
}
