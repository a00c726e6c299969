/**
 * TCP client that speaks GBK: sends the line that you type and prints the answer.
 * node dist/examples/gbk_client.js [port] [host]; its peer: gbk_server.js [port]
 */
import * as socket from 'bsd-socket'
import iconv from 'iconv-lite'
import { input } from './terminal.js'

const port = Number(process.argv[2] ?? 7891)
const host = process.argv[3] ?? '127.0.0.1'

using client = new socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect([host, port])
const text = input('> ')
client.sendall(iconv.encode(text, 'gbk'))
console.log(iconv.decode(client.recv(1024), 'gbk'))
