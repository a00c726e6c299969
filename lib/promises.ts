/**
 * The promise twin of `bsd-socket`: the same names, and what can wait gives a
 * promise. Nothing here blocks the event loop.
 *
 * @module
 */
import * as socket from './asyncpublic.js'

export * from './asyncpublic.js'
export default socket
