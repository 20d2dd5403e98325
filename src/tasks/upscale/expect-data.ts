/** Checks upscaling data that is passed in. */
import type { Plane } from '../../data/bicubic.js'
import { expectNormalisation } from '../../data/expect-data.js'
import { DataError } from '../../util/errors.js'
import { expectFields, expectKind, list, name, numbers, object, whole } from '../../util/expect.js'
import type { UpscalingData } from './data.js'

const UPSCALING = 'pictures to enlarge, such as forUpscaling() gives'

/** @throws ConfigError for anything but upscaling data */
export function expectUpscalingData(value: unknown, who: string): asserts value is UpscalingData {
  expectFields(value, who, UPSCALING, { name, scales: list, train: list, test: list, normalisation: object })
  const { scales, train, val = [], test, normalisation } = value as UpscalingData
  scales.forEach((scale, i) => {
    expectKind(scale, `${who}.scales[${i}]`, whole(1))
  })
  for (const [part, planes] of Object.entries({ train, val, test })) expectPlanes(planes, `${who}.${part}`)
  expectNormalisation(normalisation, 1, `${who}.normalisation`)
}

/** Checks a list of planes. @throws the errors of `expectPlane`, naming the place */
export function expectPlanes(value: unknown, who: string): asserts value is readonly Plane<Uint8Array>[] {
  expectKind(value, who, list)
  value.forEach((plane, i) => {
    expectPlane(plane, `${who}[${i}]`)
  })
}

/** @throws ConfigError for anything but one channel of a picture; DataError when it has too few values */
export function expectPlane(value: unknown, who: string): void {
  const fields = { height: whole(1), width: whole(1), values: numbers }
  expectFields(value, who, 'one channel of a picture, { width, height, values }', fields)
  const { height, width, values } = value as { height: number; width: number; values: ArrayLike<number> }
  if (values.length !== height * width)
    throw new DataError(`${who}.values: expected ${height * width} (${width}x${height}), got ${values.length}`)
}
