/** Names of options in other libraries and their names here, for messages to users who know those libraries. */

/** Each line has the name here, then the names elsewhere, in lower-case letters only. */
const table = `
lr learningrate
batchSize bs minibatchsize
epochs numepochs nepochs maxepochs numtrainepochs
weightDecay wd l2regularization
loss criterion lossfn lossfunction
schedule scheduler lrscheduler
warmupEpochs warmup
clipNorm gradclip clipgrad gradclipnorm clipgradnorm maxgradnorm gradientclipval
accumulate accumulationsteps gradientaccumulation gradaccumulation gradientaccumulationsteps accumulategradbatches
dropPath stochasticdepth dropconnect droppathrate
precision amp dtype fp16 mixedprecision
epsilon eps
seed randomseed randomstate
augmentation transforms
recompute gradientcheckpointing gradcheckpointing activationcheckpointing
engine device backend
threads numthreads numworkers
classes numclasses classnames
input inputsize inputshape imagesize
top topk
class targetclass
block targetlayer
scale scalefactor upscalefactor
onEpoch callbacks onepochend
freeze freezebackbone
`
  .trim()
  .split('\n')
  .map((line) => line.split(' ')) as [string, ...string[]][]

/** The name here of an option with this name in other libraries; undefined if it is unknown. */
export function nameHere(other: string): string | undefined {
  const letters = other.replace(/[^a-z0-9]/gi, '').toLowerCase()
  if (/^val(idation)?(split|size)$/.test(letters)) return 'splitDataset(data, part), which splits the data beforehand'
  return table.find(
    ([own, ...others]) => own !== other && (own.toLowerCase() === letters || others.includes(letters)),
  )?.[0]
}

/** Values of options in other libraries. */
const values: Readonly<Record<string, string>> = {
  mse: 'squared',
  mseloss: 'squared',
  l2: 'squared',
  l2loss: 'squared',
  mae: 'l1',
  l1loss: 'l1',
  crossentropyloss: 'cross-entropy',
  ce: 'cross-entropy',
  multistep: 'step',
  multisteplr: 'step',
  steplr: 'step',
  cosineannealing: 'cosine',
  cosineannealinglr: 'cosine',
  onecycle: 'one-cycle',
  onecyclelr: 'one-cycle',
  bfloat16: 'bf16',
  fp32: 'float32',
  backbone: 'all',
  cpu: 'native',
}

/** The legal value here for a value of other libraries; undefined if there is none. */
export function valueHere(other: unknown, legal: readonly string[]): string | undefined {
  if (typeof other !== 'string') return undefined
  const value = values[other.replace(/[^a-z0-9]/gi, '').toLowerCase()]
  return value !== undefined && legal.includes(value) ? value : undefined
}
