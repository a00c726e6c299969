// Node's own modules. An `import` of one makes a namespace of all its exports
// and calls their getters, which load more: node:fs alone brings promises and
// streams. Node has loaded these before any program. What only one file needs and
// few programs load, that file gets itself.

const { getBuiltinModule } = process

export const buffer = getBuiltinModule('node:buffer')
export const fs = getBuiltinModule('node:fs')
export const timers = getBuiltinModule('node:timers')
export const url = getBuiltinModule('node:url')
export const util = getBuiltinModule('node:util')

/** Whether this machine's integers have their low byte first. */
export const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
