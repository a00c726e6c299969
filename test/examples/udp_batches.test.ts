// The two examples of batches, one against the other.

import { expect, it } from 'vitest'
import { run, serve } from './run.js'

it.each([
  ['', 100, '2 calls'], // 64 and 36
  ['-g', 128, '1 calls'], // whole messages of 64
])('udp_blast %s: udp_sink counts every datagram', async (option, datagrams, calls) => {
  const [sink, port] = await serve('ours', 'udp_sink')
  const said = await run('ours', 'udp_blast', [`${port}`, '100', '200', option].filter(Boolean))
  expect(said).toMatch(new RegExp(`^${datagrams} datagrams in ${calls}, \\d+ a second\n$`))
  let [count, bytes] = [0, 0]
  while (count < datagrams) {
    const counted = /^(\d+) datagrams, (\d+) bytes, \d+ calls$/.exec(await sink.line())
    count += Number(counted?.[1])
    bytes += Number(counted?.[2])
  }
  expect([count, bytes]).toEqual([datagrams, datagrams * 200])
})
