/**
 * Error numbers, as Python's `errno` module has them.
 *
 * @module
 */

import * as table from './errno.gen.js'
import { errnoName } from './errors.js'

export * from './errno.gen.js'

/** Names by number: `errorcode[111] === 'ECONNREFUSED'`. */
export const errorcode: Readonly<Record<number, string>> = Object.fromEntries(
  Object.values(table).map((number) => [number, errnoName(number) as string]),
)
