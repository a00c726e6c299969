/**
 * True BSD sockets, with the names and the semantics of Python's `socket`
 * module. `import * as socket from 'bsd-socket'` and
 * `import socket from 'bsd-socket'` have the same names.
 *
 * @module
 */
import * as socket from './public.js'

export * from './public.js'
export default socket
