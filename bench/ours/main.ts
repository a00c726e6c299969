// This package as a contestant.

import { run } from '../job.js'
import { calls } from './calls.js'
import { servers } from './servers.js'
import { streams } from './streams.js'

await run({ ...calls, ...streams }, servers)
