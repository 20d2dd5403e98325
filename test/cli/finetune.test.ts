/** `resnet finetune` as a person uses it: a folder and weights in, a network, figures and a report out. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePictures, writeWeights } from '../api/shape-files.js'
import { threeShapes } from '../api/shapes.js'
import { resnet } from './run.js'

const cwd = mkdtempSync(join(tmpdir(), 'resnet-finetune-'))
const { classes } = threeShapes
const at = (...parts: readonly string[]) => join(cwd, ...parts)
const run = (...args: readonly string[]) => resnet(['finetune', ...args], { cwd })

beforeAll(async () => {
  await writeWeights(at('seven.safetensors'))
  await writePictures(at('parts', 'train'), 'train', 10)
  await writePictures(at('parts', 'test'), 'test', 12)
  await writePictures(at('bare'), 'train', 10)
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

test('a folder with a part to test on; the checkpoint goes wherever networks go', async () => {
  const { code, out, err } = await run('parts', '--weights', 'seven.safetensors', '--epochs', '12', '--json')
  expect([code, err]).toEqual([
    0,
    expect.stringContaining('3 classes, 30 training pictures; tested on the 36 pictures in test/'),
  ])
  expect(err).toContain(
    'all of resnet8 is frozen, its new classifier learns (30 training pictures are too few to move more)',
  )
  expect(err).toContain('12 epochs in batches of 15, sgd, lr 0.1, features of 8 views a picture')
  const told = JSON.parse(out)
  expect(told).toMatchObject({
    test: { count: 36 },
    freeze: 'all',
    views: 8,
    epochs: 12,
    checkpoint: 'runs/finetune-parts/last.safetensors',
    report: 'runs/finetune-parts/report.html',
  })
  expect(told.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(36)
  expect(told.mistakes.length).toBe(Math.round((told.test.top1Error / 100) * 36))
  for (const { file, truth, answer } of told.mistakes) {
    expect(file).toContain(`test/${truth}/`)
    expect(classes).toContain(answer)
  }
  const page = readFileSync(at(told.report), 'utf8')
  expect(page.match(/data:image\/png;base64,/g)?.length ?? 0).toBe(Math.min(24, told.mistakes.length))
  expect(page).not.toMatch(/(src|href)="(?!data:)/)
  const network = ['--weights', told.checkpoint]
  const evaluated = await resnet(['eval', ...network, '--dataset', 'folder', '--data', 'parts', '--json'], { cwd })
  expect(JSON.parse(evaluated.out).top1Error).toBeCloseTo(told.test.top1Error, 9)
  expect(evaluated.err).not.toContain('note:')
  expect((await resnet(['convert', told.checkpoint, 'net.onnx'], { cwd })).code).toBe(0)
  expect(existsSync(at('net.onnx'))).toBe(true)
})

test('a bare folder: some pictures are held out, and it is said', async () => {
  const { code, out, err } = await run('bare', '--weights', 'seven.safetensors', '--epochs', '2', '--held-out', '9')
  expect(code).toBe(0)
  expect(err).toContain('tested on 9 of 30 pictures, held out by chance (seed 0, of each class its share)')
  expect(out).toMatch(/class +tested on +recall +precision +taken for/)
  for (const name of classes) expect(out).toMatch(new RegExp(`^${name} +3 `, 'm'))
  expect(out).toMatch(/test error \d+\.\d %: \d of 9 pictures are recognised/)
})

/** Runs a command as it is printed. */
function shell(command: string, cwd: string) {
  const { status, stdout, stderr } = spawnSync(command, { cwd, shell: true, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

test('what was held out can be judged again, by the commands that are printed', async () => {
  const told = JSON.parse(
    (await run('bare', '--weights', 'seven.safetensors', '--epochs', '2', '--seed', '3', '--json')).out,
  )
  const { out } = await run('bare', '--weights', 'seven.safetensors', '--epochs', '2', '--seed', '3')
  const commands = ['the test again:  ', 'on any picture:  '].map((lead) => {
    const line = out.split('\n').find((text) => text.startsWith(lead))
    return line?.slice(lead.length) ?? ''
  })
  const again = shell(`${commands[0]} --json`, cwd)
  expect(again.err).toContain('--dataset folder: the training data of these weights\n')
  expect(again.err).toContain('judged on the 6 of 30 pictures that were held out when these weights learned (seed 3)')
  expect(JSON.parse(again.out)).toMatchObject({ count: 6 })
  expect(JSON.parse(again.out).top1Error).toBeCloseTo(told.test.top1Error, 9)
  expect(shell(commands[1]!, cwd).code).toBe(0)

  const list = JSON.parse(readFileSync(at('runs/finetune-bare/held-out.json'), 'utf8'))
  expect(list).toMatchObject({ seed: 3, count: 6, of: 30 })
  const { readCheckpoint } = await import('../../src/internal.node.js')
  const { data } = await readCheckpoint(at('runs/finetune-bare/last.safetensors'))
  expect({ ...data.heldOut, files: list.files, folder: list.folder }).toEqual(list)
  expect(list.files.length).toBe(6)
  const bytes = readFileSync(at('runs/finetune-bare/last.safetensors'), 'latin1')
  for (const file of list.files) expect(bytes).not.toContain(file)
})

describe('a folder that changed after a fine-tuning', () => {
  const weights = ['--weights', join('changed-run', 'last.safetensors')]
  beforeAll(async () => {
    await writePictures(at('changed'), 'train', 8)
    await run('changed', '--weights', 'seven.safetensors', '--epochs', '1', '--save-dir', 'changed-run')
    rmSync(at('changed', classes[0]!, '03.png'))
  })

  test('is judged only as a whole, with a warning', async () => {
    const judged = await resnet(['eval', ...weights, '--data', 'changed'], { cwd })
    expect([judged.code, judged.err]).toEqual([
      1,
      expect.stringContaining(
        '(24 then, 23 now), so which were held out cannot be told; put it back as it was, or judge',
      ),
    ])
    const all = await resnet(['eval', ...weights, '--data', 'changed', '--all'], { cwd })
    expect([all.code, all.out]).toEqual([0, expect.stringContaining('resnet8 on 23 test pictures of folder')])
    expect(all.err).toContain('note: these weights learned from most of the pictures that they are judged on')
  })

  test('is not gone on with', async () => {
    const { code, err } = await run('changed', '--resume', 'changed-run')
    expect([code, err]).toEqual([1, expect.stringContaining('put it back as it was, or start a new run')])
  })

  test('a checkpoint of a version before has no record, and is read', async () => {
    const { encodeCheckpoint, readCheckpoint } = await import('../../src/internal.node.js')
    const checkpoint = await readCheckpoint(at('changed-run/last.safetensors'))
    const { heldOut: _, ...data } = checkpoint.data
    writeFileSync(at('old.safetensors'), encodeCheckpoint({ ...checkpoint, data }))
    const judged = await resnet(['eval', '--weights', 'old.safetensors', '--data', 'changed'], { cwd })
    expect(judged.err).toContain('these weights do not say which pictures were held out when they learned from such')
    const odd = { ...data, heldOut: { ...checkpoint.data.heldOut!, digest: 'x' } }
    writeFileSync(at('odd.safetensors'), encodeCheckpoint({ ...checkpoint, data: odd }))
    expect((await resnet(['eval', '--weights', 'odd.safetensors', '--data', 'changed'], { cwd })).err).toContain(
      'odd.safetensors: its data makes no sense: the record of held-out pictures needs a seed, two numbers of pictures and a digest',
    )
  })
})

test('classes of a folder are matched by name: in another order, as others', async () => {
  const { encodeCheckpoint, evaluate, readCheckpoint, testFolder } = await import('../../src/internal.node.js')
  const folder = ['--dataset', 'folder', '--data', join('parts', 'test'), '--json']
  await run('parts', '--weights', 'seven.safetensors', '--epochs', '12', '--save-dir', 'named')
  const trained = await readCheckpoint(at('named/last.safetensors'))
  const renamed = async (name: string, names: readonly string[]) => {
    const preprocessing = { ...trained.preprocessing, classes: names }
    writeFileSync(at(name), encodeCheckpoint({ ...trained, preprocessing }))
    return resnet(['eval', '--weights', name, ...folder], { cwd })
  }
  const right = await renamed('right.safetensors', trained.preprocessing.classes)
  expect(right.err).toContain('judged on all 36 pictures') // the weights held nothing out of such a folder
  const { data } = await testFolder(at('parts'), { size: 16 })
  const { top1Error } = await evaluate(trained, data)
  expect(JSON.parse(right.out).top1Error).toBeCloseTo(top1Error, 9)
  // Names turned around: what the network gives for the first class it now calls by the name of the second.
  const [a, b, c] = trained.preprocessing.classes as [string, string, string]
  const turned = await renamed('turned.safetensors', [b, c, a])
  expect(turned.err).toContain('folder has the classes of resnet8 in another order; they were matched by name')
  const { test: pictures } = data
  const relabelled = { ...data, test: { ...pictures, labels: pictures.labels.map((label) => (label + 2) % 3) } }
  const wanted = await evaluate(trained, relabelled)
  expect(JSON.parse(turned.out).top1Error).toBeCloseTo(wanted.top1Error, 9)
  expect(wanted.top1Error).toBeGreaterThan(top1Error)
  const other = await renamed('other.safetensors', ['heron', b, c])
  expect([other.code, other.out]).toEqual([2, ''])
  expect(other.err).toContain(
    `it has ${a}, which these weights do not know, and lacks heron, which they know; evaluate`,
  )
  const allowed = ['eval', '--weights', 'other.safetensors', ...folder, '--allow-other-classes']
  const taken = await resnet(allowed, { cwd })
  expect(JSON.parse(taken.out).top1Error).toBeCloseTo(top1Error, 9)
  expect(taken.err).toContain(`which they know; the rest was paired: ${a} as heron`)
})

test('stopped and gone on with: the same bits', async () => {
  const flags = ['--weights', 'seven.safetensors', '--freeze', 'none', '--epochs', '300', '--held-out', '0.3']
  const hash = (out: string) => /weights ([0-9a-f]{16})/.exec(out)?.[1]
  const straight = await run('bare', ...flags, '--save-dir', 'straight')
  let stopped = false
  const first = await resnet(['finetune', 'bare', ...flags, '--save-dir', 'stopped', '--checkpoint-every', '2'], {
    cwd,
    onErr: (text, stop) => {
      if (stopped || !/epoch +30\/300/.test(text)) return
      stopped = true
      stop('SIGINT')
    },
  })
  expect([first.code, first.err]).toEqual([
    130,
    expect.stringMatching(/go on with: \S.* finetune bare --resume stopped/),
  ])
  const second = await run('bare', '--resume', 'stopped')
  expect(second.err).toMatch(/goes on after step \d+ of 600/)
  expect(hash(straight.out)).toBeDefined()
  expect(hash(second.out)).toBe(hash(straight.out))
  expect(readFileSync(at('stopped', 'metrics.jsonl'), 'utf8').trim().split('\n').length).toBe(300)
  const meddled = await run('bare', '--resume', 'stopped', '--freeze', 'all')
  expect([meddled.code, meddled.err]).toEqual([
    2,
    expect.stringContaining('--freeze: a resumed run has its own; leave the flag out, or start a new run'),
  ])
})

describe('what may go wrong', () => {
  const weights = ['--weights', 'seven.safetensors', '--epochs', '1']
  beforeAll(async () => {
    for (const name of ['one/cat', 'deep/all', 'none']) mkdirSync(at(name), { recursive: true })
    const picture = at('bare', classes[0]!, '01.png')
    copyFileSync(picture, at('one/cat/1.png'))
    await writePictures(at('deep/all'), 'train', 2)
    await writePictures(at('lone'), 'train', 24)
    mkdirSync(at('lone/single'))
    copyFileSync(picture, at('lone/single/1.png'))
    writeFileSync(at('lone', classes[0]!, 'broken.png'), 'no picture')
    mkdirSync(at('empty/a'), { recursive: true })
    mkdirSync(at('empty/b'))
  })

  test.each([
    ['no weights', ['bare'], '--weights: missing; give the initial weights'],
    ['no file of weights', ['bare', '--weights', 'bare/nothing'], 'bare/nothing: cannot be read'],
    ['other weights', ['bare', '--weights', join('bare', classes[0]!, '01.png')], 'no file of weights'],
    ['no folder', ['nowhere', ...weights], 'nowhere: cannot be read'],
    ['an empty folder', ['none', ...weights], 'none: holds no folders, expected a folder for each class, at least two'],
    [
      'one class',
      ['one', ...weights],
      'one: holds one folder only, cat, expected a folder for each class, at least two',
    ],
    [
      'folders of folders',
      ['deep', ...weights],
      /deep: holds one folder only, all, and that holds .*: are these the classes\? Then give deep.all/,
    ],
    ['classes without pictures', ['empty', ...weights], /empty.a: holds no pictures/],
    [
      'a stage that is not there',
      ['bare', ...weights, '--freeze', 'stage9'],
      'freeze: resnet8 has no stage9; expected one of none, stem',
    ],
    [
      'held out of what has a test part',
      ['parts', ...weights, '--held-out', '3'],
      '--held-out: parts has a part of its own to test on; leave it out',
    ],
    [
      'too many held out',
      ['bare', ...weights, '--held-out', '28'],
      'held-out pictures: got 28, expected a whole number from 1 to 27',
    ],
    ['resuming nothing', ['bare', '--resume'], '--resume: which run? Give its folder, or --save-dir'],
    [
      'resuming a file',
      ['bare', '--resume', 'seven.safetensors'],
      '--resume: expected the folder of a run, got seven.safetensors',
    ],
  ])('%s', async (_, args, message) => {
    const { code, err } = await run(...args)
    expect(err).toMatch(message)
    expect(code).toBe(/^resnet: (--|freeze|held-out)/m.test(err) ? 2 : 1)
  })

  test('notes: a lone picture, an unreadable one', async () => {
    const { code, err } = await run('lone', ...weights)
    expect(code).toBe(0)
    expect(err).toContain('1 pictures cannot be read and are left out:')
    expect(err).toContain('broken.png')
    expect(err).toContain('note: single has one picture to learn from: do not expect it to be recognised')
  })

  test('notes: a class that is not tested, pictures that are small', async () => {
    const { imageFolder } = await import('../../src/internal.node.js')
    await writePictures(at('untested/train'), 'train', 3)
    await writePictures(at('untested/test'), 'test', 1)
    rmSync(at('untested/test', classes[1]!), { recursive: true })
    const { notes } = await imageFolder(at('untested'), { size: 40 })
    expect(notes).toEqual([
      `${classes[1]} has no picture to test on: nothing will be known of it`,
      'half of the pictures have 16 pixels or fewer along their shorter side, and the network reads 40: enlarged so much they show it little of what it knows; weights for smaller pictures may do better',
    ])
  })

  test('weights that read no square pictures of three channels', async () => {
    const { encodeCheckpoint, readCheckpoint } = await import('../../src/internal.node.js')
    const { spec, preprocessing, ...rest } = await readCheckpoint(at('seven.safetensors'))
    const input = { ...spec.input, width: 8 }
    writeFileSync(
      at('wide.safetensors'),
      encodeCheckpoint({ ...rest, spec: { ...spec, input }, preprocessing: { ...preprocessing, input } }),
    )
    const { err } = await run('bare', '--weights', 'wide.safetensors')
    expect(err).toContain('--weights: the network reads pictures of 3x16x8; folders give square ones in colour')
  })
})
