// AF_VSOCK: vsock(7).

import { constants, layout } from '../native.js'
import { pair } from './parts.js'

const VM = layout.sockaddr_vm

export const vsock =
  VM && pair(constants.AF_VSOCK, 'AF_VSOCK', '(cid, port)', VM.size, VM.svm_cid, VM.svm_port)
