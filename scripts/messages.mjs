/** The messages of errors in the sources: where each stands, and the parts of its text that are known before it is said. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** Errors of Node or of the language say that something is wrong in the package, not what a user did. */
const isUserError = (name) => /^[A-Z]\w+Error$/.test(name) && !/^(Range|Type|Syntax)Error$/.test(name)

/** Visits a node and all below it. */
export function walk(node, visit) {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

export const isText = (node) => ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)

/** The text of an expression, with `\0` for what is not known before it runs. */
export function textOf(node) {
  if (isText(node)) return node.text
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression)
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return textOf(node.left) + textOf(node.right)
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `\0${literal.text}`).join('')
  return '\0'
}

export const parse = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)

/** The messages of one source: `{ place: 'src/x.ts:12', text }`. */
export function messagesIn(file, text) {
  const found = []
  const source = parse(file, text)
  walk(source, (node) => {
    const [what] =
      ts.isNewExpression(node) && isUserError(node.expression.getText())
        ? (node.arguments ?? [])
        : ts.isCallExpression(node) && node.expression.getText() === 'fileError'
          ? node.arguments.slice(1)
          : []
    if (!what) return
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
    found.push({ file, place: `${file}:${line}`, text: textOf(what) })
  })
  return found
}

/** Those of all sources below `src/` of a checkout. */
export function allMessages(root) {
  return readdirSync(join(root, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`)
    .sort()
    .flatMap((file) => messagesIn(file, readFileSync(join(root, file), 'utf8')))
}
