/** The report of a fine-tuning: error, confusions, classes and the most confident mistakes, in one HTML file. */
import { type Dataset, type FinetuneReport, type Judgement, type Pictures, pictureBytes } from '../../internal.node.js'
import { duration, percentText } from '../terminal/output.js'
import { drawLines } from './lines.js'
import { page, plainText } from './page.js'

/** The facts in the report beside the result. */
export interface FinetuneFacts {
  /** The recipe of the run. */
  readonly name: string
  readonly data: Dataset
  /** A description of the test pictures. */
  readonly testedOn: string
  readonly notes: readonly string[]
  readonly threads: number
  readonly seconds: number
}

/** A test picture with a wrong answer. */
export interface Mistake {
  /** The file of the picture, if it comes from one. */
  readonly file: string | undefined
  readonly index: number
  readonly truth: string
  readonly answer: string
  readonly probability: number
}

/** The most pictures that are shown. */
const SHOWN = 24

/** The wrong answers, the most confident first. */
export function mistakesOf({ answers }: Judgement, { classes, test }: Dataset): Mistake[] {
  return answers
    .filter(({ truth, answer }) => truth !== answer)
    .sort((a, b) => b.probability - a.probability)
    .map(({ index, truth, answer, probability }) => ({
      file: test.files?.[index],
      index,
      truth: classes[truth]!,
      answer: classes[answer]!,
      probability,
    }))
}

