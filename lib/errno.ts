/**
 * Error numbers, as Python's `errno` module has them.
 *
 * @module
 */

import { errnoName } from './errors.js'
import { errnos } from './native.js'

export * from './errno.gen.js'

/** Names by number: `errorcode[111] === 'ECONNREFUSED'`. */
export const errorcode: Readonly<Record<number, string>> = Object.fromEntries(
  Object.values(errnos).map((number) => [number, errnoName(number) as string]),
)
