/** Writes tape instructions: a kernel's number, then its arguments in the order of the kernel table. */
import { invariant } from '../../util/errors.js'
import { type KernelName, kernelNames, kernels, kindOf } from './kernel-table.js'

export type KernelArguments<Name extends KernelName> = Readonly<Record<(typeof kernels)[Name][number], number>>

/** The arguments of each kernel that may be any number. All others are whole. */
const numbers = new Map(
  kernelNames.map((name) => [
    name,
    new Set((kernels[name] as readonly string[]).filter((key) => kindOf(name, key) === 'number')),
  ]),
)

export class Tape {
  readonly #words: number[] = []

  push<Name extends KernelName>(name: Name, args: KernelArguments<Name>): void {
    this.#words.push(kernelNames.indexOf(name))
    for (const key of kernels[name] as readonly (keyof typeof args)[]) {
      const word = args[key]
      invariant(typeof word === 'number' && !Number.isNaN(word), `${name} lacks its argument ${String(key)}`)
      const whole = Number.isSafeInteger(word) || numbers.get(name)!.has(String(key))
      invariant(whole, `${name} got ${word} for its argument ${String(key)}, which must be a whole number`)
      this.#words.push(word)
    }
  }

  build(): Float64Array {
    return Float64Array.from(this.#words)
  }
}
