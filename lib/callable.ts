// `socket`, which can be called with `new` and without.

import type { Int } from './args.js'
import type { BaseSocket, SocketOptions } from './base.js'
import type { Family } from './family/types.js'
import { Socket } from './socket.js'

/** How `socket` is called. */
export interface SocketConstructor {
  readonly prototype: Socket
  /** An AF_INET, SOCK_STREAM socket. socket(2) */
  new (): Socket<Family<'AF_INET'>>
  /**
   * @param family AF_INET if left out, or what `fileno` is
   * @param type SOCK_STREAM if left out, or what `fileno` is
   * @param proto 0 if left out, or what `fileno` is
   * @param fileno a descriptor to use, which the socket owns from then on
   * @throws PermissionError a raw or packet socket without CAP_NET_RAW
   * @throws OSError EAFNOSUPPORT, EPROTONOSUPPORT: the kernel has no such socket
   */
  new <F extends number>(family: F, type?: Int, proto?: Int, fileno?: number | null): Socket<F>
  /** The same parameters by name. */
  new <F extends number>(options: SocketOptions<F>): Socket<F>
  (): Socket<Family<'AF_INET'>>
  <F extends number>(family: F, type?: Int, proto?: Int, fileno?: number | null): Socket<F>
  <F extends number = number>(options: SocketOptions<F>): Socket<F>
}

/** A class that can be called without `new`, which a class by itself cannot. */
export function callable<C>(type: new (options: SocketOptions) => BaseSocket): C {
  function socket(...args: unknown[]): BaseSocket {
    const [family, kind, proto, fileno] = args
    const byName = family !== null && typeof family === 'object'
    const options = byName ? family : { family, type: kind, proto, fileno }
    // Constructed for a function that is no class, each object gets a hidden class of
    // its own, and all code that meets it is slow from then on.
    if (new.target === undefined || new.target === socket) return new type(options)
    return Reflect.construct(type, [options], new.target)
  }
  // So that `instanceof`, `class … extends socket` and statics work as for a class.
  Object.setPrototypeOf(socket, type)
  Object.defineProperty(socket, 'prototype', { value: type.prototype, writable: false })
  Object.defineProperty(type.prototype, 'constructor', { value: socket })
  return socket as C
}

/** A socket. socket(2); Python's `socket.socket(family, type, proto, fileno)`. */
export const socket = callable<SocketConstructor>(Socket)

/** A blocking socket of family F. */
export type socket<F extends number = number> = Socket<F>
