/**
 * Node's http server over our sockets: makestream() gives it the streams that it wants.
 * node dist/examples/node_http.js [port]; its peer: http_client.js, curl, a browser
 */
import http from 'node:http'
import * as socket from 'bsd-socket/promises'

const port = Number(process.argv[2] ?? 8080)

// It never listens itself.
const server = http.createServer((request, response) => {
  console.log(`${request.method} ${request.url}`)
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.write(`${request.method} ${request.url}\n`)
  request.pipe(response)
})

using listening = await socket.create_server(['0.0.0.0', port])
console.log(`listening on ${listening.getsockname().join(':')}`)
for await (const [conn] of listening) server.emit('connection', conn.makestream())
