// AF_NETLINK: netlink(7).

import { constants, layout } from '../native.js'
import { pair } from './parts.js'

const NL = layout.sockaddr_nl

export const netlink =
  NL && pair(constants.AF_NETLINK, 'AF_NETLINK', '(pid, groups)', NL.size, NL.nl_pid, NL.nl_groups)
