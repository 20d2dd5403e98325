/** Every error that a user can meet has a test of its text: a test that holds a part of it, word for word. */
import ts from 'typescript'
import { expect, test } from 'vitest'
import { readTree } from './sources.js'

/** Letters that a test must share with a message, or all of a part between two values that is shorter. */
const SHARED = 16
/** A part that is shorter says too little. */
const LEAST = 8

/** Errors of Node or of the language say that something is wrong in the package, not what a user did. */
const isUserError = (name: string) => /^[A-Z]\w+Error$/.test(name) && !/^(Range|Type|Syntax)Error$/.test(name)

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

const isText = (node: ts.Node): node is ts.StringLiteral | ts.NoSubstitutionTemplateLiteral =>
  ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)

/** The text of an expression, with `\0` for what is not known before it runs. */
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

/** All that tests hold, one text a line; of regular expressions what they match word for word. */
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

/** Where each message stands, and what of it is known. */
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
