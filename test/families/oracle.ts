// Python's own reading and writing of addresses, of families that the kernel
// need not have: see fixtures/addresses.c.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encode as encodeOurs, decode as read } from '#lib/address'
import { OSError } from '#lib/errors'
import { constants, address as scratch } from '#lib/native'
import { bare } from '../peer.js'

/** A family by name, a protocol by name or number. */
export interface Kind {
  readonly family: string
  readonly proto?: string
}

export const kindName = ({ family, proto }: Kind) => (proto ? `${family} ${proto}` : family)

const numbers = ({ family, proto }: Kind) => ({
  family: constants[family],
  proto: proto === undefined ? 0 : constants[proto],
})

/** What came of an address: bytes in hex, or an address; or the error. */
export type Outcome =
  | { readonly ok: unknown }
  | { readonly error: string; readonly errno: number | null; readonly text: string }

/** A value as JSON: bytes are `{b: hex}`, integers beyond 2^53 `{i: digits}`. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('hex') }
  if (typeof value === 'bigint') return { i: String(value) }
  return Array.isArray(value) ? value.map(plain) : value
}

function outcome(run: () => unknown): Outcome {
  try {
    return { ok: run() }
  } catch (error) {
    const { name, message } = error as Error
    const errno = error instanceof OSError ? error.errno : null
    // Python has no class of its own for ENODEV and the like; it prints OSError.
    return { error: name, errno, text: message }
  }
}

/** The sockaddr that we write, in hex. */
export const encode = (kind: Kind, address: unknown): Outcome =>
  outcome(() => {
    const length = encodeOurs(numbers(kind), address, 'bind')
    return Buffer.from(scratch.subarray(0, length)).toString('hex')
  })

/** The address that we read in a sockaddr. What lies behind it must make no difference. */
export const decode = (kind: Kind, hex: string): Outcome =>
  outcome(() => {
    const memory = Buffer.alloc(128, 0xff)
    const length = memory.write(hex, 'hex')
    return plain(read(memory, length, numbers(kind).proto))
  })

const program = `
import ctypes, json, socket, sys
shim = ctypes.CDLL(None)
kept = (ctypes.c_uint8 * 128).in_dll(shim, 'kept')
kept_length = ctypes.c_uint32.in_dll(shim, 'kept_length')

def value(x):
    if isinstance(x, list): return tuple(map(value, x))
    if isinstance(x, dict): return bytes.fromhex(x['b']) if 'b' in x else int(x['i'])
    return x
def plain(x):
    if isinstance(x, tuple): return list(map(plain, x))
    if isinstance(x, bytes): return {'b': x.hex()}
    return {'i': str(x)} if isinstance(x, int) and x >= 2**53 else x

def ask(family, proto, encoding, given):
    s = socket.socket(getattr(socket, family), socket.SOCK_RAW, getattr(socket, proto) if proto else 0, fileno=fd)
    try:
        if encoding:
            s.bind(value(given))
            return {'ok': bytes(kept[:kept_length.value]).hex()}
        raw = bytes.fromhex(given)
        kept[:len(raw)] = raw
        kept_length.value = len(raw)
        return {'ok': plain(s.getsockname())}
    except Exception as e:
        return {'error': type(e).__name__, 'errno': getattr(e, 'errno', None), 'text': str(e)}
    finally:
        s.detach()

fd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM).detach()
rows = json.load(sys.stdin)
lacking = sorted({name for row in rows for name in row[:2] if name and not hasattr(socket, name)})
print(json.dumps([lacking, [] if lacking else [ask(*row) for row in rows]]))
`

/** python3 with the shim; made once a file, closed by `dispose`. */
export class Oracle {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bsd-socket-'))
  readonly #shim = join(this.#folder, 'addresses.so')
  /** Why there is no oracle here, or null. */
  readonly missing: string | null

  constructor() {
    const source = fileURLToPath(new URL('../fixtures/addresses.c', import.meta.url))
    const { status, stderr, error } = spawnSync(
      process.env.CC ?? 'cc',
      ['-shared', '-fPIC', '-Wall', '-Wextra', '-Werror', '-o', this.#shim, source],
      { encoding: 'utf8' },
    )
    const failed = status === 0 ? null : `no C compiler for the shim: ${error ?? stderr}`
    this.missing = constants.AF_NETLINK !== undefined ? failed : 'needs LD_PRELOAD'
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #ask(kind: Kind, encoding: boolean, given: readonly unknown[]): Outcome[] | string {
    const rows = given.map((item) => [kind.family, kind.proto ?? null, encoding, plain(item)])
    const { status, stdout, stderr } = spawnSync('python3', [bare, '-c', program], {
      input: JSON.stringify(rows),
      env: { ...process.env, LD_PRELOAD: this.#shim },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`python3 failed: ${stderr}`)
    const [lacking, outcomes] = JSON.parse(stdout) as [string[], Outcome[]]
    return lacking.length > 0 ? `this python3 lacks ${lacking.join(', ')}` : outcomes
  }

  /** What Python makes of each address; or why it makes nothing of them. */
  encode(kind: Kind, addresses: readonly unknown[]): Outcome[] | string {
    return this.missing ?? this.#ask(kind, true, addresses)
  }

  /** What Python reads in each sockaddr. */
  decode(kind: Kind, sockaddrs: readonly string[]): Outcome[] | string {
    return this.missing ?? this.#ask(kind, false, sockaddrs)
  }
}
