/** The computing end of all pages: the page's own worker, or the machine's native engine behind `resnet lab`. */
import { untrack } from 'svelte'
import { Client, type Wire } from '../compute/client.js'
import type { EngineInfo } from '../compute/engine.js'
import { localWire } from '../compute/local.js'
import { gone, remoteWire } from '../compute/remote.js'
import { type EngineKind, readWish, takeToken, writeWish } from './address.js'

/** Stored for other tabs and later visits. It is useless once the `resnet lab` that printed it has ended. */
const TOKEN = 'resnet-lab-token'

class Computing {
  kind = $state<EngineKind>('wasm')
  /** The engine, once it is open. */
  engine = $state<EngineInfo>()
  /** Newest number of training pictures per second; 0 while nothing trains. */
  rate = $state(0)
  /** Why the page does not use the wanted engine. */
  notice = $state('')
  /** Grows when another engine takes over. State that a page had on the earlier engine is gone. */
  turn = $state(0)
  #token = $state<string>()
  /** Awaited before another engine is chosen, so that a page can save its state. */
  leaving: (() => Promise<void>) | undefined
  /** Set when the native engine was lost, so that it is not tried again without being asked for. */
  #lost = false
  #wish: EngineKind | undefined
  #client: Client | undefined

  constructor() {
    this.#token = localStorage.getItem(TOKEN) ?? undefined
    this.follow()
  }

  /** Whether the native engine may be chosen. */
  get offered(): boolean {
    return this.#token !== undefined
  }

  /** Started on first use. */
  get client(): Client {
    this.#client ??= new Client(
      untrack(() => this.#wire()),
      (reason) => this.#fallBack(reason),
    )
    return this.#client
  }

  async open(): Promise<void> {
    const { turn } = this
    const engine = await this.client.call('engine', {})
    if (turn === this.turn) this.engine ??= engine
  }

  /** Follows a new address, which may bring a token or ask for an engine. */
  follow(): void {
    const token = takeToken()
    if (token !== undefined) {
      this.#token = token
      this.#lost = false
      localStorage.setItem(TOKEN, token)
    }
    const wish = readWish() ?? this.#wish
    if (wish) writeWish(wish)
    this.#wish = wish
    const native = this.offered && !this.#lost && wish !== 'wasm'
    this.#take(native ? 'native' : 'wasm')
    if (wish === 'native' && !this.offered)
      this.notice =
        'This address asks for the machine’s native engine. Open the page by the address that “resnet lab” prints to use it.'
  }

  /** Follows the choice of the user. */
  async choose(kind: EngineKind): Promise<void> {
    if (kind !== this.kind) await this.leaving?.()
    this.#wish = kind
    this.#lost = false
    this.notice = ''
    writeWish(kind)
    this.#take(kind)
  }

  #take(kind: EngineKind): void {
    if (kind === this.kind) return
    this.kind = kind
    this.engine = undefined
    this.rate = 0
    this.turn++
    if (!this.#client) return
    this.#client.move(this.#wire())
    this.open().catch((error: Error) => {
      this.notice = error.message
    })
  }

  #wire(): Wire {
    return this.kind === 'native' && this.#token !== undefined ? remoteWire(this.#token) : localWire()
  }

  #fallBack(reason: string): void {
    if (this.kind === 'wasm') return
    this.#lost = true
    this.notice = `The machine’s native engine is lost: ${reason}. The page now computes by itself.`
    if (reason === gone) {
      this.#token = undefined
      localStorage.removeItem(TOKEN)
      this.notice += ' The address that “resnet lab” prints when it starts brings the engine back.'
    }
    this.#take('wasm')
  }
}

export const computing = new Computing()
