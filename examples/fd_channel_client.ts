/**
 * Sends a message with open files attached, and reads them all from the descriptor that comes back.
 * node dist/examples/fd_channel_client.js path file…; its peer: fd_channel_server.js path
 */
import { closeSync, openSync } from 'node:fs'
import * as socket from 'bsd-socket/promises'
import { FdChannel } from './fd_channel.js'

const [path, ...files] = process.argv.slice(2)

const conn = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
await conn.connect(path)
using channel = new FdChannel(conn)

const fds = files.map((file) => openSync(file, 'r'))
await channel.send(Buffer.from('join these'), fds)
for (const fd of fds) closeSync(fd)

const answer = await channel.recv()
if (answer === null) throw new Error('the server has gone')
console.error(`the answer: ${answer.body}`)
using joined = new socket.socket({ fileno: answer.fds[0] }) // it owns the descriptor from here on
for await (const chunk of joined.chunks()) process.stdout.write(chunk)
