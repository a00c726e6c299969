// Every client/server example against the Python program of the same job: each
// pairing has to say, line for line, what Python says to itself.

import { describe, expect, it } from 'vitest'
import { interrupt, type Language, run, serve } from './run.js'

interface Pair {
  readonly server: string
  readonly client: string
  /** The client's arguments after the port. */
  readonly args?: readonly string[]
  /** What is typed into the client. */
  readonly typed?: string
  /** What both must have said at the least, whoever they are. */
  readonly client_says: string
  /** The server's words after the address that it listens on, up to the last. */
  readonly server_says: readonly string[]
  /** The server ends by itself; the others go on until Ctrl-C. */
  readonly ends?: boolean
}

const pairs: readonly Pair[] = [
  {
    server: 'tcp_echo_server',
    client: 'tcp_echo_client',
    client_says: 'received: Hello, echo!\n',
    server_says: ['connected: 127.0.0.1:PORT', 'left: 127.0.0.1:PORT'],
  },
  {
    server: 'udp_time_server',
    client: 'udp_time_client',
    client_says: '127.0.0.1:PORT says: DATE\n',
    server_says: ['127.0.0.1:PORT asks'],
  },
  {
    server: 'chat_server',
    client: 'chat_client',
    typed: '你好\n\nhow are you?\nquit\n',
    client_says: '你好, 客户端!\n> 服务端已收到: 你好\n> > 服务端已收到: how are you?\n> ',
    server_says: ['127.0.0.1:PORT 你好', '127.0.0.1:PORT how are you?', '127.0.0.1:PORT has left'],
  },
  {
    server: 'udp_receiver',
    client: 'udp_sender',
    args: ['0'],
    typed: 'Grüße\n\n再见 🙂\nexit\n',
    client_says: 'sending from 0.0.0.0:PORT\n> > > > ',
    server_says: ['127.0.0.1:PORT Grüße', '127.0.0.1:PORT ', '127.0.0.1:PORT 再见 🙂'],
  },
  {
    server: 'gbk_server',
    client: 'gbk_client',
    typed: '你好, 世界 abc\n',
    client_says: '> 收到 10 个字, 谢谢!\n',
    server_says: ['127.0.0.1:PORT 说: 你好, 世界 abc'],
  },
  {
    server: 'oneshot_server',
    client: 'oneshot_client',
    client_says: 'the server says: Hello, client!\n',
    server_says: ['the client says: Hello, server!'],
    ends: true,
  },
]

/** Text without what differs from run to run. */
const plain = (text: string): string =>
  text
    .replace(/(\d+\.\d+\.\d+\.\d+):\d+/g, '$1:PORT')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'DATE')

/** Runs a server and a client, and gives what both said. */
async function conversation(pair: Pair, serverIn: Language, clientIn: Language) {
  const [server, port] = await serve(serverIn, pair.server)
  const typed = await run(clientIn, pair.client, [`${port}`, ...(pair.args ?? [])], pair.typed)
  const lines: string[] = []
  while (lines.length < pair.server_says.length) lines.push(plain(await server.line()))
  if (pair.ends) await server.end()
  else expect(await interrupt(server)).toBe('SIGINT')
  return { client: plain(typed), server: lines }
}

describe.each(pairs)('$server and $client', (pair) => {
  it.each<[Language, Language]>([
    ['python', 'python'], // what the other three are held against
    ['ours', 'python'],
    ['python', 'ours'],
    ['ours', 'ours'],
  ])('server %s, client %s', async (serverIn, clientIn) => {
    expect(await conversation(pair, serverIn, clientIn)).toEqual({
      client: pair.client_says,
      server: pair.server_says,
    })
  })
})
