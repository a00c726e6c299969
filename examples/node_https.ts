/**
 * Node's https server over our sockets: tls takes the streams of makestream(), http those of tls.
 * node dist/examples/node_https.js key cert [port, path or @name]; its peer: node_tls.js, curl, openssl
 */
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { listen, word } from './listen.js'

const [key, cert] = process.argv.slice(2, 4).map((file) => readFileSync(file))

// It never listens itself.
const server = https.createServer({ key, cert }, (request, response) => {
  console.log(`${request.method} ${request.url}`)
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.write(`${request.method} ${request.url}\n`)
  request.pipe(response)
})
server.on('tlsClientError', (error) => console.error(error.message))

using listening = await listen(process.argv[4] ?? '8443')
console.log(`listening on ${word(listening.getsockname())}`)
for await (const [conn] of listening.connections()) server.emit('connection', conn.makestream())
