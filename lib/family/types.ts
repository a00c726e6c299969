// Address types, and which one belongs to which family.

declare const family: unique symbol

/** An AF_ number that remembers its name, so that addresses can be typed by it. */
export type Family<Name extends string = string> = number & { readonly [family]: Name }

/** A host: a name, or a numeric address; `''` is any, `'<broadcast>'` is all. */
export type Host = string

/** `[host, port]` */
export type Inet = readonly [host: Host, port: number]
/** `[host, port, flowinfo, scope_id]`; the last two are 0 when left out. */
export type Inet6 = readonly [host: Host, port: number, flowinfo?: number, scopeId?: number]
/** A path; or bytes, which begin with NUL for an abstract name. */
export type Unix = string | Uint8Array
/** The sockaddr's bytes after the family, for families without a file of their own. */
export type Opaque = Uint8Array

/** What the calls that give an address back give. */
export type InetOut = [host: string, port: number]
export type Inet6Out = [host: string, port: number, flowinfo: number, scopeId: number]
export type UnixOut = string | Buffer
/** `[family number, bytes]` */
export type OpaqueOut = [family: number, bytes: Buffer]

interface In {
  AF_INET: Inet
  AF_INET6: Inet6
  AF_UNIX: Unix
}
interface Out {
  AF_INET: InetOut
  AF_INET6: Inet6Out
  AF_UNIX: UnixOut
}

/** An address as the methods of a socket of family F take it. */
export type Address<F = number> =
  F extends Family<infer Name> ? (Name extends keyof In ? In[Name] : Opaque) : In[keyof In] | Opaque

/** An address as they give it back; null where the kernel names none. */
export type AddressOut<F = number> =
  F extends Family<infer Name>
    ? Name extends keyof Out
      ? Out[Name]
      : OpaqueOut
    : Out[keyof Out] | OpaqueOut | null

/** How one family writes its addresses down. */
export interface Codec {
  /** The host in an address that a name server has to be asked for, or null. */
  name?(address: unknown): string | null
  /** The address with its host replaced by the numeric one that was found. */
  named?(address: unknown, host: string, scopeId: number): unknown
  /**
   * Writes a sockaddr into `out`, gives its length. `who` names the method in
   * errors; `proto` is the socket's protocol, where a family has forms by it.
   */
  encode(address: unknown, out: Uint8Array, who: string, proto: number): number
  /** Reads the sockaddr in the first `length` bytes. */
  decode(bytes: Uint8Array, length: number, proto: number): AddressOut
}
