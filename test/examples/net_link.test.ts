// sniff, arping and ip_addr: frames and interfaces, against tcpdump and ip.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { netnsMissing } from '../netns.js'
import { folder } from '../peer.js'
import { type Host, lab, lines, missing } from './lab.js'

beforeEach((ctx) => {
  const reason = netnsMissing()
  if (reason !== null) ctx.skip(reason)
})

const [HERE, THERE] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b']

/** Two hosts, 10.4.0.1 on `va` and 10.4.0.2 on `vb`. */
async function pair(): Promise<Host[]> {
  const [here, there] = await lab(
    2,
    `
ip link add va address ${HERE} type veth peer name vb address ${THERE} netns $h1
echo 1 > /proc/sys/net/ipv6/conf/va/disable_ipv6
ip address add 10.4.0.1/24 dev va
ip link set va up`,
  )
  await there.sh(`
echo 1 > /proc/sys/net/ipv6/conf/vb/disable_ipv6
ip address add 10.4.0.2/24 dev vb
ip link set vb up`)
  return [here, there]
}

const udp = `
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(sys.argv[3].encode(), (sys.argv[1], int(sys.argv[2])))`

/** What a reader of pcap files says about one, which must be without complaint. */
function read(program: string, ...args: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  expect({
    status,
    complaint: stderr.replace(/^(reading from|Running as user).*\n/gm, ''),
  }).toEqual({
    status: 0,
    complaint: '',
  })
  return stdout.trim().split('\n')
}

it.for(['tcpdump', 'tshark'])('sniff: %s reads its pcap without complaint', async (reader, ctx) => {
  const reason = (await missing('tcpdump')) ?? (await missing(reader))
  if (reason !== null) ctx.skip(reason)
  const [here, there] = await pair()
  const file = join(folder(), 'captured.pcap')
  const filter = spawnSync('tcpdump', ['-y', 'EN10MB', '-dd', 'udp port 4711'], {
    encoding: 'utf8',
  })
  expect(filter.stderr).toBe('')
  const sniffing = there.example('sniff', '-i', 'vb', '-c', '2', '-w', file, filter.stdout)
  expect(await sniffing.line()).toBe('listening on vb')
  await here.python(udp, '10.4.0.2', '4712', 'not wanted').end()
  await here.python(udp, '10.4.0.2', '4711', 'first').end()
  await here.python(udp, '10.4.0.2', '4711', 'the second').end()
  const described = (bytes: number) =>
    expect.stringMatching(
      new RegExp(`^20\\d\\d-.*Z ${HERE} > ${THERE}, type 0x0800, ${bytes} bytes$`),
    )
  expect(await lines(sniffing)).toEqual([described(47), described(52)])
  if (reader === 'tcpdump') {
    const said = read('tcpdump', '-n', '-t', '-r', file)
    expect(said).toEqual(
      [5, 10].map((length) =>
        expect.stringMatching(
          new RegExp(`^IP 10\\.4\\.0\\.1\\.\\d+ > 10\\.4\\.0\\.2\\.4711: UDP, length ${length}$`),
        ),
      ),
    )
  } else {
    const fields = ['ip.src', 'udp.dstport', 'udp.length'].flatMap((f) => ['-e', f])
    const said = read('tshark', '-r', file, '-T', 'fields', ...fields)
    expect(said).toEqual(['10.4.0.1\t4711\t13', '10.4.0.1\t4711\t18'])
  }
})

it('sniff: on the loopback interface each packet is seen once', async () => {
  const [host] = await lab(1, 'true')
  const sniffing = host.example('sniff', '-c', '3')
  expect(await sniffing.line()).toBe('listening on lo')
  for (const text of ['1', '22', '333']) await host.python(udp, '127.0.0.1', '4711', text).end()
  // No one listens: an ICMP error goes back, with the whole of the packet in it.
  const said = (await lines(sniffing)).map((line) => line.split(', ').pop())
  expect(said).toEqual(['43 bytes', '71 bytes', '44 bytes'])
})

