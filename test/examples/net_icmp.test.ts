// families, ping and traceroute: what a kernel answers, in namespaces of their own.

import { beforeEach, describe, expect, it } from 'vitest'
import { netnsMissing } from '../netns.js'
import { ask } from '../peer.js'
import { type Host, lab, lines } from './lab.js'
import { built, run } from './run.js'

const noNetns = netnsMissing()

it('families: has those that Python can open, with the same types and errors', async () => {
  const said = (await run('ours', 'families')).trim().split('\n')
  const ours = Object.fromEntries(said.map((line) => line.split(/ +(.*)/).slice(0, 2)))
  const python = ask<Record<string, string>>(`
import json, socket
found = {}
for name, family in vars(socket).items():
    if not name.startswith('AF_'): continue
    opened, errors = [], []
    for type in ['SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET', 'SOCK_RAW']:
        try:
            socket.socket(family, getattr(socket, type)).close()
            opened.append(type)
        except OSError as e: errors.append(str(e))
    found[name] = 'yes: ' + ' '.join(opened) if opened else 'no: ' + errors[0]
print(json.dumps(found))`)
  expect(ours).toMatchObject(python)
  expect(ours.AF_INET).toBe('yes: SOCK_STREAM SOCK_DGRAM')
})

describe('in namespaces', () => {
  beforeEach((ctx) => {
    if (noNetns !== null) ctx.skip(noNetns)
  })

  it.each([
    ['127.0.0.1', 'raw'],
    ['::1', 'raw'],
    ['127.0.0.1', 'datagram'],
    ['::1', 'datagram'],
  ])('ping %s over a %s socket: each request is answered', async (address, kind) => {
    const [host] = await lab(1, 'echo "0 0" > /proc/sys/net/ipv4/ping_group_range')
    const args = ['-c', '3', '-i', '0.01', address]
    const program =
      kind === 'raw'
        ? host.example('ping', ...args)
        : host.run('setpriv', '--bounding-set=-all', process.execPath, built('ping'), ...args)
    const said = await lines(program)
    const answer = (n: number) =>
      expect.stringMatching(new RegExp(`^64 bytes from ${address}: seq=${n} time=\\d+\\.\\d+ ms$`))
    expect(said).toEqual([
      ...[1, 2, 3].map(answer),
      '3 sent, 3 received',
      expect.stringMatching(/^min\/avg\/max \d+\.\d+\/\d+\.\d+\/\d+\.\d+ ms$/),
    ])
  })

  it('ping: says so when nobody answers, and fails', async () => {
    const [host] = await lab(1, 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all')
    const pinging = host.example('ping', '-c', '1', '127.0.0.1')
    expect(await pinging.line()).toBe('no answer to 1')
    expect(await pinging.line()).toBe('1 sent, 0 received')
    await expect(pinging.end()).rejects.toThrow('the peer failed')
    expect(pinging.child.exitCode).toBe(1)
  })

  it.each([
    ['IPv4', ['10.3.1.2', '10.3.2.2', '10.3.3.2']],
    ['IPv6', ['fd03:1::2', 'fd03:2::2', 'fd03:3::2']],
  ])('traceroute through three namespaces names each hop over %s', async (_, hops) => {
    const [first] = await chain()
    const said = await lines(first.example('traceroute', '-n', hops[2]))
    expect(said).toEqual([
      `to ${hops[2]} (${hops[2]}), 30 hops at most`,
      ...hops.map((hop, i) => expect.stringMatching(new RegExp(`^${i + 1}  ${hop}  [\\d.]+ ms$`))),
    ])
  })

  it('traceroute: a star for a router that keeps silent', async () => {
    const [first, second] = await chain()
    await second.sh('ip route add blackhole 10.3.1.1/32') // its answers go nowhere
    const said = await lines(first.example('traceroute', '-n', '-m', '1', '-w', '0.3', '10.3.3.2'))
    expect(said[1]).toBe('1  *')
  })
})

/** Four hosts in a row; the two in the middle pass packets on. */
async function chain(): Promise<Host[]> {
  const hosts = await lab(
    4,
    `
for n in 1 2 3; do
  ip link add left$n type veth peer name right$n
done
ip link set right1 netns $h1; ip link set left2 netns $h1
ip link set right2 netns $h2; ip link set left3 netns $h2
ip link set right3 netns $h3`,
  )
  // Without duplicate address detection, which would take a second.
  const cable = (name: string, net: number, end: number) => `
echo 0 > /proc/sys/net/ipv6/conf/${name}/accept_dad
ip address add 10.3.${net}.${end}/24 dev ${name}
ip address add fd03:${net}::${end}/64 dev ${name} nodad
ip link set ${name} up`
  const route = (to: number[], via: number, end: number) =>
    to
      .map(
        (net) => `
ip route add 10.3.${net}.0/24 via 10.3.${via}.${end}
ip route add fd03:${net}::/64 via fd03:${via}::${end}`,
      )
      .join('')
  const forward = `
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding`
  await hosts[0].sh(cable('left1', 1, 1))
  await hosts[1].sh(forward + cable('right1', 1, 2) + cable('left2', 2, 1))
  await hosts[2].sh(forward + cable('right2', 2, 2) + cable('left3', 3, 1))
  await hosts[3].sh(cable('right3', 3, 2))
  await hosts[0].sh(route([2, 3], 1, 2))
  await hosts[1].sh(route([3], 2, 2))
  await hosts[2].sh(route([1], 2, 1))
  await hosts[3].sh(route([1, 2], 3, 1))
  return hosts
}
