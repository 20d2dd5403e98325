/**
 * Finds out whether a page's Content Security Policy caused an error. Some errors say so. For others the browser sends
 * only an event, a moment after the error.
 */

/** The directives of a policy that can forbid something to the engine. */
export type Directive = 'script-src' | 'connect-src' | 'worker-src'

/** The words of browsers about a policy: Chromium and Safari name the missing keyword, Firefox the cause. */
const SAYS_SO = /unsafe-eval|Content Security Policy|\bCSP\b/

/** Whether an error itself names a policy as its cause. */
export const saysPolicy = (error: unknown): boolean => SAYS_SO.test(String(error))

/** Listens for violations of the policy from its construction on. */
export class PolicyWatch {
  readonly #seen = new Set<string>()
  readonly #note = (event: Event) => this.#seen.add((event as SecurityPolicyViolationEvent).effectiveDirective)

  constructor() {
    globalThis.addEventListener?.('securitypolicyviolation', this.#note)
  }

  /** Stops listening. @returns whether a policy caused this error */
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
 * Says how to change the policy.
 * @param url of the fetched file; workers always come from the page's own origin
 */
export function policyWords(directive: Directive, url?: string | URL): string {
  const source = directive === 'script-src' ? "'wasm-unsafe-eval'" : sourceOf(url)
  return (
    `forbidden by the page's Content Security Policy (CSP): add ${source} to its ${directive}, or to its default-src ` +
    `where it has no ${directive}`
  )
}

/** The source expression of a policy that names the place of a file. */
function sourceOf(url: string | URL | undefined): string {
  const page = globalThis.location
  const origin = url === undefined ? page?.origin : new URL(url, page?.href).origin
  return origin === page?.origin ? "'self'" : String(origin)
}
