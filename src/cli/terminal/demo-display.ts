/**
 * The display of `resnet demo` on standard error: in a terminal a bar for each net and one for all, elsewhere a line for each
 * round.
 */
import { MultiBar, type SingleBar } from 'cli-progress'
import { type DemoNet, type DemoPoint, demoNets } from '../../internal.node.js'
import { duration, isLive, paint, percentText, say } from './output.js'
import { barSize, columns, fitted, type Part } from './width.js'

const nameWidth = Math.max(...demoNets.map(({ name }) => name.length))
/** Orange and blue, as in the report. */
const colours = { plain: 208, residual: 39 } as const

export class DemoDisplay {
  readonly #steps: number
  readonly #began = performance.now()
  readonly #done = new Map<DemoNet, number>()
  readonly #points = new Map<DemoNet, DemoPoint>()
  #multi: MultiBar | undefined
  readonly #bars = new Map<DemoNet, SingleBar>()
  #all: SingleBar | undefined

  /** @param steps the steps of each net */
  constructor(steps: number) {
    this.#steps = steps
    if (!isLive()) return
    this.#multi = new MultiBar({
      format: '{name} {bar} {step}  {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: barSize(columns()),
      hideCursor: true,
      fps: 8,
      linewrap: false,
      gracefulExit: false,
      stream: process.stderr,
    })
    for (const net of demoNets)
      this.#bars.set(net, this.#multi.create(steps, 0, { name: nameText(net), step: this.#stepText(0), text: '' }))
    const step = ''.padEnd(this.#stepText(0).length)
    this.#all = this.#multi.create(this.#work().all, 0, { name: 'all'.padEnd(nameWidth), step, text: '' })
  }

  progress(net: DemoNet, step: number, trainError: number): void {
    this.#done.set(net, step)
    const point = this.#points.get(net)
    const training = `training error ${percentText(trainError).padStart(6)}`
    const tested = point ? `test error ${percentText(point.testError).padStart(6)}` : ''
    const width = columns()
    const taken = nameWidth + 1 + barSize(width) + 1 + this.#stepText(step).length + 2
    const text = fitted(
      [
        [training, 2],
        [tested, 1],
      ],
      width - taken,
    )
    this.#bars.get(net)?.update(step, { step: this.#stepText(step), text })
    this.#all?.update(this.#work().done, { text: this.#left() })
  }

  point(net: DemoNet, point: DemoPoint): void {
    this.#done.set(net, point.step)
    this.#points.set(net, point)
    this.progress(net, point.step, point.trainError)
    if (this.#multi || net !== demoNets.at(-1)) return
    const parts = (['plain', 'residual'] as const).map((kind): Part => [this.#errorsOf(kind), 1])
    say(fitted([[this.#stepText(point.step), 3], ['test error in %', 0], ...parts, [this.#left(), 2]], columns()))
  }

  /** `plain-20 71, -56 90`. */
  #errorsOf(kind: DemoNet['kind']): string {
    const nets = demoNets.filter((net) => net.kind === kind)
    const error = (net: DemoNet) => this.#points.get(net)!.testError.toFixed(0)
    return nets.map((net, i) => `${i === 0 ? net.name : `-${net.depth}`} ${error(net)}`).join(', ')
  }

  stop(): void {
    this.#multi?.stop()
    this.#multi = undefined
  }

  #stepText(step: number): string {
    return `step ${String(step).padStart(String(this.#steps).length)}/${this.#steps}`
  }

  /** The progress of all nets, counted in steps times layers, because deep nets take longer. */
  #work(): { readonly done: number; readonly all: number } {
    const sum = (steps: (net: DemoNet) => number) => demoNets.reduce((total, net) => total + net.depth * steps(net), 0)
    return { done: sum((net) => this.#done.get(net) ?? 0), all: sum(() => this.#steps) }
  }

  /** The estimated time left for all nets together. */
  #left(): string {
    const { done, all } = this.#work()
    if (done === 0 || done === all) return ''
    return `${duration(((performance.now() - this.#began) / 1000 / done) * (all - done))} left`
  }
}

function nameText({ name, kind }: DemoNet): string {
  return paint(name.padEnd(nameWidth), colours[kind])
}
