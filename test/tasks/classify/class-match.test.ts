/** Classes of weights and of data: matched by name, in whatever order; refused where they are others. */
import { describe, expect, test } from 'vitest'
import { expectSameClasses, matchClasses } from '../../../src/tasks/classify/class-match.js'
import { ConfigError } from '../../../src/util/errors.js'

const match = (own: readonly string[], classes: readonly string[], options = {}) =>
  matchClasses({ classes: own }, 'resnet8', { name: 'folder', classes }, options)
const refused = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  return expect.fail('should have been refused')
}

describe('by name', () => {
  test('the same list needs no word', () => {
    expect(match(['a', 'b'], ['a', 'b'])).toEqual({ numbers: [0, 1], isSame: true, notes: [] })
    expect(match(['crane', 'dog', 'crane'], ['crane', 'dog', 'crane'])).toMatchObject({ numbers: [0, 1, 2], notes: [] })
  })

  test('another order is mapped, and said', () => {
    expect(match(['circle', 'square', 'triangle'], ['square', 'triangle', 'circle'])).toEqual({
      numbers: [1, 2, 0],
      isSame: false,
      notes: ['folder has the classes of resnet8 in another order; they were matched by name'],
    })
  })

  test('letters are composed, and case counts only if names differ by case alone', () => {
    expect(match(['café', 'Dog'], ['dog', 'cafe\u0301']).numbers).toEqual([1, 0])
    expect(match(['a', 'A'], ['A', 'a']).numbers).toEqual([1, 0])
  })

  test('others are refused and named, unless that is allowed', () => {
    const [own, data] = [
      ['circle', 'square', 'triangle'],
      ['square', 'triangle', 'zircle'],
    ]
    expect(refused(() => match(own!, data!))).toBe(
      'folder has other classes than resnet8: it has zircle, which these weights do not know, and lacks circle, which they know; evaluate these weights on classes that they know; or pass { allowOtherClasses: true }',
    )
    const allowed = match(own!, data!, { allowOtherClasses: true })
    expect(allowed.numbers).toEqual([1, 2, 0])
    expect(allowed.notes[0]).toContain('which they know; the rest was paired: zircle as circle')
    expect(refused(() => match(own!, ['square']))).toContain('it lacks circle, triangle, which they know; evaluate')
    expect(match(own!, ['square'], { allowOtherClasses: true })).toMatchObject({ numbers: [1], isSame: false })
    expect(refused(() => match(own!, [...own!, 'v', 'w', 'x', 'y', 'z']))).toContain('it has v, w, x and 2 more, which')
    expect(refused(() => match(own!, [...own!, 'x'], { allowOtherClasses: true }))).toContain(
      'folder has 4 classes, resnet8 has 3: it has x, which these weights do not know; evaluate these weights on data with at most as many classes',
    )
  })
})

describe('without names', () => {
  test.each([
    ['of the weights', ['class 0', 'class 1'], ['cat', 'dog'], 'these weights hold no class names: only the number'],
    [
      'of the data',
      ['cat', 'dog'],
      ['class 0', 'class 1'],
      'folder has no class names: only the number of classes, 2,',
    ],
  ])('%s: only the number is compared, and that is said', (_, own, classes, note) => {
    expect(match(own, classes)).toMatchObject({ numbers: [0, 1], isSame: true, notes: [expect.stringContaining(note)] })
    expect(refused(() => match(own, [...classes, 'class 2'].slice(0, 3)))).toMatch(/3|other classes/)
  })

  test('guessed names prove nothing', () => {
    const own = { classes: ['airplane', 'automobile'], classesAssumed: true as const }
    const data = { name: 'folder', classes: ['airplane', 'boat'] }
    expect(matchClasses(own, 'resnet20', data).notes[0]).toContain('only the number of classes, 2, was compared')
    expect(refused(() => matchClasses(own, 'resnet20', { ...data, classes: ['a', 'b', 'c'] }))).toBe(
      'folder has 3 classes, resnet20 has 2',
    )
  })
})

test('a training goes on with the classes it began with, in their order', () => {
  const going = (own: readonly string[], classes: readonly string[]) => () =>
    expectSameClasses({ classes: own }, { name: 'folder', classes })
  expect(going(['café', 'b'], ['cafe\u0301', 'B'])).not.toThrow()
  expect(refused(going(['a', 'b'], ['b', 'a']))).toBe(
    'folder: has the classes b, a; this training began with a, b; go on with the set it began with',
  )
  expect(refused(going(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'e']))).toBe(
    'folder: has the classes a, b, c and 1 more; this training began with a, b, c and 1 more; the first that differs is e, it was d; go on with the set it began with',
  )
})
