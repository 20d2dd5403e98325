/**
 * Converts colour pictures to grey for networks that read one channel: luminance, as the eye sees it. [ITU-R BT.601,
 * full range]
 */
import { ConfigError } from '../../util/errors.js'
import { expectKind, whole } from '../../util/expect.js'
import { type Dataset, inputSize, normalisationFor, type Pictures, pictureBytes } from '../dataset.js'
import { expectDataset } from '../expect-data.js'

/** Luminance from 0 to 255, not rounded. */
export function greyOf(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

/**
 * Converts a data set to a network's number of channels. It stays unchanged if its pictures have that number. Colour
 * pictures become luminance, rounded to 8 bits, if the network reads one channel. Nothing is copied.
 * @throws ConfigError if neither holds, and for anything but a data set; DataError for pixels or labels that do not fit
 */
export function matchChannels(data: Dataset, channels: number): Dataset {
  expectDataset(data, 'matchChannels: data')
  expectKind(channels, 'matchChannels: channels', whole(1))
  const { train, val, test } = data
  const given = inputSize(train).channels
  if (given === channels) return data
  if (given !== 3 || channels !== 1 || [train, test].some(({ pixels }) => 'views' in pixels))
    throw new ConfigError(
      `${data.name}: has pictures of ${given} channels, the network reads ${channels}; pictures in colour can be made grey, ` +
        'but nothing else: give it data of as many channels',
    )
  const normalisation = normalisationFor(data.normalisation, 1)
  return { ...data, train: grey(train), ...(val ? { val: grey(val) } : {}), test: grey(test), normalisation }
}

function grey(pictures: Pictures): Pictures {
  const area = pictures.height * pictures.width
  const bytes = new Uint8Array(area)
  const read = (index: number) => {
    const colours = pictureBytes(pictures, index)
    for (let i = 0; i < area; i++)
      bytes[i] = Math.round(greyOf(colours[i]!, colours[area + i]!, colours[2 * area + i]!))
    return bytes
  }
  return { ...pictures, channels: 1, pixels: { read } }
}
