/**
 * One or two trained nets and their lesions. Both get the same lesions. If one of them cannot take a lesion, the page
 * says so and shows no error for it, least of all that of the unharmed net.
 */
import type { NetFile, NetKind, OpenedNets, Outcome } from '../compute/lesions.js'
import { computing } from './computing.svelte.js'
import { type DrawnBlock, drawnBlocks, type Order, orderOf, sample } from './structure.js'

export type Kind = NetKind
/** Outcomes by kind of net; missing while a net is being tested. */
export type Outcomes = Readonly<Partial<Record<Kind, Outcome>>>

/** The errors after a number of random deletions, with the other blocks in their trained order. */
export interface Draw {
  readonly count: number
  readonly outcomes: Outcomes
}

export class LesionState {
  nets = $state.raw<OpenedNets>({})
  blocks = $state.raw<readonly DrawnBlock[]>([])
  /** Paths of all blocks in their present order. */
  order = $state<string[]>([])
  gone = $state<string[]>([])
  /** Outcomes of the present lesion. */
  outcomes = $state.raw<Outcomes>({})
  /** Outcomes without each single block, by path. */
  single = $state<Partial<Record<string, Outcomes>>>({})
  draws = $state<Draw[]>([])
  /** Number of tasks in progress. */
  #working = $state(0)
  /** While nets are being opened, the old ones take no lesions. */
  #opening = $state(0)
  problem = $state('')
  said = $state('')
  #tests = 0

  get busy(): boolean {
    return this.#working > 0
  }

  get kinds(): Kind[] {
    return (['residual', 'plain'] as const).filter((kind) => this.nets[kind])
  }

  get original(): string[] {
    return this.blocks.map(({ path }) => path)
  }

  get shuffled(): boolean {
    return this.order.join() !== this.original.join()
  }

  /** How much of the order of the remaining blocks is kept. */
  get kept(): Order {
    return orderOf(
      this.order.filter((path) => !this.gone.includes(path)),
      this.blocks,
    )
  }

  /** @returns whether they are open; otherwise `problem` says why, and the earlier nets stay open */
  async open(files: readonly NetFile[], gone: readonly string[], order: readonly string[]): Promise<boolean> {
    this.#tests++
    this.#opening++
    this.outcomes = {}
    const opened = await this.#work(async () => {
      try {
        this.#take(await computing.client.call('lesions.open', { files: [...files] }), gone, order)
      } finally {
        this.#opening--
        await this.#test()
      }
    })
    await computing.open().catch(() => {}) // its problem is shown already
    return opened
  }

  #take(nets: OpenedNets, gone: readonly string[], order: readonly string[]): void {
    const first = nets.residual ?? nets.plain
    if (!first) return
    this.nets = nets
    this.blocks = drawnBlocks(first.spec)
    const all = this.original
    this.gone = gone.filter((path) => all.includes(path))
    this.order = order.length === all.length && all.every((path) => order.includes(path)) ? [...order] : all
    this.single = {}
    this.draws = []
  }

  /** Removes a block, or puts it back. */
  async toggle(path: string): Promise<void> {
    if (this.#opening > 0) return
    this.gone = this.gone.includes(path) ? this.gone.filter((other) => other !== path) : [...this.gone, path]
    await this.#work(() => this.#test())
  }

  /** Moves a block by one place among the size-keeping blocks of its stage. */
  async move(path: string, by: -1 | 1): Promise<void> {
    const other = this.neighbour(path, by)
    if (other !== undefined) await this.swap(path, other)
  }

  /** The block that a move would swap with. */
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
    if (this.#opening > 0 || !a || !b || a.stage !== b.stage || a.changesSize || b.changesSize) return
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

  /** Removes random blocks. Records the result if the others are in their trained order. */
  async deleteAtRandom(count: number, seed: number): Promise<void> {
    const removable = this.blocks.filter(({ changesSize }) => !changesSize).map(({ path }) => path)
    const chosen = sample(removable, count, seed)
    this.gone = chosen
    await this.#work(async () => {
      const { shuffled } = this
      const outcomes = await this.#test()
      if (outcomes && !shuffled) this.draws.push({ count: chosen.length, outcomes })
    })
  }

  /** Removes each block alone. */
  async deleteEach(): Promise<void> {
    const { nets } = this
    await this.#work(async () => {
      for (const { path } of this.blocks) {
        const outcomes: Partial<Record<Kind, Outcome>> = {}
        for (const kind of this.kinds) {
          const outcome = await this.#outcomeOf(kind, this.original, [path])
          if (this.nets !== nets || this.#opening > 0) return
          outcomes[kind] = outcome
        }
        this.single[path] = outcomes
      }
      this.said = 'Each block was taken out once.'
    })
  }

  /** @returns undefined if something else was done meanwhile */
  async #test(): Promise<Outcomes | undefined> {
    const test = ++this.#tests
    const { order, gone, kinds } = this
    this.outcomes = {}
    for (const kind of kinds) {
      const outcome = await this.#outcomeOf(kind, order, gone)
      if (test !== this.#tests) return undefined
      this.outcomes = { ...this.outcomes, [kind]: outcome }
    }
    this.said = kinds.map((kind) => `${this.nets[kind]!.spec.name}: ${told(this.outcomes[kind])}.`).join(' ')
    return this.outcomes
  }

  #outcomeOf(kind: Kind, order: readonly string[], gone: readonly string[]): Promise<Outcome> {
    return computing.client.call('lesions.test', { kind, order: order.filter((path) => !gone.includes(path)) })
  }

  /** @returns whether it succeeded */
  async #work(work: () => Promise<unknown>): Promise<boolean> {
    this.#working++
    this.problem = ''
    try {
      await work()
      return true
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
      return false
    } finally {
      this.#working--
    }
  }
}

const told = (outcome: Outcome | undefined) =>
  outcome?.error === undefined ? `not cut, ${outcome?.refused}` : `test error ${outcome.error.toFixed(1)} percent`
