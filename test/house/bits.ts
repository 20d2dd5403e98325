/**
 * Finds arithmetic that gives other bits on another version of V8, and sources of chance or time. Neither may affect a
 * training. `Math` is allowed only where its result is exact by the language's own specification.
 */
import ts from 'typescript'

const exact = new Set(
  'abs ceil clz32 floor fround imul max min round sign sqrt trunc E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2'.split(' '),
)
const chance = new Set(['Date', 'performance', 'crypto', 'Temporal'])

/** Finds code that breaks reproducible bits in a source file. Returns sentences with line numbers. */
export function unstableBits(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const reason = unstable(node)
    if (reason) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      found.push(`${file}:${line}: ${reason}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function unstable(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsteriskAsteriskToken || node.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken)
    return '** may differ in the last bit between V8 versions; multiply, or use src/util/math.ts'
  if (!ts.isIdentifier(node) || isMemberName(node)) return undefined
  if (node.text === 'Math') {
    const name = ts.isPropertyAccessExpression(node.parent) ? node.parent.name.text : undefined
    if (name === 'random') return 'Math.random has no seed; use src/util/random.ts'
    if (name === undefined) return 'Math must be used as Math.name, so that the name can be checked'
    if (!exact.has(name)) return `Math.${name} may differ in the last bit between V8 versions; use src/util/math.ts`
  }
  if (chance.has(node.text)) return `${node.text} changes from run to run`
  return undefined
}

/** Whether an identifier is the name of a property, like `Date` in `report.Date` or in `{ Date: 1 }`. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  return (
    (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) &&
    parent.name === node
  )
}
