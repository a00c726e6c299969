// How figures grow: with connections, and with the size of a message.

import { echo, everyone, type Row } from './works.js'

export interface Curve {
  readonly id: string
  readonly title: string
  /** What lies along the axes. */
  readonly x: string
  readonly y: string
  readonly points: readonly { readonly x: number; readonly row: Row }[]
}

const pingPong = (size: number): Row => ({
  id: 'ping-pong-tcp',
  title: `ping-pong, ${size.toLocaleString('en')} B, TCP`,
  unit: 'round trip',
  size,
  chunk: Math.max(4, Math.min(200, Math.round(2 ** 21 / size))),
  peer: { work: 'pong-tcp', by: 'own', address: 'port' },
  targets: { time: everyone },
})

export const curves: readonly Curve[] = [
  {
    id: 'connections',
    title: 'Echo server with promises: messages a second',
    x: 'connections',
    y: 'messages a second',
    points: [1, 10, 100, 1000, 10_000].map((x) => ({ x, row: echo(x, everyone) })),
  },
  {
    id: 'sizes',
    title: 'Ping-pong over TCP: time of a round trip',
    x: 'bytes of a message',
    y: 'seconds',
    points: Array.from({ length: 11 }, (_, i) => 4 ** i).map((x) => ({ x, row: pingPong(x) })),
  },
]
