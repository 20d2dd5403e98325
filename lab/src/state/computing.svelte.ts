/** What computes for all pages: the page's own worker, or the machine behind `resnet lab`. */
import { Client } from '../compute/client.js'
import type { EngineInfo } from '../compute/engine.js'
import { localWire } from '../compute/local.js'

class Computing {
  /** What is known of the engine once it is open. */
  engine = $state<EngineInfo>()
  /** Training pictures a second, newest; 0 while nothing trains. */
  rate = $state(0)
  #client: Client | undefined

  /** Started when first asked for. */
  get client(): Client {
    this.#client ??= new Client(localWire())
    return this.#client
  }

  async open(): Promise<void> {
    this.engine ??= await this.client.call('engine', {})
  }
}

export const computing = new Computing()
