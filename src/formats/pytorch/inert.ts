/**
 * Objects of classes that are not known here. A pickle says how Python would make them: by a call, with arguments, and a
 * state set afterwards. None of that is done. The call is kept as a record that nobody runs.
 */

/**
 * A class or function that a file names, or an object that it would have made. The state is a map, so that no key of a
 * file becomes the name of a property.
 */
export class Inert {
  /** Module and name, for example `torch.nn.modules.linear.Linear`. */
  readonly name: string
  /** The arguments of the call; undefined if the class or function is only named. */
  readonly args: readonly unknown[] | undefined
  /** Attributes, entries by their key, and elements by their number. */
  readonly state = new Map<unknown, unknown>()

  constructor(name: string, args?: readonly unknown[]) {
    this.name = name
    this.args = args
  }
}

/**
 * Classes and functions of Python, NumPy and PyTorch that hold settings and measurements. A file that only asks for
 * these is not worth a word.
 */
const usual = [
  /^(builtins|__builtin__)\.(bytearray|bytes|complex|dict|float|int|list|object|range|slice|str|tuple)$/,
  /^(_codecs\.encode|copyreg\._reconstructor|copy_reg\._reconstructor|argparse\.Namespace|types\.SimpleNamespace)$/,
  /^pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path$/,
  /^collections\.(Counter|deque|namedtuple)$/,
  /^(datetime|decimal|fractions|uuid|enum)\.\w+$/,
  /^numpy(\._?core\.(multiarray|numeric|_multiarray_umath))?\.(scalar|dtype|ndarray|_reconstruct|_frombuffer|\w*int\d*|float\d+|bool_)$/,
  /^numpy\.(random\._pickle\.\w+|dtypes\.\w+)$/,
  /^torch\.(device|Size|Generator|layout)$/,
]

/** Whether a name is one of `usual`. */
export function isUsual(name: string): boolean {
  return usual.some((pattern) => pattern.test(name))
}
