import { configDefaults, defineConfig } from 'vitest/config'
import short from './vitest.config.js'

// npm run test:long: the same programs as in the short tests, with the full numbers.
export default defineConfig({
  ...short,
  test: {
    ...short.test,
    include: ['test/long/*.test.ts'],
    exclude: configDefaults.exclude,
    testTimeout: 900_000,
    fileParallelism: false,
  },
})
