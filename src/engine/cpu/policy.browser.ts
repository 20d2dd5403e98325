/**
 * Whether the Content Security Policy of a page is why something did not work there. Some errors say so; of others
 * browsers tell by an event alone, which comes a moment after the error.
 */

/** The directives by which a policy may forbid the engine something. */
export type Directive = 'script-src' | 'connect-src' | 'worker-src'

/** The words of browsers about a policy: Chromium and Safari name the word that is lacking, Firefox the cause. */
const SAYS_SO = /unsafe-eval|Content Security Policy|\bCSP\b/

/** Whether an error itself names a policy as its cause. */
export const saysPolicy = (error: unknown): boolean => SAYS_SO.test(String(error))

/** Listens from now on. */
export class PolicyWatch {
  readonly #seen = new Set<string>()
  readonly #note = (event: Event) => this.#seen.add((event as SecurityPolicyViolationEvent).effectiveDirective)

  constructor() {
    globalThis.addEventListener?.('securitypolicyviolation', this.#note)
  }

  /** Listens no longer. @returns whether a policy is why there was this error */
  async isCause(error: unknown, directive: Directive): Promise<boolean> {
    if (saysPolicy(error)) {
      this.end()
      return true
    }
    await new Promise((resolve) => setTimeout(resolve))
    this.end()
    return [...this.#seen].some((seen) => seen.startsWith(directive))
  }

  end(): void {
    globalThis.removeEventListener?.('securitypolicyviolation', this.#note)
  }
}

/**
 * The directive that the policy should have instead.
 * @param url of what is fetched; workers are of the page's own origin in any case
 */
export function policyWords(directive: Directive, url?: string | URL): string {
  const source = directive === 'script-src' ? "'wasm-unsafe-eval'" : sourceOf(url)
  return (
    `forbidden by the page's Content Security Policy (CSP): add ${source} to its ${directive}, or to its default-src ` +
    `where it has no ${directive}`
  )
}

/** How a policy names where a file lies. */
function sourceOf(url: string | URL | undefined): string {
  const page = globalThis.location
  const origin = url === undefined ? page?.origin : new URL(url, page?.href).origin
  return origin === page?.origin ? "'self'" : String(origin)
}
