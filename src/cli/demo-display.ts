/** What `resnet demo` shows on standard error: a bar for each net in a terminal, a line for each round elsewhere. */
import { MultiBar, type SingleBar } from 'cli-progress'
import { type DemoNet, type DemoPoint, demoNets } from '../node.js'
import { duration, isLive, paint, percentText, say } from './output.js'

const nameWidth = Math.max(...demoNets.map(({ name }) => name.length))
/** Orange and blue, as in the report. */
const colours = { plain: 208, residual: 39 } as const

export class DemoDisplay {
  readonly #steps: number
  readonly #began = performance.now()
  readonly #done = new Map<DemoNet, number>()
  readonly #points = new Map<DemoNet, DemoPoint>()
  readonly #multi: MultiBar | undefined
  readonly #bars = new Map<DemoNet, SingleBar>()

  /** @param steps of each net */
  constructor(steps: number) {
    this.#steps = steps
    if (!isLive()) return
    this.#multi = new MultiBar({
      format: '{name} {bar} {step}  {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      hideCursor: true,
      fps: 8,
      linewrap: false,
      gracefulExit: false,
      stream: process.stderr,
    })
    for (const net of demoNets)
      this.#bars.set(net, this.#multi.create(steps, 0, { name: nameText(net), step: this.#stepText(0), text: '' }))
  }

  progress(net: DemoNet, step: number, trainError: number): void {
    this.#done.set(net, step)
    const point = this.#points.get(net)
    const test = point ? `test error ${percentText(point.testError).padStart(6)}` : ''
    const text = [`training error ${percentText(trainError).padStart(6)}`, test, this.#left()]
      .filter(Boolean)
      .join('  ')
    this.#bars.get(net)?.update(step, { step: this.#stepText(step), text })
  }

  point(net: DemoNet, point: DemoPoint): void {
    this.#done.set(net, point.step)
    this.#points.set(net, point)
    this.progress(net, point.step, point.trainError)
    if (this.#multi || net !== demoNets.at(-1)) return
    const errors = demoNets.map((each) => `${each.name} ${percentText(this.#points.get(each)!.testError)}`)
    say(`${this.#stepText(point.step)}  test error  ${errors.join('  ')}  ${this.#left()}`)
  }

  stop(): void {
    this.#multi?.stop()
  }

  #stepText(step: number): string {
    return `step ${String(step).padStart(String(this.#steps).length)}/${this.#steps}`
  }

  /** Time left of all nets together, from the time gone: deep nets take longer, so layers are counted, not steps. */
  #left(): string {
    const work = (steps: (net: DemoNet) => number) => demoNets.reduce((sum, net) => sum + net.depth * steps(net), 0)
    const done = work((net) => this.#done.get(net) ?? 0)
    const all = work(() => this.#steps)
    if (done === 0 || done === all) return ''
    return `${duration(((performance.now() - this.#began) / 1000 / done) * (all - done))} left`
  }
}

function nameText({ name, kind }: DemoNet): string {
  return paint(name.padEnd(nameWidth), colours[kind])
}
