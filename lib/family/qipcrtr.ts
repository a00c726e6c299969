// AF_QIPCRTR: Qualcomm's IPC router, linux/qrtr.h.

import { constants, layout } from '../native.js'
import { pair } from './parts.js'

const QRTR = layout.sockaddr_qrtr

export const qipcrtr =
  QRTR &&
  pair(constants.AF_QIPCRTR, 'AF_QIPCRTR', '(node, port)', QRTR.size, QRTR.sq_node, QRTR.sq_port)
