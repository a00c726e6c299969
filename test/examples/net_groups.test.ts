// Multicast and broadcast on a bridge of two receivers, and messages over a stream.

import * as socket from 'bsd-socket'
import { beforeEach, describe, expect, it } from 'vitest'
import { netnsMissing } from '../netns.js'
import { type Host, lab, lines } from './lab.js'
import { type Language, run, serve, source } from './run.js'

socket.setdefaulttimeout(10)
const languages: readonly Language[] = ['ours', 'python']
const reason = netnsMissing()

/** A host with a bridge, 10.5.0.1, and two hosts on it, 10.5.0.2 and 10.5.0.3. */
async function bridge(): Promise<Host[]> {
  const hosts = await lab(
    3,
    `
ip link add br0 type bridge
ip address add 10.5.0.1/24 brd + dev br0
for n in 1 2; do
  eval "ip link add port$n type veth peer name eth0 netns \\$h$n"
  ip link set port$n master br0 up
done
ip link set br0 up
ip route add 255.255.255.255/32 dev br0`,
  )
  await Promise.all(
    hosts
      .slice(1)
      .map((host, i) =>
        host.sh(`ip address add 10.5.0.${i + 2}/24 brd + dev eth0\nip link set eth0 up`),
      ),
  )
  return hosts
}

const start = (host: Host, language: Language, name: string, ...args: string[]) =>
  language === 'ours'
    ? host.example(name, ...args)
    : host.run('python3', '-u', source('python', name), ...args)

describe('on a bridge', () => {
  beforeEach((ctx) => {
    if (reason !== null) ctx.skip(reason)
  })

  it.each([
    ['ours', 'ours', 'python'],
    ['python', 'ours', 'python'],
    ['ours', 'ours', 'ours'],
  ] as const)('multicast: %s reaches %s and %s', async (sender, ...receivers) => {
    const [here, ...hosts] = await bridge()
    const listening = hosts.map((host, i) =>
      start(host, receivers[i], 'multicast_receiver', '5007', '239.1.1.1', `10.5.0.${i + 2}`),
    )
    for (const receiver of listening) {
      expect(await receiver.line()).toBe('listening on 239.1.1.1:5007')
    }
    const args = ['5007', '239.1.1.1', '10.5.0.1', 'to both']
    expect(await lines(start(here, sender, 'multicast_sender', ...args))).toEqual([
      'sent to 239.1.1.1:5007',
    ])
    for (const receiver of listening) expect(await receiver.line()).toBe('10.5.0.1 says: to both')
  })

  it.each(['<broadcast>', '10.5.0.255'])('broadcast: %s reaches two receivers', async (to) => {
    const [here, ...hosts] = await bridge()
    const listening = hosts.map((host) => host.example('broadcast_receiver', '5008'))
    for (const receiver of listening) {
      expect(await receiver.line()).toBe('listening on 0.0.0.0:5008')
    }
    await lines(here.example('broadcast_sender', '5008', to))
    for (const receiver of listening) {
      expect(await receiver.line()).toBe('10.5.0.1 says: Hello, everybody!')
    }
  })
})

const combinations = languages.flatMap((server) => languages.map((client) => [server, client]))
it.each(combinations)('framing: server %s, client %s', async (serverIn, clientIn) => {
  const [server, port] = await serve(serverIn, 'framing_server')
  const said = await run(clientIn, 'framing_client', [`${port}`])
  const messages = ['in two halves', 'one', 'two', 'three', 'byte by byte', 'a long one a long on']
  expect(said.trim().split('\n')).toEqual(messages.map((message) => `received: ${message}`))
  for (const length of [13, 3, 3, 5, 12, 1_100_000]) {
    expect(await server.line()).toBe(`${length} bytes from 127.0.0.1`)
  }
})

it.each(languages)(
  'framing: a message that stays half does not harm the %s server',
  async (language) => {
    const [server, port] = await serve(language, 'framing_server')
    for (const cut of ['\0\0', '\0\0\0\x05hal']) {
      using client = socket.create_connection(['127.0.0.1', port])
      client.sendall(Buffer.from(cut))
    }
    using client = socket.create_connection(['127.0.0.1', port])
    client.sendall(Buffer.from('\0\0\0\0\0\0\0\x02hi'))
    expect(client.recv(14, socket.MSG_WAITALL).toString()).toBe('\0\0\0\x0areceived: ')
    expect(client.recv(16, socket.MSG_WAITALL).toString()).toBe('\0\0\0\x0creceived: hi')
    expect(await server.line()).toBe('0 bytes from 127.0.0.1')
  },
)
