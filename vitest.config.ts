import { resolve } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import './test/environment.js'

// The tests import the package by its name and get what `npm run build` made, as
// a user would; or the package in the folder BSD_SOCKET_PACKAGE. Each file runs
// in a process of its own, because a blocking call blocks all of it.
const home = process.env.BSD_SOCKET_PACKAGE ?? import.meta.dirname
const built = (path: string) => resolve(home, 'dist/lib', path)

export default defineConfig({
  resolve: {
    alias: [
      { find: /^bsd-socket$/, replacement: built('index.js') },
      { find: /^bsd-socket\/(.*)$/, replacement: built('$1.js') },
      { find: /^#lib\/(.*)$/, replacement: built('$1.js') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/long/**'],
    pool: 'forks',
    maxWorkers: 3, // for two processors: most tests wait for a peer more than they work
    reporters: ['default', './test/reporter.ts'],
    testTimeout: 20_000,
    // CI's machine is shared: a test of timing may starve. The report shows a retry.
    retry: process.env.CI === undefined ? 0 : 2,
    server: { deps: { external: [/\/dist\//] } },
  },
})
