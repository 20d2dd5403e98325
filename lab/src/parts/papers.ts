/** The addresses of the papers that studies name as their sources. `He 2015, table 6` is in the first. */
const papers: Readonly<Record<string, string>> = {
  'He 2015b': 'https://arxiv.org/abs/1502.01852',
  'He 2015': 'https://arxiv.org/abs/1512.03385',
  'He 2016': 'https://arxiv.org/abs/1603.05027',
  'Ioffe 2015': 'https://arxiv.org/abs/1502.03167',
  'Veit 2016': 'https://arxiv.org/abs/1605.06431',
  'Glorot 2010': 'https://proceedings.mlr.press/v9/glorot10a.html',
}

/** A source in parts: text, or the name of a paper with its address. */
export function linked(source: string): { readonly text: string; readonly address?: string }[] {
  return source
    .split(/((?:He|Veit|Ioffe|Glorot) \d{4}b?)/)
    .filter((text) => text !== '')
    .map((text) => (papers[text] ? { text, address: papers[text] } : { text }))
}
