/** Guesses at what was meant. */
import { expect, test } from 'vitest'
import { ResnetError } from '../../src/util/errors.js'
import { nearest } from '../../src/util/nearest.js'

test('the nearest values come first, as many as are asked for', () => {
  const legal = ['resnet20', 'resnet56', 'plain20', 'vgg15']
  expect(nearest('resnt20', legal)).toEqual(['resnet20'])
  expect(nearest('resnt20', legal, 2)).toEqual(['resnet20', 'resnet56'])
  expect(nearest('RESNET56', legal)).toEqual(['resnet56'])
  expect(nearest('alexnet-and-more', legal, 3)).toEqual([])
})

test('an error has a remedy for those who call functions and one for those who type commands', () => {
  const error = new ResnetError('a.pth: makes pictures', { remedy: { code: 'use upscale()', shell: 'type upscale' } })
  expect(error.message).toBe('a.pth: makes pictures; use upscale()')
  expect(error.shellMessage).toBe('a.pth: makes pictures; type upscale')
  expect(new ResnetError('a.pth: is gone').shellMessage).toBe('a.pth: is gone')
})
