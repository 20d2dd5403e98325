/** Writes down the errors that the sources make in a worker of the tests: see `said.mjs`. */
import { ResnetError } from '../../src/util/errors.js'
import { writeDown } from './said.mjs'

writeDown(ResnetError)
