// Node's own modules as a contestant: net and dgram, as one writes them for speed.

import { run } from '../job.js'
import { datagrams } from './datagrams.js'
import { servers, streams } from './streams.js'

await run({ ...datagrams, ...streams }, servers)
