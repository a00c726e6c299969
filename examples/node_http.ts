/**
 * Node's http server over our sockets: makestream() gives it the streams that it wants.
 * node dist/examples/node_http.js [port, path or @name]; its peer: http_client.js, curl, a browser
 */
import http from 'node:http'
import { listen, word } from './listen.js'

// It never listens itself.
const server = http.createServer((request, response) => {
  console.log(`${request.method} ${request.url}`)
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.write(`${request.method} ${request.url}\n`)
  request.pipe(response)
})

using listening = await listen(process.argv[2] ?? '8080')
console.log(`listening on ${word(listening.getsockname())}`)
for await (const [conn] of listening.connections()) server.emit('connection', conn.makestream())
