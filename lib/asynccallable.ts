// `socket` of the promise twin, which can be called with `new` and without.

import type { Int } from './args.js'
import { AsyncSocket } from './asyncsocket.js'
import type { SocketOptions } from './base.js'
import { callable } from './callable.js'
import type { Family } from './family/types.js'

/** How `socket` is called; see the blocking twin for the parameters. */
export interface AsyncSocketConstructor {
  readonly prototype: AsyncSocket
  /** An AF_INET, SOCK_STREAM socket. socket(2) */
  new (): AsyncSocket<Family<'AF_INET'>>
  new <F extends number>(family: F, type?: Int, proto?: Int, fileno?: number | null): AsyncSocket<F>
  /** The same parameters by name. */
  new <F extends number = number>(options: SocketOptions<F>): AsyncSocket<F>
  (): AsyncSocket<Family<'AF_INET'>>
  <F extends number>(family: F, type?: Int, proto?: Int, fileno?: number | null): AsyncSocket<F>
  <F extends number = number>(options: SocketOptions<F>): AsyncSocket<F>
}

/** A socket whose calls give promises. socket(2) */
export const socket = callable<AsyncSocketConstructor>(AsyncSocket)

/** A socket of family F whose calls give promises. */
export type socket<F extends number = number> = AsyncSocket<F>
