// What receiving costs, and what becomes of sockets that nobody holds any more.

import { describe, expect, it } from 'vitest'
import { run } from './program.js'
import { twins } from './twins.js'

describe.each(twins)('%s', (twin) => {
  // The messages themselves are 6.4 MB; as many buffers of 64 KiB would be 6.5 GB.
  it.each(['recv', 'recvfrom'])(
    'a hundred thousand messages of 64 bytes, all kept, hold under 40 MB with %s(65536)',
    (method) => {
      const cost = run<{ whole: boolean; rss: number; held: number }>('keep', twin, method, '65536')
      expect(cost.whole).toBe(true)
      // The collector leaves pages that nothing holds.
      expect(cost.rss).toBeLessThan(60e6)
      expect(cost.held).toBeLessThan(40e6)
    },
  )

  it('a socket that nobody holds is closed, with a ResourceWarning; others are not', () => {
    const seen = run<Record<string, unknown> & { warnings: string[] }>('lost', twin)
    expect(seen.warnings.sort()).toEqual([
      'ResourceWarning: unclosed <socket fd=N, family=1, type=2, proto=0>',
      'ResourceWarning: unclosed <socket fd=N, family=2, type=1, proto=0>',
    ])
    expect(seen).toMatchObject({ before: [true, true], after: [false, false] })
    expect(seen).toMatchObject({ kept: true, detached: 1 })
  })
})
