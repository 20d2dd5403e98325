/** Finds sentences of comments and documents that have to be read twice, by rules that a program can check. */

/** A sentence with its place. */
export interface Sentence {
  readonly place: string
  readonly text: string
}

/** The most words of a sentence. Code, formulas and brackets do not count. */
export const MOST_WORDS = 40

const faults: readonly (readonly [fault: RegExp, reason: string])[] = [
  [/^(?:What|Whatever|Whoever)\b(?!.*\?$)/, 'opens with a clause: name the thing instead'],
  [/^(?:Of|By) (?:which|whom|what)\b/i, 'opens with a clause: name the thing instead'],
  [/^(?:That|Those|The one|The ones) of\b/, 'opens with a pronoun: name the thing instead'],
  [/^Of (?!course\b|the \d)/, 'opens with its genitive: put the subject first'],
  [/^Where [^,?]*\.?$/, 'is a clause without a sentence: say what happens there'],
  [/\bwhoever\b/i, 'hides its subject behind a pronoun: name the thing instead'],
  [/\bthose of all of them\b|\b, which both\b/, 'has to be read twice: name the things instead'],
  [/\bof (?:which|whom) (?:the|it|they|some|all|most)\b/, 'turns its clause around: make it a sentence of its own'],
  [/\bby it (?:is|was|are|were)\b/, 'turns its clause around: put the subject first'],
  [
    /\b(?:one|once|twice|numbers?|values?|lists?|entry|lines?|rows?|bars?|points?|pictures|images|threads|milliseconds|folders?|answers|views|patches) an? (?:seed|channel|epoch|stage|picture|image|step|line|file|row|column|thread|part|block|class|layer|net|second|batch|pixel)\b(?! (?:is|has|of|that|in|at)\b)/,
    'says "a" for "per"',
  ],
  [/\bone’?'?s own\b/, 'says "one\'s own" for "your own" or "the user\'s own"'],
]

/** Lists what is wrong with a sentence; empty for a plain one. */
export function faultsOf(sentence: string): string[] {
  const found = faults.filter(([fault]) => fault.test(sentence)).map(([, reason]) => reason)
  const words = sentence
    .replaceAll(/`[^`]*`|\[[^\]]*\]|\([^)]*\)/g, ' ')
    .split(/\s+/)
    .filter((word) => /^[("'“]*[A-Za-z][A-Za-z'’-]+[)"'”.,;:!?]*$/.test(word))
  return words.length > MOST_WORDS
    ? [...found, `has ${words.length} words: at most ${MOST_WORDS} are read at once`]
    : found
}

/** Splits a text into sentences. Lists and tags such as `@param` begin a sentence of their own. */
function split(lines: readonly string[], place: string): Sentence[] {
  const text = lines
    .map((line) => (/^\s{2,}\S|^\s*(?:-|\*|\d+\.) |^@|^\|/.test(line) ? `\n${line.trim()}` : line.trim() || '\n'))
    .join(' ')
  return text
    .split(/\n|(?<=[.!?]["”)]?)\s+(?=[A-Z“"`([@])/)
    .map((part) => part.trim().replace(/^(?:-|\*|\d+\.) /, ''))
    .filter((part) => part !== '' && !part.startsWith('biome-ignore'))
    .map((part) => ({ place, text: part }))
}

/** The sentences in the comments of a source file. */
export function commentSentences(file: string, text: string): Sentence[] {
  const found: Sentence[] = []
  let comment: string[] = []
  let start = 0
  let isOpen = false
  const finish = () => {
    found.push(...split(comment, `${file}:${start}`))
    comment = []
  }
  for (const [at, line] of text.split('\n').entries()) {
    const begins = /^\s*(?:\/\*\*?|<!--)(.*)$/.exec(line)
    const single = /^\s*\/\/ ?(.*)$/.exec(line)
    if (!isOpen && !begins && !single) {
      if (comment.length > 0) finish()
      continue
    }
    if (begins && !isOpen && comment.length > 0) finish()
    if (comment.length === 0) start = at + 1
    if (single && !isOpen) {
      comment.push(single[1]!)
      continue
    }
    const body = begins && !isOpen ? begins[1]! : line
    isOpen = !/\*\/|-->/.test(line)
    comment.push(body.replace(/\s*(?:\*\/|-->).*$/, '').replace(/^\s*\* ?/, ''))
    if (!isOpen) finish()
  }
  finish()
  return found
}

/** The sentences of a Markdown document, without code, tables and headings. */
export function documentSentences(file: string, text: string): Sentence[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, (code) => code.replaceAll(/[^\n]/g, ''))
  return prose
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.split('\n').filter((line) => !/^(?:#|\||!\[|<!--)/.test(line)))
    .flatMap((lines) => split(lines, `${file}: ${lines[0]?.slice(0, 40) ?? ''}`))
}
