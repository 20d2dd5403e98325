/** Every error message for users has a test that contains a part of its text, word for word. */
import ts from 'typescript'
import { expect, test } from 'vitest'
import { readTree } from './sources.js'

/** Letters that a test must share with a message, or the whole of a shorter part between two values. */
const SHARED = 16
/** Shorter parts say too little. */
const LEAST = 8

/** Errors of Node or of the language report a fault of the package, not a mistake of the user. */
const isUserError = (name: string) => /^[A-Z]\w+Error$/.test(name) && !/^(Range|Type|Syntax)Error$/.test(name)

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

const isText = (node: ts.Node): node is ts.StringLiteral | ts.NoSubstitutionTemplateLiteral =>
  ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)

/** The text of an expression, with `\0` for parts that are known only at run time. */
function textOf(node: ts.Expression): string {
  if (isText(node)) return node.text
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression)
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return textOf(node.left) + textOf(node.right)
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `\0${literal.text}`).join('')
  return '\0'
}

const parse = (file: string, text: string) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)

/** The texts in all tests, one per line; for regular expressions their literal text. */
function heldByTests(): string {
  const held: string[] = []
  for (const [file, text] of readTree('test'))
    if (!file.startsWith('test/house/messages'))
      walk(parse(file, text), (node) => {
        if (ts.isRegularExpressionLiteral(node)) held.push(node.text.replace(/\\(.)/g, '$1'))
        else if (isText(node) || ts.isTemplateExpression(node) || ts.isBinaryExpression(node))
          held.push(textOf(node).replace(/\\(.)/g, '$1'))
      })
  return held.join('\n')
}

/** The place of each message, and the part of its text that is known. */
function messages(): [place: string, text: string][] {
  const found: [string, string][] = []
  for (const [file, text] of readTree('src')) {
    const source = parse(file, text)
    walk(source, (node) => {
      const [what] =
        ts.isNewExpression(node) && isUserError(node.expression.getText())
          ? (node.arguments ?? [])
          : ts.isCallExpression(node) && node.expression.getText() === 'fileError'
            ? node.arguments.slice(1)
            : []
      if (what) found.push([`${file}:${source.getLineAndCharacterOfPosition(node.pos).line + 1}`, textOf(what)])
    })
  }
  return found
}

test('every message is held by a test', () => {
  const held = heldByTests()
  const isHeld = (part: string) => {
    for (let at = 0; at === 0 || at + SHARED <= part.length; at++)
      if (held.includes(part.slice(at, at + SHARED))) return true
    return false
  }
  const untested = messages().filter(([, text]) => {
    const parts = text.split('\0').filter((part) => part.length >= LEAST)
    return parts.length > 0 && !parts.some(isHeld)
  })
  expect(untested.map(([place, text]) => `${place}: ${text.replaceAll('\0', '…')}`)).toEqual([])
})
