// Timestamps: of receives in control messages, of sends in the error queue.

import * as socket from 'bsd-socket'
import { describe, expect, test } from 'vitest'
import { raised, twins, waitsAside } from '../twins.js'

const { AF_INET, SOCK_DGRAM, SOL_SOCKET, MSG_ERRQUEUE } = socket
const { decode_ancillary, encode_ancillary } = socket

socket.setdefaulttimeout(10)

const ROOM = 512
const x = [Buffer.from('x')]

/** Whether a time lies between two readings of Date.now(), or a little beside. */
function between(time: bigint | null | undefined, before: number, after: number): void {
  const milliseconds = Number(time ?? 0n) / 1e6
  expect(milliseconds).toBeGreaterThanOrEqual(before - 20)
  expect(milliseconds).toBeLessThanOrEqual(after + 20)
}

describe.each(twins)('%s', (_, socket) => {
  async function udp(): Promise<socket.socket<typeof AF_INET>> {
    const s = socket.socket(AF_INET, SOCK_DGRAM)
    await s.bind(['127.0.0.1', 0])
    return s
  }

  test.each([
    ['SO_TIMESTAMP', socket.SO_TIMESTAMP, 'SCM_TIMESTAMP'],
    ['SO_TIMESTAMP_NEW', socket.SO_TIMESTAMP_NEW, 'SCM_TIMESTAMP'],
    ['SO_TIMESTAMPNS', socket.SO_TIMESTAMPNS, 'SCM_TIMESTAMPNS'],
    ['SO_TIMESTAMPNS_NEW', socket.SO_TIMESTAMPNS_NEW, 'SCM_TIMESTAMPNS'],
  ] as const)('%s', async (_, option, name) => {
    using s = await udp()
    s.setsockopt(SOL_SOCKET, option, 1)
    const before = Date.now()
    await s.sendto(x[0], s.getsockname())
    const [, ancdata] = await s.recvmsg(10, ROOM)
    const [message] = decode_ancillary(ancdata)
    expect(message.name).toBe(name)
    if (message.name === 'SCM_TIMESTAMP' || message.name === 'SCM_TIMESTAMPNS') {
      between(message.value, before, Date.now())
    }
  })

  test.each([
    ['SO_TIMESTAMPING', socket.SO_TIMESTAMPING],
    ['SO_TIMESTAMPING_NEW', socket.SO_TIMESTAMPING_NEW],
  ])('%s of a receive: software only, on loopback', async (_, option) => {
    using s = await udp()
    s.setsockopt(
      SOL_SOCKET,
      option,
      socket.SOF_TIMESTAMPING_RX_SOFTWARE | socket.SOF_TIMESTAMPING_SOFTWARE,
    )
    const before = Date.now()
    // The kernel switches stamping on a moment after the first socket wants it.
    for (let tries = 0; tries < 200; tries++) {
      await s.sendto(x[0], s.getsockname())
      const [message] = decode_ancillary((await s.recvmsg(10, ROOM))[1])
      if (message === undefined) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
        continue
      }
      expect(message).toMatchObject({ name: 'SCM_TIMESTAMPING', value: { hardware: null } })
      if (message.name === 'SCM_TIMESTAMPING') between(message.value.software, before, Date.now())
      return
    }
    expect.unreachable('no time in 2 s')
  })

  /** A sender whose send times come back in the error queue, numbered. */
  async function stamping(): Promise<socket.socket<typeof AF_INET>> {
    const s = await udp()
    const flags =
      socket.SOF_TIMESTAMPING_TX_SOFTWARE |
      socket.SOF_TIMESTAMPING_SOFTWARE |
      socket.SOF_TIMESTAMPING_OPT_ID |
      socket.SOF_TIMESTAMPING_OPT_TSONLY
    s.setsockopt(SOL_SOCKET, socket.SO_TIMESTAMPING, flags)
    return s
  }

  /** The time and the number of the next send in the error queue. */
  async function sent(
    s: socket.socket,
    errqueue = MSG_ERRQUEUE,
  ): Promise<{ time: bigint | null; error: socket.ExtendedError | null }> {
    const [, ancdata, flags] = await s.recvmsg(10, ROOM, errqueue)
    expect(flags & MSG_ERRQUEUE).toBe(MSG_ERRQUEUE)
    let time: bigint | null = null
    let error: socket.ExtendedError | null = null
    for (const message of decode_ancillary(ancdata)) {
      if (message.name === 'SCM_TIMESTAMPING') time = message.value.software
      if (message.name === 'IP_RECVERR') error = message.value
    }
    return { time, error }
  }

  test('SO_TIMESTAMPING of sends: the time and the number of each, by MSG_ERRQUEUE', async () => {
    using s = await stamping()
    const before = Date.now()
    for (let number = 0; number < 3; number++) {
      await s.sendto(x[0], s.getsockname())
      const { time, error } = await sent(s)
      between(time, before, Date.now())
      expect(error).toMatchObject({
        origin: socket.SO_EE_ORIGIN_TIMESTAMPING,
        info: socket.SCM_TSTAMP_SND,
        data: number,
      })
    }
  })

  // The promise twin took the flags of the error queue for none if they were a
  // bigint, and its answer waited behind whoever waited for a datagram.
  test('MSG_ERRQUEUE may be a bigint, while a datagram is waited for elsewhere', async () => {
    using s = await stamping()
    using other = await udp()
    const waiting = waitsAside(socket) ? raised(() => s.recv(10)) : null
    await s.sendto(x[0], other.getsockname())
    const flags = BigInt(MSG_ERRQUEUE) as unknown as number
    expect((await sent(s, flags)).error).toMatchObject({ data: 0 })
    s.close()
    if (waiting !== null) expect(await waiting).toMatchObject({ code: 'EBADF' })
  })

  test('SCM_TS_OPT_ID: the number is the sender’s', async () => {
    using s = await stamping()
    const id = encode_ancillary({ name: 'SCM_TS_OPT_ID', value: 3_000_000_000 })
    try {
      await s.sendmsg(x, [id], 0, s.getsockname())
    } catch (error) {
      expect(error).toMatchObject({ code: 'EINVAL' })
      console.warn('skipped: this kernel has no SCM_TS_OPT_ID (Linux 6.13)')
      return
    }
    expect((await sent(s)).error).toMatchObject({ data: 3_000_000_000 })
  })

  test('SCM_TXTIME: taken under SO_TXTIME, refused without', async () => {
    using s = await udp()
    const at = encode_ancillary({ name: 'SCM_TXTIME', value: process.hrtime.bigint() })
    await expect(async () => s.sendmsg(x, [at], 0, s.getsockname())).rejects.toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    )
    const CLOCK_MONOTONIC = 1
    try {
      s.setsockopt(
        SOL_SOCKET,
        socket.SO_TXTIME,
        socket.sock_txtime.encode({ clockid: CLOCK_MONOTONIC }),
      )
    } catch (error) {
      expect(error).toBeInstanceOf(socket.PermissionError)
      console.warn('skipped: SO_TXTIME with CLOCK_MONOTONIC needs CAP_NET_ADMIN')
      return
    }
    expect(await s.sendmsg(x, [at], 0, s.getsockname())).toBe(1) // loopback has no queue to keep it in
    expect(await s.recv(10)).toHaveLength(1)
    const [level, type, bytes] = at
    await expect(async () =>
      s.sendmsg(x, [[level, type, bytes.subarray(0, 4)]], 0, s.getsockname()),
    ).rejects.toThrow(expect.objectContaining({ code: 'EINVAL' }))
  })
})