/** The whole file as text. */
export async function finetuneReport(result: FinetuneReport, facts: FinetuneFacts): Promise<string> {
  const { plan, test, history, build: engine, weightHash, checkpoint } = result
  const { data, threads, seconds } = facts
  const mistakes = mistakesOf(test, data)
  const shown = await Promise.all(mistakes.slice(0, SHOWN).map((mistake) => figureOf(mistake, data.test)))
  const { recipe, views } = plan
  const right = test.answers.length - mistakes.length
  return page(
    `${facts.name}: a fine-tuned ${checkpoint.spec.name}`,
    `<header>
<p class="kicker">resnet.ts finetune</p>
<h1>${plainText(facts.name)}</h1>
<p class="verdict">${right} of ${test.answers.length} pictures are recognised: an error of ${percentText(test.top1Error)}, with ${data.classes.length} classes.
Tested on ${plainText(facts.testedOn)}.</p>
</header>
${facts.notes.map((note) => `<p class="note">${plainText(note)}</p>`).join('\n')}
<div class="below">
<section>
<h2>What is taken for what</h2>
${confusionTable(test, data.classes)}
</section>
<section>
<h2>Error while it learned</h2>
${chart(history)}
</section>
</div>
<section>
<h2>Class by class</h2>
${classTable(test, data)}
</section>
<h2>The most confident mistakes</h2>
${mistakes.length === 0 ? '<p>There are none.</p>' : `<div class="mistakes">\n${shown.join('\n')}\n</div>`}
${mistakes.length > SHOWN ? `<p class="note">and ${mistakes.length - SHOWN} more</p>` : ''}
<footer>
<p>${plainText(capitalised(plan.reason))}. ${data.train.count} training pictures${views > 1 ? `, each in ${views} views` : ''}; ${history.length} epochs in batches
of ${recipe.batchSize}, ${plainText(recipe.optimizer)} with a learning rate of ${recipe.lr} (${plainText(recipe.schedule)}), weight decay ${recipe.weightDecay}, seed ${recipe.seed}.
Engine ${plainText(engine)}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${duration(seconds)} in all. Weights <code>${weightHash}</code>.</p>
<p>The figures are of the weights after the last epoch: no epoch was chosen by the pictures that judge it.</p>
</footer>`,
    style,
  )
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function confusionTable({ confusion }: Judgement, classes: readonly string[]): string {
  const rows = confusion.map((row, truth) => {
    const count = row.reduce((a, b) => a + b, 0)
    const cells = row.map((number, answer) => {
      const share = count > 0 ? Math.round((100 * number) / count) : 0
      const kind = number === 0 ? 'none' : truth === answer ? 'right' : 'wrong'
      return `<td class="${kind}" style="--share: ${share}%">${number}</td>`
    })
    return `<tr><th scope="row">${plainText(classes[truth]!)}</th>${cells.join('')}</tr>`
  })
  return `<div class="scroll"><table class="confusion">
<caption>rows: what a picture shows; columns: what it is taken for</caption>
<thead><tr><td></td>${classes.map((name) => `<th scope="col"><span>${plainText(name)}</span></th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`
}

function classTable({ classes }: Judgement, { train }: Dataset): string {
  const learned = classes.map((_, label) => train.labels.filter((other) => other === label).length)
  const share = (value: number | undefined) => (value === undefined ? '–' : percentText(value))
  const rows = classes.map(
    ({ name, count, recall, precision }, label) =>
      `<tr><th scope="row">${plainText(name)}</th><td>${learned[label]}</td><td>${count}</td><td>${share(recall)}</td><td>${share(precision)}</td></tr>`,
  )
  return `<div class="scroll"><table>
<thead><tr><th scope="col">class</th><th scope="col">learned from</th><th scope="col">tested on</th><th scope="col">of these recognised</th><th scope="col">right when named</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`
}

async function figureOf({ file, index, truth, answer, probability }: Mistake, pictures: Pictures): Promise<string> {
  const caption = `<strong>${plainText(answer)}</strong> ${percentText(100 * probability)}<br>shows ${plainText(truth)}${file === undefined ? '' : `<br><span class="file">${plainText(file)}</span>`}`
  const words = `shows ${truth}, taken for ${answer}`
  return `<figure><img src="${await pictureUrl(pictures, index)}" alt="${plainText(words)}"><figcaption>${caption}</figcaption></figure>`
}

/** A decoded picture as a data address. */
async function pictureUrl(pictures: Pictures, index: number): Promise<string> {
  const { default: sharp } = await import('sharp')
  const { width, height, channels } = pictures
  const bytes = pictureBytes(pictures, index)
  const area = width * height
  const pixels = Uint8Array.from(
    { length: area * channels },
    (_, i) => bytes[(i % channels) * area + Math.floor(i / channels)]!,
  )
  const image = sharp(pixels, { raw: { width, height, channels: channels as 1 | 3 } })
  const isSmall = Math.max(width, height) < 96
  const encoded = await (isSmall ? image.png() : image.resize(192).jpeg({ quality: 82 })).toBuffer()
  return `data:image/${isSmall ? 'png' : 'jpeg'};base64,${encoded.toString('base64')}`
}

function chart(history: FinetuneReport['history']): string {
  const lines = [
    { name: 'training', colour: 'var(--plain)', width: 1.8, dashes: '6 4', of: 'train' },
    { name: 'test', colour: 'var(--residual)', width: 2.2, dashes: 'none', of: 'test' },
  ] as const
  const drawn = lines.map(({ of, ...line }) => ({
    ...line,
    points: history.map((record) => ({ x: record.epoch, y: record[of]?.top1Error ?? Number.NaN })),
  }))
  const ends = drawn.map(({ name, points }) => `${name} ends at ${percentText(points.at(-1)!.y)}`)
  const top = 1.04 * Math.max(5, ...drawn.flatMap(({ points }) => points.map(({ y }) => y)))
  const svg = drawLines(drawn, {
    description: `error against epochs: ${ends.join(', ')}`,
    x: { label: 'epochs', domain: [1, Math.max(2, history.length)], format: String },
    y: { domain: [0, top], format: (error) => `${error} %` },
  })
  return `<figure>${svg}</figure>`
}

const style = `
.verdict { margin: 0; max-width: 46rem; font-size: 1.2rem; line-height: 1.45; }
.below { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 0 2rem; }
.note { margin: .8rem 0 0; color: var(--soft); max-width: 46rem; }
.confusion td, .confusion tbody th { padding: .4rem .7rem; }
.confusion tbody th { padding-left: 0; text-align: left; }
.confusion td { min-width: 3rem; text-align: center; border: 1px solid var(--ground); }
.confusion caption { padding-bottom: .5rem; color: var(--soft); font-size: .9rem; text-align: left; }
.confusion thead th { text-align: center; padding: .2rem .4rem; border: 0; }
.confusion thead td, .confusion tbody th { border: 0; }
.confusion .right { background: color-mix(in srgb, var(--residual) calc(var(--share) * .55), transparent); }
.confusion .wrong { background: color-mix(in srgb, var(--plain) calc(var(--share) * .8 + 6%), transparent); }
.confusion .none { color: var(--rule); }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 1.2rem; }
.mistakes img { display: block; width: 100%; image-rendering: pixelated; border-radius: 4px; margin-bottom: .35rem; }
.mistakes figcaption { font-size: .875rem; line-height: 1.4; overflow-wrap: anywhere; }
.file { font-size: .8em; }
`
