/**
 * The errors a person can meet. Each message says who speaks (a path, a file, a flag), what was expected,
 * what was got, and what to do about it.
 */

/** The remedy of an error, in the words of those who call functions and of those who type commands. */
export interface Remedy {
  readonly code: string
  readonly shell: string
}

/** The cause of an error, and the remedy where it has other words for other readers. */
export interface ResnetErrorOptions extends ErrorOptions {
  readonly remedy?: Remedy
}

/**
 * Base of every error this package throws on purpose. Anything else that escapes is a bug of ours. Its message is for
 * those who call functions; `shellMessage` says the same to those who type commands.
 */
export class ResnetError extends Error {
  override readonly name: string = 'ResnetError'
  // Private, so that errors with the same message are equal.
  readonly #shellMessage: string

  constructor(message: string, options: ResnetErrorOptions = {}) {
    const { remedy } = options
    super(remedy ? `${message}; ${remedy.code}` : message, options)
    this.#shellMessage = remedy ? `${message}; ${remedy.shell}` : message
  }

  /** The message in the words of those who type commands. */
  get shellMessage(): string {
    return this.#shellMessage
  }
}

/** Shapes, widths or attributes that do not fit together. The message starts with the path of the layer. */
export class ShapeError extends ResnetError {
  override readonly name = 'ShapeError'
}

/** A spec, recipe, option or flag with a value that has no meaning. */
export class ConfigError extends ResnetError {
  override readonly name = 'ConfigError'
}

/** A file or folder that is missing, damaged, or not what it was taken for. The message names it. */
export class DataError extends ResnetError {
  override readonly name = 'DataError'
}

/** An engine that is not available here, lacks something the plan needs, or failed while running. */
export class EngineError extends ResnetError {
  override readonly name = 'EngineError'
}

/** A training that cannot go on, for example because the loss is no longer a number. */
export class TrainingError extends ResnetError {
  override readonly name = 'TrainingError'
}

/** States what the code itself guarantees. A failure is a bug here, never a mistake of the user's. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${message} (please report this)`)
}
