/** Runs a case: this library and the installed peers take turns, or their memory is measured. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { complexity, EngineError, type EngineName, type NetworkSpec, planBytes, preset } from '../../internal.node.js'
import { boundOf, workOf } from './bounds.js'
import { type Case, type CaseSettings, caseName } from './cases.js'
import { contest, isNoisy } from './contest.js'
import { openInference, openTraining } from './ours.js'
import { askOnce, type MissingPeer, openPeer, type Peer, type PeerName } from './peers.js'
import { type BenchResult, beside, without } from './result.js'
import { mapSpread, type Spread, spreadOf } from './statistics.js'

/** Images per second of a case, one result per peer. */
export async function runCase(one: Case, settings: CaseSettings): Promise<readonly BenchResult[]> {
  const spec = preset(one.net)
  const options = { engine: one.engine ?? settings.engine, threads: one.threads ?? settings.threads }
  const folder = await mkdtemp(join(tmpdir(), 'resnet-bench-'))
  const open: { close(): Promise<void> }[] = []
  try {
    const peers: (Peer | MissingPeer)[] = []
    for (const name of one.peers) {
      const peer = await openFor(name, one, options.threads, folder)
      peers.push(peer)
      if ('close' in peer) open.push(peer)
      if ('params' in peer) expectSameNet(peer, spec)
    }
    const ours = await (one.mode === 'train' ? openTraining : openInference)(spec, one.batch, options)
    open.push(ours)
    const here = peers.filter((peer): peer is Peer => 'run' in peer)
    const gauge = settings.gauge(options.engine, options.threads)
    const found = await contest(caseName(one), [ours, ...here, gauge], settings)
    const [seconds, ...others] = found.seconds.map(spreadOf) as [Spread, ...Spread[]]
    const rate = (time: Spread) => mapSpread(time, (t) => one.batch / t)
    const { median: value, min, max } = rate(seconds)
    const bound = boundOf(workOf(spec, one.mode, one.batch), await gauge.best())
    const common = {
      ...{ suite: one.suite, name: caseName(one), value, min, max, unit: 'images/s' },
      ...{ engine: ours.version, threads: options.threads, share: bound.seconds / seconds.median, bound: bound.by },
      ...{ rounds: found.seconds[0]!.length, discarded: found.discarded, noisy: isNoisy(found) },
    }
    return peers.map((peer) => {
      if (!('run' in peer)) return { ...common, ...without(peer) }
      const theirs = { name: peer.name, version: peer.version, value: rate(others[here.indexOf(peer)]!) }
      return { ...common, ...beside(rate(seconds), theirs) }
    })
  } finally {
    await Promise.all(open.map((one) => one.close()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** Starts a peer for a case. */
async function openFor(name: PeerName, one: Case, threads: number, folder: string): Promise<Peer | MissingPeer> {
  const [batch, many] = [String(one.batch), String(threads)]
  switch (name) {
    case 'PyTorch':
      return openPeer(name, 'torch_net.py', [one.mode, one.net, '--batch', batch, '--threads', many])
    case 'ONNX Runtime': {
      const file = join(folder, `${one.net}.onnx`)
      const written = await askOnce('PyTorch', 'export_onnx.py', [one.net, batch, file])
      if ('missing' in written)
        return { name, missing: `${name} lacks its network, which PyTorch writes: ${written.missing}` }
      return openPeer(name, 'ort.mjs', [file, batch, many])
    }
    case 'TensorFlow.js WASM':
      return openPeer(name, 'tfjs.mjs', [one.net, batch])
    case 'jax-js':
      return openPeer(name, 'jax-js.mjs', [one.net, batch])
  }
}

/** @throws EngineError if a peer computes a network with another number of parameters */
export function expectSameNet({ name, params }: Pick<Peer, 'name' | 'params'>, spec: NetworkSpec): void {
  const own = complexity(spec).params
  if (params !== undefined && params !== own)
    throw new EngineError(
      `${spec.name}: the network of ${name} has ${params} parameters, expected ${own}; make the programs in bench/peers build the same network`,
    )
}

/** The peak memory of a case in MB. Each contestant runs in a process of its own. */
export async function runMemoryCase(one: Case, settings: CaseSettings): Promise<readonly BenchResult[]> {
  const { rounds, threads, engine, signal, onRound } = settings
  let missing: MissingPeer | undefined
  const own: number[] = []
  const theirs: number[] = []
  let [build, version] = ['', '']
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted()
    onRound?.(round, rounds)
    const ours = await weighOurs(one, engine, threads, signal)
    own.push(ours.bytes / 1e6)
    build = ours.version
    const args = [one.mode, one.net, '--batch', String(one.batch), '--threads', String(threads), '--memory']
    const peer = missing ?? (await askOnce('PyTorch', 'torch_net.py', args))
    if ('missing' in peer) missing = peer
    else {
      theirs.push(peer.bytes! / 1e6)
      version = peer.version ?? ''
    }
  }
  const value = spreadOf(own)
  const plan = (await planBytes(preset(one.net), { engine, threads, batch: one.batch })) / 1e6
  const common = {
    ...{ suite: one.suite, name: caseName(one), value: value.median, min: value.min, max: value.max, unit: 'MB' },
    ...{ engine: build, threads, share: null, bound: null, rounds, discarded: 0, noisy: false, plan },
  }
  if (missing) return [{ ...common, ...without(missing) }]
  return [{ ...common, ...beside(value, { name: 'PyTorch', version, value: spreadOf(theirs) }) }]
}

async function weighOurs({ net, batch }: Case, engine: EngineName, threads: number, signal: AbortSignal) {
  const script = fileURLToPath(new URL('memory-child.js', import.meta.url))
  const args = [script, net, String(batch), engine, String(threads)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal })
  return JSON.parse(stdout) as { readonly bytes: number; readonly version: string }
}
