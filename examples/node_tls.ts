/**
 * Node's tls and http as a client over our socket: one GET by https.
 * node dist/examples/node_tls.js [url] [file of the CA]; its peer: any HTTPS server
 */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import tls from 'node:tls'
import * as socket from 'bsd-socket/promises'

const url = new URL(process.argv[2] ?? 'https://localhost:8443/')
const ca = process.argv[3] === undefined ? undefined : readFileSync(process.argv[3])

const s = await socket.create_connection([url.hostname, Number(url.port || 443)])
console.error(`connected to ${s.getpeername().slice(0, 2).join(' port ')}`)

// Plain bytes go into the socket; what tls makes of them is a stream again.
const secure = tls.connect({ socket: s.makestream(), servername: url.hostname, ...(ca && { ca }) })
secure.on('secureConnect', () => console.error(secure.getProtocol(), secure.getCipher().name))
secure.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 1
})

const path = url.pathname + url.search
const headers = { Host: url.host, Connection: 'close' }
const request = http.get({ path, headers, createConnection: () => secure }, (response) => {
  console.error(`${response.statusCode} ${response.statusMessage}`)
  response.pipe(process.stdout)
})
request.on('error', () => {}) // said above
