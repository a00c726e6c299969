/**
 * Takes messages with open files attached; answers with a descriptor to read all of them from.
 * node dist/examples/fd_channel_server.js path; its peer: fd_channel_client.js path file…
 */
import { closeSync, fstatSync, readFileSync } from 'node:fs'
import { socketpair } from 'bsd-socket'
import * as socket from 'bsd-socket/promises'
import { FdChannel, type Message } from './fd_channel.js'

const path = process.argv[2]

/** What is in the files, which belong to us now. */
function read(fds: readonly number[]) {
  try {
    return fds.map((fd) => {
      if (!fstatSync(fd).isFile()) throw new Error('not a file') // a pipe could keep us waiting
      return readFileSync(fd)
    })
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

async function answer(channel: FdChannel, { body, fds }: Message) {
  const files = read(fds)
  const all = Buffer.concat(files)
  console.log(`${body}: ${files.length} files, ${all.length} bytes`)
  // A pair of the blocking twin: whoever gets an end of ours would find it non-blocking.
  const pair = socketpair()
  using ours = socket.fromsocket(pair[0]) // closed at the end, which ends what they read
  using theirs = pair[1]
  await channel.send(Buffer.from(`${all.length} bytes`), [theirs.fileno()])
  theirs.close() // the other side has one of its own
  await ours.sendall(all)
}

async function serve(conn: socket.socket<typeof socket.AF_UNIX>) {
  using channel = new FdChannel(conn)
  for (;;) {
    const message = await channel.recv()
    if (message === null) break
    await answer(channel, message)
  }
}

using server = new socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
await server.bind(path)
server.listen()
console.log(`listening on ${server.getsockname()}`)
for await (const [conn] of server.connections()) {
  serve(conn).catch((error) => console.error(error.message))
}
