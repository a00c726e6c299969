// AF_UNIX's own examples against python3: descriptors, credentials, syslog, sd_notify.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folder, python } from '../peer.js'
import { lines } from './lab.js'
import { built, run, start } from './run.js'

const [uid, gid] = [process.getuid?.(), process.getgid?.()]

it('fd_send: python3 reads the file that it gets, and knows who sent it', async () => {
  const path = join(folder(), 'socket')
  const file = join(folder(), 'letter')
  writeFileSync(file, 'dear python')
  const peer = python(
    `
import os, struct
s = socket.socket(socket.AF_UNIX)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind(sys.argv[1]); s.listen(); print('ready')
c = s.accept()[0]
data, control, flags, _ = c.recvmsg(1024, 256)
rows = {type: bytes for _, type, bytes in control}
fd, = struct.unpack('i', rows[socket.SCM_RIGHTS])
print(data.decode(), '|', os.read(fd, 100).decode(), flags & socket.MSG_CTRUNC)
print(*struct.unpack('3i', rows[socket.SCM_CREDENTIALS]))
c.sendall(b'got it'); print(os.getpid())`,
    path,
  )
  await peer.line()
  const sending = start('ours', 'fd_send', path, file)
  const said = await lines(sending)
  expect(await peer.line()).toBe(`${file} | dear python 0`)
  expect(await peer.line()).toBe(`${sending.child.pid} ${uid} ${gid}`)
  const pid = await peer.line()
  expect(said).toEqual([`sent ${file} to process ${pid}`, 'it says: got it'])
})

it('fd_receive: reads the file that python3 sends, and knows who sent it', async () => {
  const path = join(folder(), 'socket')
  const receiving = start('ours', 'fd_receive', path)
  expect(await receiving.line()).toBe(`listening on ${path}`)
  const peer = python(
    `
import os
r, w = os.pipe(); os.write(w, b'out of a pipe\\n'); os.close(w)
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
socket.send_fds(s, [b'the pipe'], [r])
print(os.getpid(), s.recv(100).decode())`,
    path,
  )
  const [pid, thanks] = (await peer.line()).split(/ (.*)/)
  expect(thanks).toBe('thanks for 14 bytes')
  expect(await lines(receiving)).toEqual([
    `process ${pid} of user ${uid} sent the pipe:`,
    'out of a pipe',
  ])
})

it('fd_send and fd_receive understand each other', async () => {
  const path = join(folder(), 'socket')
  const file = join(folder(), 'letter')
  writeFileSync(file, 'dear me\n')
  const receiving = start('ours', 'fd_receive', path)
  await receiving.line()
  await run('ours', 'fd_send', [path, file])
  expect((await lines(receiving)).slice(1)).toEqual(['dear me'])
})

it('peer_credentials: of the one who connected, and of the one who sends', async () => {
  const path = join(folder(), 'socket')
  const server = start('ours', 'peer_credentials', path)
  await server.line()
  const peer = python(
    `
import os
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
child = os.fork()
if child == 0:
    s.sendall(b'hello'); print(s.recv(100).decode()); os._exit(0)
os.waitpid(child, 0); print(os.getpid(), child)`,
    path,
  )
  const answer = await peer.line()
  const [parent, child] = (await peer.line()).split(' ')
  expect(answer).toBe(`pid=${parent} uid=${uid} gid=${gid}`)
  expect(await server.line()).toBe(`connected: ${answer}`)
  expect(await server.line()).toBe(`pid=${child} uid=${uid} gid=${gid} says: hello`)
})

const datagram = `
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', '\\0')); print('ready')
print(ascii(s.recv(1000).decode()))`

it('syslog: a datagram as RFC 3164 has it', async () => {
  const path = join(folder(), 'log')
  const logger = python(datagram, path)
  await logger.line()
  const before = Date.now()
  const sending = start('ours', 'syslog', '-s', path, '-t', 'example', 'disk', 'is full')
  await sending.end()
  const said = await logger.line()
  const [, month, time, pid] =
    /^'<13>([A-Z][a-z]{2}) [ \d]\d (\d\d:\d\d:\d\d) example\[(\d+)\]: disk is full'$/.exec(said) ??
    []
  expect(pid, said).toBe(`${sending.child.pid}`)
  const when = (ms: number) => new Date(ms).toString()
  const times = [before, Date.now()].map((ms) => when(ms).slice(16, 24))
  if (times[0] <= times[1]) expect(time >= times[0] && time <= times[1]).toBe(true) // not midnight
  expect([before, Date.now()].map((ms) => when(ms).slice(4, 7))).toContain(month)
})

it.each(['path', 'abstract name'])('sd_notify: over a %s', async (kind) => {
  const path = kind === 'path' ? join(folder(), 'notify') : `@bsd-notify-${process.pid}`
  const manager = python(datagram, path)
  await manager.line()
  const { status } = spawnSync(
    process.execPath,
    [built('sd_notify'), 'READY=1', 'STATUS=at work'],
    {
      env: { ...process.env, NOTIFY_SOCKET: path },
    },
  )
  expect(status).toBe(0)
  expect(await manager.line()).toBe("'READY=1\\nSTATUS=at work'")
})
