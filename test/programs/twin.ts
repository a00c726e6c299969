// The twin that a program is run with: its name is the first argument.

import { twins } from '../twins.js'

const found = twins.find(([name]) => name === process.argv[2])
if (found === undefined) throw new Error(`no twin ${process.argv[2]}`)

export const [, socket] = found
