// Many hundred processes start in a run of the tests. What slows each start, and no
// test needs, is taken from their environment.

import { spawnSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

// At every start Node decodes the certificates in this file, which may be all of a system's.
delete process.env.NODE_EXTRA_CA_CERTS

// "python3" may be a script that looks for one, and takes longer than Python itself.
const options = { encoding: 'utf8' } as const
const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], options)
const { PATH = '' } = process.env
const folder = stdout ? dirname(stdout.trim()) : null
if (folder !== null && !PATH.split(delimiter).includes(folder)) {
  process.env.PATH = folder + delimiter + PATH
}
