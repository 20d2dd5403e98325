/** Every error message for users has a test that contains a part of its text, word for word. */
import ts from 'typescript'
import { expect, test } from 'vitest'
import { allMessages, isText, parse, textOf, walk } from '../../scripts/messages.mjs'
import { readTree, root } from './sources.js'

/** Letters that a test must share with a message, or the whole of a shorter part between two values. */
const SHARED = 16
/** Shorter parts say too little. */
const LEAST = 8

/** All that tests hold, one text a line; of regular expressions what they match word for word. */
function heldByTests(): string {
  const held: string[] = []
  for (const [file, text] of readTree('test'))
    if (!file.startsWith('test/house/messages'))
      walk(parse(file, text), (node: ts.Node) => {
        if (ts.isRegularExpressionLiteral(node)) held.push(node.text.replace(/\\(.)/g, '$1'))
        else if (isText(node) || ts.isTemplateExpression(node) || ts.isBinaryExpression(node))
          held.push(textOf(node).replace(/\\(.)/g, '$1'))
      })
  return held.join('\n')
}

test('every message is held by a test', () => {
  const held = heldByTests()
  const isHeld = (part: string) => {
    for (let at = 0; at === 0 || at + SHARED <= part.length; at++)
      if (held.includes(part.slice(at, at + SHARED))) return true
    return false
  }
  const untested = allMessages(root).filter(({ text }) => {
    const parts = text.split('\0').filter((part: string) => part.length >= LEAST)
    return parts.length > 0 && !parts.some(isHeld)
  })
  expect(untested.map(({ place, text }) => `${place}: ${text.replaceAll('\0', '…')}`)).toEqual([])
})
