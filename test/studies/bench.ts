/** A workbench for tests: the tiny pictures, a folder of its own, the reference engine. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngine } from '../../src/api/compute.node.js'
import { builtin } from '../../src/data/builtin/builtin.js'
import { FolderWorkbench, type WorkbenchOptions } from '../../src/studies/workbench.node.js'

export const engine = await openEngine({ engine: 'auto', threads: 1 })

export function testBench(options: Partial<WorkbenchOptions> = {}): FolderWorkbench & { readonly folder: string } {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'resnet-studies-'))
  const bench = new FolderWorkbench({
    folder,
    scale: 'quick',
    seeds: [0],
    engine,
    data: (seed) => builtin({ size: 16, seed, train: 64, test: 20 }),
    epochs: 1,
    depths: [8],
    ...options,
  })
  return Object.assign(bench, { folder })
}
