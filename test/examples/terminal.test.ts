// `input()` of the examples, on the inputs that a program may be given.

import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ask } from '../peer.js'
import { built, serve } from './run.js'

const program = `
const { input } = await import(${JSON.stringify(built('terminal'))})
const lines = []
try {
  while (true) lines.push(input('> '))
} catch (error) {
  console.log(JSON.stringify([...lines, error.message]))
}`
const words = ['--input-type=module', '-e', program]

const shown = (lines: readonly string[]) => `${'> '.repeat(lines.length)}${JSON.stringify(lines)}\n`

it('input: lines in pieces, characters in halves, a last line without an end', async () => {
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const bytes = Buffer.from('one\n你好\n\ntwo\nlast')
  for (const [from, to] of [[0, 2], [2, 5], [5, 12], [12, 16], [16]]) {
    child.stdin.write(bytes.subarray(from, to))
    await setTimeout(20)
  }
  child.stdin.end()
  const output = (await child.stdout.toArray()).join('')
  expect(output).toBe(shown(['one', '你好', '', 'two', 'last', 'EOF when reading a line']))
})

it('input: waits on a non-blocking descriptor', () => {
  const output = ask<string>(`
import json, os, subprocess, time
r, w = os.pipe()
os.set_blocking(r, False)
node = subprocess.Popen(json.loads('''${JSON.stringify([process.execPath])}''') + [
  *json.loads(${JSON.stringify(JSON.stringify(words))})], stdin=r, stdout=subprocess.PIPE)
shown = node.stdout.read(2)
time.sleep(0.2)
os.write(w, b'late\\n')
os.close(w)
print(json.dumps((shown + node.stdout.read()).decode()))
`)
  expect(output).toBe(shown(['late', 'EOF when reading a line']))
})

it('input: chat_client in a terminal', async () => {
  const [, port] = await serve('python', 'chat_server')
  // The blocking ask() is fine here: the server is a program of its own.
  const output = ask<{ screen: string; status: number }>(`
import json, os, pty
pid, terminal = pty.fork()
if pid == 0:
    os.execv(${JSON.stringify(process.execPath)}, ['node', ${JSON.stringify(built('chat_client'))}, '${port}'])
screen = b''
def until(what):
    global screen
    while not screen.endswith(what): screen += os.read(terminal, 1024)
until(b'> ')
os.write(terminal, '再见\\n'.encode())
until('服务端已收到: 再见\\r\\n> '.encode())
os.write(terminal, b'quit\\n')
status = os.waitpid(pid, 0)[1]
print(json.dumps({'screen': screen.decode(), 'status': status}))
`)
  expect(output.status).toBe(0)
  expect(output.screen).toBe('你好, 客户端!\r\n> 再见\r\n服务端已收到: 再见\r\n> ')
})
