/**
 * Sniff: captures frames, prints a line for each, and writes a pcap file that Wireshark opens.
 * node dist/examples/sniff.js [-i interface] [-c count] [-w file] ["$(tcpdump -dd FILTER)"]
 */
import { openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as socket from 'bsd-socket'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    interface: { type: 'string', short: 'i', default: 'lo' },
    count: { type: 'string', short: 'c', default: 'Infinity' },
    write: { type: 'string', short: 'w' },
  },
})
const SNAPLEN = 65536
const ETHERNET = 1 // LINKTYPE_ETHERNET
const NANOSECONDS = 0xa1b23c4d // the magic number of a file with times in ns

function fileHeader() {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(NANOSECONDS)
  header.writeUInt16LE(2, 4) // version 2.4
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(SNAPLEN, 16)
  header.writeUInt32LE(ETHERNET, 20)
  return header
}

function record(time: bigint, frame: Buffer) {
  const header = Buffer.alloc(16)
  header.writeUInt32LE(Number(time / 1_000_000_000n))
  header.writeUInt32LE(Number(time % 1_000_000_000n), 4)
  header.writeUInt32LE(frame.length, 8) // captured
  header.writeUInt32LE(frame.length, 12) // and in all
  return Buffer.concat([header, frame])
}

const mac = (bytes: Buffer) => bytes.toString('hex').replace(/..(?=.)/g, '$&:')

function describe(time: bigint, frame: Buffer) {
  const type = frame.readUInt16BE(12).toString(16).padStart(4, '0')
  const [to, from] = [mac(frame.subarray(0, 6)), mac(frame.subarray(6, 12))]
  const when = new Date(Number(time / 1_000_000n)).toISOString()
  return `${when} ${from} > ${to}, type 0x${type}, ${frame.length} bytes`
}

// Protocol 0 receives nothing: bind() begins the capture, when the filter is in its place.
using s = new socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_TIMESTAMPNS, 1)
// What leaves the loopback interface comes in again.
if (values.interface === 'lo') s.setsockopt(socket.SOL_PACKET, socket.PACKET_IGNORE_OUTGOING, 1)
if (positionals.length > 0) socket.attach_filter(s, positionals[0])
s.bind([values.interface, socket.ETH_P_ALL])

const file = values.write === undefined ? null : openSync(values.write, 'w')
if (file !== null) writeSync(file, fileHeader())
console.log(`listening on ${values.interface}`)
for (let left = Number(values.count); left > 0; left--) {
  const [frame, ancdata] = s.recvmsg(SNAPLEN, 256)
  const stamp = socket.decode_ancillary(ancdata).find((m) => m.name === 'SCM_TIMESTAMPNS')
  const time = (stamp?.value as bigint | undefined) ?? BigInt(Date.now()) * 1_000_000n
  if (file !== null) writeSync(file, record(time, frame))
  console.log(describe(time, frame))
}
