// AF_PACKET over a cable in a namespace of its own: our frames as Python and
// tcpdump see them, Python's as we see them. Both twins are peers in each test.

import { beforeEach, expect, it } from 'vitest'
import { cable, Netns, netnsMissing } from '../netns.js'
import type { Peer } from '../peer.js'
import { twins } from '../twins.js'

beforeEach((ctx) => {
  const missing = netnsMissing()
  if (missing !== null) ctx.skip(missing)
})

const program = `
what, kind, ifname, *rest = sys.argv[1:]
TYPE = 0x88b5
type = socket.SOCK_RAW if kind == 'raw' else socket.SOCK_DGRAM
def show(value): print(json.dumps(value, default=bytes.hex, separators=(',', ':')))
if what == 'receive':
    s = socket.socket(socket.AF_PACKET, type, socket.htons(TYPE))
    s.bind((ifname, TYPE))
    show(s.getsockname())
    for _ in range(int(rest[0])): show(s.recvfrom(2000))
else:
    s = socket.socket(socket.AF_PACKET, type, 0)
    for frame, to in zip(rest[::2], rest[1::2]):
        s.sendto(bytes.fromhex(frame), (ifname, TYPE, socket.PACKET_HOST, 0, bytes.fromhex(to)))
`

type Run = (...args: string[]) => Peer
const [HERE, THERE, ALL, OTHER] = ['02000000000a', '02000000000b', 'ffffffffffff', '02000000ffff']
const payload = (text: string) => Buffer.from(text.padEnd(46)).toString('hex')

for (const kind of ['raw', 'dgram']) {
  it(`sends and receives ${kind} frames, with the same tuples as Python`, async () => {
    const net = await Netns.create(cable)
    const stacks: [name: string, run: Run][] = [
      ...twins.map(([name]): [string, Run] => [
        name,
        (...args) => net.fixture('packet', name, ...args),
      ]),
      ['python', (...args) => net.python(program, ...args)],
    ]
    const receivers = stacks.map(([, run]) => run('receive', kind, 'vb', '9'))
    for (const receiver of receivers) {
      expect(JSON.parse(await receiver.line())).toEqual(['vb', 0x88b5, 0, 1, THERE])
    }
    const stations = [
      [THERE, 0], // PACKET_HOST
      [ALL, 1], // PACKET_BROADCAST
      [OTHER, 3], // PACKET_OTHERHOST
    ] as const
    for (const [name, send] of stacks) {
      const frames = stations.map(([to]) => {
        const data = payload(`from ${name} to ${to}`)
        return kind === 'raw' ? [`${to}${HERE}88b5${data}`, ''] : [data, to]
      })
      await send('send', kind, 'va', ...frames.flat()).end()
      for (const [i, [, pkttype]] of stations.entries()) {
        const [frame] = frames[i]
        for (const receiver of receivers) {
          const expected = [frame, ['vb', 0x88b5, pkttype, 1, HERE]]
          expect(JSON.parse(await receiver.line())).toEqual(expected)
        }
      }
    }
    for (const receiver of receivers) await receiver.end()
  })
}

it('sends frames that tcpdump sees', async (ctx) => {
  const net = await Netns.create(cable)
  const command = 'exec tcpdump -i vb -nn -xx -l -c 1 ether proto 0x88b5 2>&1'
  const tcpdump = net.run('sh', '-c', command)
  let line = await tcpdump.line()
  if (line.includes('not found')) return ctx.skip('no tcpdump here')
  while (!line.startsWith('listening')) line = await tcpdump.line()
  const frame = `${THERE}${HERE}88b5${payload('from a socket')}`
  await net.fixture('packet', 'bsd-socket', 'send', 'raw', 'va', frame, '').end()
  let dump = ''
  while (dump.length < frame.length) {
    const row = /^\s+0x[0-9a-f]{4}: {2}([0-9a-f ]+)/.exec(await tcpdump.line())
    dump += row?.[1].replaceAll(' ', '') ?? ''
  }
  expect(dump).toBe(frame)
  await tcpdump.end()
})
