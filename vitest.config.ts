import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

const built = (path: string) => fileURLToPath(new URL(`dist/lib/${path}`, import.meta.url))

// The tests import the package by its name and get what `npm run build` made,
// as a user would. Each file runs in a process of its own, because a blocking
// call blocks all of it.
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
    testTimeout: 20_000,
    server: { deps: { external: [/\/dist\//] } },
  },
})
