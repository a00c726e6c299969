// A script that does nothing, to which the import is compared.

process.stdout.write(`${JSON.stringify(process.cpuUsage())}\n`)

export {}
