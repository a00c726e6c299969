// This package as a contestant.

import { run } from '../job.js'
import { batches } from './batches.js'
import { calls } from './calls.js'
import { servers } from './servers.js'
import { streams } from './streams.js'

await run({ ...calls, ...batches, ...streams }, servers)
