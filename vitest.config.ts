/**
 * How tests run. Starting a worker and loading the library takes half a second of the processor a file, so files that
 * change nothing beyond themselves share their workers; files with stand-ins, signals, environments or processes of their
 * own have a worker each.
 */
import { defineConfig } from 'vitest/config'

const folders = ['autodiff', 'data', 'formats', 'golden', 'model', 'ops', 'plan', 'spec', 'train', 'util'].join('|')
const sharing = [`test/@(${folders})/**/*.test.ts`]
const others = [`test/!(${folders})/**/*.test.ts`]
/** Of these folders: they put stand-ins in the place of what Node or the language has. */
const alone = [
  'test/data/{folder/pack-lost,picture/decode}.test.ts',
  'test/formats/damaged.test.ts',
  'test/train/run/{keeper,lock}.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Where errors are written down: scripts/said.mjs.
    setupFiles: process.env.RESNET_SAID ? ['test/house/said.ts'] : [],
    // The engines under test have threads of their own: more workers would only wait for each other.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'sharing', include: sharing, exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: [...others, ...alone] } },
    ],
  },
})
