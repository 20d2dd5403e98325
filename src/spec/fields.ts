/**
 * Checks the fields of a spec from outside. Each function returns the field's value, or throws a ConfigError that
 * starts with the path of the part and says what it expected and what it got.
 */
import { ConfigError } from '../util/errors.js'
import { expectKind, list as listKind, number as numberKind, text } from '../util/expect.js'
import { shown } from '../util/printable.js'

/** An object whose fields nobody has looked at. */
export type Fields = Readonly<Record<string, unknown>>

/** The value as an object with fields. */
export function object(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`${path}: expected an object, got ${got(value)}`)
  return value as Fields
}

/** Returns the value as an object that has only these fields. */
export function fields(value: unknown, path: string, names: readonly string[]): Fields {
  expectKind(path, 'path', text)
  expectKind(names, `${path}: names`, listKind)
  const stated = object(value, path)
  const unknown = Object.keys(stated).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new ConfigError(`${path}: there is no field ${got(unknown)}; the fields are ${names.join(', ')}`)
  return stated
}

/** A field that is a list of no fewer than `least` and at most `most` entries. */
export function list(
  value: unknown,
  path: string,
  name: string,
  least: number,
  most = Number.POSITIVE_INFINITY,
): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least)
    wrong(path, name, least === 0 ? 'a list' : `a list of at least ${least}`, value)
  if (value.length > most) wrong(path, name, `a list of at most ${most}`, value, `one of ${value.length}`)
  return Array.from(value) // fills holes, which loops would skip, with undefined
}

/** A field that is a whole number from `least` to `most`. */
export function whole(
  stated: Fields,
  path: string,
  name: string,
  least: number,
  most = Number.POSITIVE_INFINITY,
): number {
  expectKind(path, 'path', text)
  expectKind(name, `${path}: name`, text)
  expectKind(least, `${path}: least`, numberKind)
  expectKind(most, `${path}: most`, numberKind)
  const value = object(stated, path)[name]
  if (!Number.isSafeInteger(value) || (value as number) < least)
    wrong(path, name, `a whole number of at least ${least}`, value)
  if ((value as number) > most) wrong(path, name, `a whole number from ${least} to ${most}`, value)
  return value as number
}

/** A finite number, no farther from zero than `most`. */
export function number(stated: Fields, path: string, name: string, most: number): number {
  const value = stated[name]
  if (!Number.isFinite(value)) wrong(path, name, 'a finite number', value)
  if (Math.abs(value as number) > most) wrong(path, name, `a number from -${most} to ${most}`, value)
  return value as number
}

/** A field that is true or false. */
export function flag(stated: Fields, path: string, name: string): void {
  if (typeof stated[name] !== 'boolean') wrong(path, name, 'true or false', stated[name])
}

/** A field that is one of some texts. */
export function oneOf(stated: Fields, path: string, name: string, values: readonly string[]): void {
  const value = stated[name]
  if (typeof value !== 'string' || !values.includes(value))
    wrong(path, name, values.length === 1 ? got(values[0]) : `one of ${values.join(', ')}`, value)
}

/**
 * Refuses the value of a field.
 * @param text description of the value, if that is better than the value itself
 */
export function wrong(path: string, name: string, expected: string, value: unknown, text?: string): never {
  throw new ConfigError(`${path}: ${name} must be ${expected}, got ${text ?? got(value)}`)
}

/** A value as JSON, cut to one line, however long or deep it is. */
export function got(value: unknown): string {
  return shown(value, 60)
}
