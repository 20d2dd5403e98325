import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // The engines under test have threads of their own: more workers would only wait for each other.
    maxWorkers: 2,
  },
})