it('arping: the neighbour answers with its hardware address', async () => {
  const [here] = await pair()
  expect(await lines(here.example('arping', '-c', '2', 'va', '10.4.0.2'))).toEqual([
    expect.stringMatching(new RegExp(`^10\\.4\\.0\\.2 is at ${THERE}  \\d+\\.\\d+ ms$`)),
    expect.stringMatching(new RegExp(`^10\\.4\\.0\\.2 is at ${THERE}  \\d+\\.\\d+ ms$`)),
    '2 sent, 2 received',
  ])
  const silent = here.example('arping', '-c', '1', 'va', '10.4.0.3')
  expect(await silent.line()).toBe('no answer from 10.4.0.3')
  await expect(silent.end()).rejects.toThrow('the peer failed')
})

it('arping: tcpdump sees the request and the reply', async (ctx) => {
  const reason = await missing('tcpdump')
  if (reason !== null) ctx.skip(reason)
  const [here, there] = await pair()
  const watching = there.run(
    'sh',
    '-c',
    'exec tcpdump --immediate-mode -l -n -e -t -c 2 -i vb arp 2>&1',
  )
  let line = await watching.line()
  // It gives up its rights, which a user namespace has no second user for.
  if (line.startsWith("tcpdump: Couldn't change")) ctx.skip(line)
  while (!line.startsWith('listening on')) line = await watching.line()
  await lines(here.example('arping', '-c', '1', 'va', '10.4.0.2'))
  expect(await watching.line()).toMatch(
    new RegExp(
      `^${HERE} > ff:ff:ff:ff:ff:ff, .*Request who-has 10\\.4\\.0\\.2 tell 10\\.4\\.0\\.1,`,
    ),
  )
  expect(await watching.line()).toMatch(
    new RegExp(`^${THERE} > ${HERE}, .*Reply 10\\.4\\.0\\.2 is-at ${THERE},`),
  )
})

interface Interface {
  ifindex: number
  ifname: string
  flags: string[]
  mtu: number
  address: string
  addr_info: { family: string; local: string; prefixlen: number; scope: string }[]
}

it('ip_addr: equals `ip -j addr`, field by field', async () => {
  const [host] = await lab(
    2,
    `
ip link add va address ${HERE} mtu 1400 type veth peer name vb address ${THERE}
ip link add br0 type bridge
ip link set vb master br0
ip link set va up
ip link set br0 up
ip address add 10.4.0.1/24 dev va
ip address add 10.4.0.2/32 peer 10.4.9.9/32 dev va
ip address add 192.0.2.1/25 dev lo scope host
ip address add fd04::1/64 dev va nodad
ip address add 2001:db8::1/128 dev br0 nodad
ip link set vb up
# Its other end is down, and elsewhere: ip would add M-DOWN to one that it can see.
ip link add quiet type veth peer name other netns $h1
ip link set quiet up multicast off`,
  )
  // Addresses are on trial for a second or two: both are asked until nothing changes.
  await host.sh(
    'for i in $(seq 50); do ip address show tentative | grep -q inet6 || break; sleep 0.1; done',
  )
  const json = async (peer: ReturnType<Host['run']>) =>
    JSON.parse((await lines(peer)).join('\n')) as Interface[]
  const theirs = (await json(host.run('ip', '-j', 'addr'))).map(
    ({ ifindex, ifname, flags, mtu, address, addr_info }) => ({
      ifindex,
      ifname,
      flags,
      mtu,
      address,
      addr_info: addr_info.map(({ family, local, prefixlen, scope }) => ({
        family,
        local,
        prefixlen,
        scope,
      })),
    }),
  )
  const ours = await json(host.example('ip_addr'))
  expect(ours).toEqual(theirs)
  expect(ours.map(({ ifname }) => ifname).sort()).toEqual(['br0', 'lo', 'quiet', 'va', 'vb'])
  expect(ours.find(({ ifname }) => ifname === 'quiet')?.flags[0]).toBe('NO-CARRIER')
  expect(ours.flatMap(({ addr_info }) => addr_info).length).toBeGreaterThanOrEqual(7)
})
