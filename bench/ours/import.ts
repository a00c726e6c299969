// A script that does nothing but import the package.

import 'bsd-socket'

process.stdout.write(`${JSON.stringify(process.cpuUsage())}\n`)
