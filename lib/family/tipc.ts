// AF_TIPC: a service, a range of services, or one socket. linux/tipc.h

import { ValueError } from '../errors.js'
import type { Field } from '../layout.gen.js'
import { constants, layout } from '../native.js'
import { padded, tuple, unsigned } from './parts.js'
import type { Codec, TipcOut } from './types.js'
import { begin, readUint, writeUint } from './wire.js'

const { AF_TIPC, TIPC_ADDR_ID, TIPC_ADDR_NAME, TIPC_ADDR_NAMESEQ } = constants
const TIPC = layout.sockaddr_tipc

/** Where v1, v2 and v3 lie, by address type. Two of the three have no v3. */
const places = new Map<number, readonly Field[]>(
  TIPC && [
    [TIPC_ADDR_NAMESEQ, [TIPC.addr_nameseq_type, TIPC.addr_nameseq_lower, TIPC.addr_nameseq_upper]],
    [TIPC_ADDR_NAME, [TIPC.addr_name_name_type, TIPC.addr_name_name_instance]],
    [TIPC_ADDR_ID, [TIPC.addr_id_node, TIPC.addr_id_ref]],
  ],
)

export const tipc: Codec | undefined = TIPC && {
  encode(address, out, who) {
    const form = 'tuple (addr_type, v1, v2, v3[, scope])'
    const items = tuple(address, who, 'AF_TIPC', form, 4, 5)
    const [type, ...values] = items.slice(0, 4).map((item) => unsigned(item, 32))
    const [, , , , scope = constants.TIPC_CLUSTER_SCOPE] = items
    const reach = unsigned(scope, 8)
    const fields = places.get(type)
    if (fields === undefined) throw new TypeError('Invalid address type')
    begin(out, TIPC.size, AF_TIPC)
    writeUint(out, TIPC.addrtype, type)
    writeUint(out, TIPC.scope, reach)
    for (const [i, field] of fields.entries()) writeUint(out, field, values[i])
    return TIPC.size
  },
  decode(bytes, length): TipcOut {
    const sockaddr = padded(bytes, length, TIPC.size)
    const type = readUint(sockaddr, TIPC.addrtype)
    const fields = places.get(type)
    if (fields === undefined) throw new ValueError('Invalid address type')
    const [v1, v2, upper] = fields.map((field) => readUint(sockaddr, field))
    // Python repeats the instance of a service, and has 0 for a socket.
    const v3 = upper ?? (type === TIPC_ADDR_NAME ? v2 : 0)
    const scope = (readUint(sockaddr, TIPC.scope) << 24) >> 24 // a signed char in C
    return [type, v1, v2, v3, scope >>> 0]
  },
}
