/** The state of a race on the page: the results of the nets, and whether they are running. */
import { MOVED } from '../compute/client.js'
import type { LayerNorm, RaceEvent, RaceOpened, RacerKind, RaceSettings } from '../compute/race.js'
import type { KeptRace, RaceHistory } from '../keep/races.js'
import type { Curve } from '../parts/curve.js'
import { computing } from './computing.svelte.js'
import { type Standing, standingOf } from './standing.js'

export type RaceState = 'closed' | 'opening' | 'paused' | 'running' | 'finished' | 'failed'

/** Epochs of few pictures take only a step or two, so not every one is announced. */
const SAY_EVERY = 10

type Points = (readonly [number, number])[]

export class Racing {
  state = $state<RaceState>('closed')
  problem = $state('')
  opened = $state<RaceOpened>()
  step = $state(0)
  epoch = $state(0)
  /** Newest figures of each net. */
  train = $state<Record<RacerKind, Points>>({ plain: [], residual: [] })
  test = $state<Record<RacerKind, Points>>({ plain: [], residual: [] })
  norms = $state<Partial<Record<RacerKind, readonly LayerNorm[]>>>({})
  rates = $state<Record<RacerKind, number>>({ plain: 0, residual: 0 })
  /** Announced once per epoch, for live regions. */
  said = $state('')
  /** Called after each slice of steps. */
  onSlice: () => void = () => {}
  /** The step of the last announcement. */
  #saidAt = 0
  /** The step of each net. They take turns. */
  #reached: Record<RacerKind, number> = { plain: 0, residual: 0 }
  #batchSize = 1
  #run: AbortController | undefined
  /** Grows with each reset. Events of an older race are dropped. */
  #generation = 0

  get curves(): Curve[] {
    const racers = this.opened?.racers ?? []
    return racers.flatMap(({ kind, name }) => [
      { kind, name, test: false, points: this.train[kind] },
      { kind, name, test: true, points: this.test[kind] },
    ])
  }

  get names(): Record<RacerKind, string> {
    const nameOf = (kind: RacerKind) => this.opened?.racers.find((racer) => racer.kind === kind)?.name ?? kind
    return { plain: nameOf('plain'), residual: nameOf('residual') }
  }

  get standing(): Standing {
    const { train, test, opened } = this
    const { testPictures = 1, guessing = 100 } = opened ?? {}
    return standingOf({ train, test, batchSize: this.#batchSize, testPictures, guessing })
  }

  /** @param kept a saved race to resume @throws ComputeError if it cannot be read */
  async open(settings: RaceSettings, kept?: KeptRace): Promise<void> {
    const generation = ++this.#generation
    this.#run?.abort()
    this.#batchSize = settings.batchSize
    this.state = 'opening'
    this.problem = ''
    this.opened = undefined
    this.#show(kept?.history)
    this.said = ''
    this.#saidAt = 0
    try {
      const argument = { settings: { ...settings }, ...(kept ? { checkpoints: kept.checkpoints } : {}) }
      const opened = await computing.client.call('race.open', argument)
      if (generation !== this.#generation) return
      computing.engine = opened.engine
      this.opened = opened
      this.step = opened.step
      this.#reached = { plain: opened.step, residual: opened.step }
      this.state = opened.step < opened.totalSteps ? 'paused' : 'finished'
    } catch (error) {
      if (kept && generation === this.#generation) throw error
      this.#fail(error, generation)
    }
  }

  /** Everything needed to resume. Waits for the current slice. */
  async snapshot(): Promise<KeptRace | undefined> {
    const saved = await computing.client.call('race.save', {})
    if (!saved) return undefined
    const { step, checkpoints } = saved
    const until = (points: Points) => points.filter(([at]) => at <= step).map(([at, error]) => [at, error] as const)
    const both = (points: Record<RacerKind, Points>) => ({
      plain: until(points.plain),
      residual: until(points.residual),
    })
    const { epoch, norms } = this
    const history = { step, epoch, train: both(this.train), test: both(this.test), norms: $state.snapshot(norms) }
    return { history, checkpoints }
  }

  /** Runs to the end, or for so many steps. */
  async run(steps?: number): Promise<void> {
    if (this.state !== 'paused') return
    const generation = this.#generation
    const controller = new AbortController()
    this.#run = controller
    this.state = 'running'
    try {
      await computing.client.call(
        'race.run',
        { ...(steps === undefined ? {} : { steps }) },
        { signal: controller.signal, onEvent: (event) => generation === this.#generation && this.#take(event) },
      )
      if (generation === this.#generation)
        this.state = this.step >= (this.opened?.totalSteps ?? 0) ? 'finished' : 'paused'
    } catch (error) {
      this.#fail(error, generation)
    } finally {
      computing.rate = 0
    }
  }

  /** Pauses after the current slice. */
  pause(): void {
    this.#run?.abort()
  }

  /** The net as a file. */
  checkpoint(kind: RacerKind): Promise<Uint8Array> {
    return computing.client.call('race.checkpoint', { kind })
  }

  async close(): Promise<void> {
    this.#generation++
    this.#run?.abort()
    computing.rate = 0
    if (this.state === 'closed') return
    this.state = 'closed'
    await computing.client.call('race.close', {})
  }

  #take(event: RaceEvent): void {
    if (event.kind === 'slice') {
      this.train[event.racer].push([event.step, event.trainError])
      this.rates[event.racer] = event.imagesPerSecond
      const { plain, residual } = this.rates
      computing.rate = plain > 0 && residual > 0 ? 2 / (1 / plain + 1 / residual) : Math.max(plain, residual)
      this.#reached[event.racer] = event.step
      this.step = Math.min(this.#reached.plain, this.#reached.residual)
      this.onSlice()
      if (event.racer === 'residual' && event.epoch !== this.epoch && event.step >= this.#saidAt + SAY_EVERY) {
        this.epoch = event.epoch
        this.#saidAt = event.step
        this.#say()
      }
    } else if (event.kind === 'test') this.test[event.racer].push([event.step, event.testError])
    else this.norms[event.racer] = event.norms
  }

  #show(history?: RaceHistory): void {
    this.step = history?.step ?? 0
    this.epoch = history?.epoch ?? 0
    this.train = { plain: [...(history?.train.plain ?? [])], residual: [...(history?.train.residual ?? [])] }
    this.test = { plain: [...(history?.test.plain ?? [])], residual: [...(history?.test.residual ?? [])] }
    this.norms = { ...history?.norms }
  }

  #say(): void {
    const { test } = this.standing
    const names = this.names
    this.said =
      `Epoch ${this.epoch}.` +
      (test
        ? ` Test error at step ${test.step}: ${names.plain} ${test.plain.toFixed(0)} percent, ${names.residual} ${test.residual.toFixed(0)} percent.`
        : '')
  }

  #fail(error: unknown, generation: number): void {
    // If the engine changes, the page opens the race again.
    if (generation !== this.#generation || (error instanceof Error && error.name === MOVED)) return
    this.state = 'failed'
    this.problem = error instanceof Error ? error.message : String(error)
  }
}
