/**
 * The errors that a user can meet. Each message names its subject (a path, a file, a flag), says what was expected and
 * what was found, and gives a remedy.
 */

/** The remedy of an error, worded for users of functions and for users of commands. */
export interface Remedy {
  readonly code: string
  readonly shell: string
}

/** The cause of an error, and its remedy if the two kinds of users need different words. */
export interface ResnetErrorOptions extends ErrorOptions {
  readonly remedy?: Remedy
}

/**
 * Base of every error that this package throws on purpose. Any other error is a bug of this package. Its message
 * addresses users of functions; `shellMessage` says the same to users of commands.
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

  /** The message for users of commands. */
  get shellMessage(): string {
    return this.#shellMessage
  }
}

/** Shapes, widths or attributes that do not fit together. The message starts with the path of the layer. */
export class ShapeError extends ResnetError {
  override readonly name = 'ShapeError'
}

/** A spec, recipe, option or flag with an invalid value. */
export class ConfigError extends ResnetError {
  override readonly name = 'ConfigError'
}

/** A file or folder that is missing, damaged, or of the wrong kind. The message names it. */
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

/** Checks a condition that the code itself guarantees. A failure is a bug here, never a mistake of the user. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${message} (please report this)`)
}
