/** Makes upscaling data from a data set of classes: the luminance of its pictures, in 8 bits. */

import { type Dataset, type Pictures, pictureBytes } from '../../data/dataset.js'
import { expectDataset } from '../../data/expect-data.js'
import { luminancePlane } from '../../data/luminance-plane.js'
import { expectKind, listOf, whole } from '../../util/expect.js'
import { luminanceNormalisation, type UpscalingData } from './data.js'

/** Makes upscaling data from a data set of classes. The classes are left out. */
export function forUpscaling(data: Dataset, scales: readonly number[]): UpscalingData {
  expectDataset(data, 'forUpscaling: data')
  expectKind(scales, 'forUpscaling: scales', listOf(whole(2, 4), 'a list of some of 2, 3, 4'))
  const planes = (pictures: Pictures) =>
    Array.from({ length: pictures.count }, (_, i) => luminancePlane(pictureBytes(pictures, i), pictures))
  const { name, train, val, test, unreadable } = data
  return {
    name,
    scales,
    train: planes(train),
    ...(val ? { val: planes(val) } : {}),
    test: planes(test),
    normalisation: luminanceNormalisation,
    unreadable,
  }
}
