/** Two trained nets and what has been done to them. The same is done to both; what does not fit the plain one is left. */
import type { OpenedNet } from '../compute/lesions.js'
import { computing } from './computing.svelte.js'
import { type DrawnBlock, drawnBlocks, kendallTau, sample } from './structure.js'

export type Kind = 'residual' | 'plain'

/** Errors in percent after a number of deletions at random. */
export interface Draw {
  readonly count: number
  readonly errors: Partial<Record<Kind, number>>
}

export class Knife {
  nets = $state.raw<Partial<Record<Kind, OpenedNet>>>({})
  blocks = $state.raw<readonly DrawnBlock[]>([])
  /** Paths of the residual net's blocks in their present order. */
  order = $state<string[]>([])
  gone = $state<string[]>([])
  errors = $state<Partial<Record<Kind, number>>>({})
  /** Errors without one block each, by path. */
  single = $state<Partial<Record<string, Partial<Record<Kind, number>>>>>({})
  draws = $state<Draw[]>([])
  /** Works under way. */
  #working = $state(0)
  problem = $state('')
  said = $state('')
  #tests = 0

  get busy(): boolean {
    return this.#working > 0
  }

  get original(): string[] {
    return this.blocks.map(({ path }) => path)
  }

  get tau(): number {
    const movable = this.blocks.filter(({ changesSize }) => !changesSize).map(({ path }) => path)
    return kendallTau(
      this.order.filter((path) => movable.includes(path)),
      movable,
    )
  }

  async open(
    files: Partial<Record<Kind, Uint8Array>>,
    gone: readonly string[],
    order: readonly string[],
  ): Promise<void> {
    await this.#work(async () => {
      const nets: Partial<Record<Kind, OpenedNet>> = {}
      for (const kind of ['residual', 'plain'] as const) {
        const file = files[kind]
        if (file) nets[kind] = await computing.client.call('lesions.open', { name: kind, file })
      }
      await computing.open()
      const first = nets.residual ?? nets.plain
      if (!first) return
      this.nets = nets
      this.errors = {}
      this.blocks = drawnBlocks(first.spec)
      const all = this.original
      this.gone = gone.filter((path) => all.includes(path))
      this.order = order.length === all.length && all.every((path) => order.includes(path)) ? [...order] : all
      this.single = {}
      this.draws = []
      await this.#test()
    })
  }

  /** Takes a block out, or puts it back. */
  async toggle(path: string): Promise<void> {
    this.gone = this.gone.includes(path) ? this.gone.filter((other) => other !== path) : [...this.gone, path]
    await this.#work(() => this.#test())
  }

  /** Moves a block by one place among those of its stage that keep sizes. */
  async move(path: string, by: -1 | 1): Promise<void> {
    const other = this.neighbour(path, by)
    if (other !== undefined) await this.swap(path, other)
  }

  /** The block that a move would change places with. */
  neighbour(path: string, by: -1 | 1): string | undefined {
    const block = this.blocks.find((one) => one.path === path)
    if (!block || block.changesSize) return undefined
    const mates = this.order.filter((one) => {
      const mate = this.blocks.find((drawn) => drawn.path === one)!
      return mate.stage === block.stage && !mate.changesSize
    })
    return mates[mates.indexOf(path) + by]
  }

  async swap(first: string, second: string): Promise<void> {
    const [a, b] = [first, second].map((path) => this.blocks.find((block) => block.path === path)!)
    if (!a || !b || a.stage !== b.stage || a.changesSize || b.changesSize) return
    this.order = this.order.map((path) => (path === first ? second : path === second ? first : path))
    await this.#work(() => this.#test())
  }

  async restore(): Promise<void> {
    this.gone = []
    this.order = this.original
    await this.#work(() => this.#test())
  }

  /** Shuffles the blocks of each stage. */
  async shuffle(seed: number): Promise<void> {
    const next = [...this.order]
    for (const stage of new Set(this.blocks.map((block) => block.stage))) {
      const movable = this.blocks.filter((block) => block.stage === stage && !block.changesSize).map(({ path }) => path)
      const places = next.flatMap((path, i) => (movable.includes(path) ? [i] : []))
      sample(movable, movable.length, seed + stage).forEach((path, i) => {
        next[places[i]!] = path
      })
    }
    this.order = next
    await this.#work(() => this.#test())
  }

  /** Takes out so many blocks at random, and remembers what came of it. */
  async deleteAtRandom(count: number, seed: number): Promise<void> {
    const removable = this.blocks.filter(({ changesSize }) => !changesSize).map(({ path }) => path)
    this.gone = sample(removable, count, seed)
    await this.#work(async () => {
      await this.#test()
      this.draws.push({ count: this.gone.length, errors: { ...this.errors } })
    })
  }

  /** Takes out each block alone. */
  async deleteEach(): Promise<void> {
    await this.#work(async () => {
      for (const { path } of this.blocks) {
        const errors: Partial<Record<Kind, number>> = {}
        for (const kind of Object.keys(this.nets) as Kind[]) {
          const error = await this.#errorOf(kind, this.original, [path])
          if (error !== undefined) errors[kind] = error
        }
        this.single[path] = errors
      }
      this.said = 'Each block was taken out once.'
    })
  }

  /** Whether a net can lose a block: a plain one cannot lose those that change sizes. */
  canLose(kind: Kind, path: string): boolean {
    return kind === 'residual' || !this.blocks.find((block) => block.path === path)?.changesSize
  }

  async #test(): Promise<void> {
    const test = ++this.#tests
    for (const kind of Object.keys(this.nets) as Kind[]) {
      const error = await this.#errorOf(kind, this.order, this.gone)
      if (test !== this.#tests) return
      this.errors[kind] = error!
    }
    const told = (['residual', 'plain'] as const)
      .filter((kind) => this.errors[kind] !== undefined)
      .map((kind) => `${kind} net ${this.errors[kind]!.toFixed(1)} percent`)
    this.said = `Test error: ${told.join(', ')}.`
  }

  /** undefined where the only block gone is one that the net cannot lose. */
  async #errorOf(kind: Kind, order: readonly string[], gone: readonly string[]): Promise<number | undefined> {
    const lost = gone.filter((path) => this.canLose(kind, path))
    if (gone.length === 1 && lost.length === 0 && order.join() === this.original.join()) return undefined
    return computing.client.call('lesions.test', { name: kind, order: order.filter((path) => !lost.includes(path)) })
  }

  async #work(work: () => Promise<void>): Promise<void> {
    this.#working++
    this.problem = ''
    try {
      await work()
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      this.#working--
    }
  }
}
