/**
 * Draws an explanation over its picture. The picture is pale, and the map goes from violet over red to yellow. Its
 * lightness rises evenly to the eye, so it is readable in grey too. Parts that the network did not read are dark.
 */

import type { PixelPicture } from '../../data/picture/picture.js'
import { pixelsOf } from '../../inference/picture.js'
import { ConfigError } from '../../util/errors.js'
import { expectFields, finite, numbers, object } from '../../util/expect.js'
import type { Explanation } from './explain.js'

/** Lightness, chroma and hue in OKLCH for the weakest and the strongest evidence. The hue rises in between. */
const LEAST = { lightness: 0.28, chroma: 0.13, hue: 290 }
const MOST = { lightness: 0.93, chroma: 0.17, hue: 360 + 105 }
/** The opacity of the colour over the picture, at least and at most. */
const COVER = [0.2, 0.72] as const
/**
 * The share of the picture's own colour that is kept below the map, and the share of its brightness that is kept
 * outside the part that was read.
 */
const OWN_COLOUR = 0.35
const BESIDE = 0.35

/** Red, green and blue of 256 steps, from 0 to 255. */
export function heatColours(): Uint8Array {
  const colours = new Uint8Array(256 * 3)
  for (let i = 0; i < 256; i++) {
    const at = (from: number, to: number) => from + ((to - from) * i) / 255
    const chroma = at(LEAST.chroma, MOST.chroma)
    const hue = (at(LEAST.hue, MOST.hue) * Math.PI) / 180
    colours.set(fromOklab(at(LEAST.lightness, MOST.lightness), chroma * Math.cos(hue), chroma * Math.sin(hue)), 3 * i)
  }
  return colours
}

/** Converts OKLCH [Ottosson 2020] to 8-bit sRGB. Colours outside sRGB are clipped. */
function fromOklab(lightness: number, a: number, b: number): number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return linear.map((value) => {
    const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055
    return Math.round(255 * Math.min(1, Math.max(0, encoded)))
  })
}

const rectangle = { left: finite, top: finite, width: finite, height: finite }

/**
 * Draws the map over the picture. Returns RGB.
 * @param picture the one that was explained, as pixels: RGB, RGBA or grey
 */
export function drawExplanation(
  picture: PixelPicture,
  explanation: Pick<Explanation, 'pictureMap' | 'read'>,
): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const { width, height, data } = pixelsOf(picture, 'drawExplanation: picture')
  const fields = { pictureMap: object, read: object }
  expectFields(explanation, 'drawExplanation: explanation', 'what explain() gives', fields)
  const { pictureMap, read } = explanation
  expectFields(pictureMap, 'drawExplanation: explanation.pictureMap', '{ width, height, data }', { data: numbers })
  expectFields(read, 'drawExplanation: explanation.read', '{ left, top, width, height }', rectangle)
  if (width !== pictureMap.width || height !== pictureMap.height)
    throw new ConfigError(
      `drawExplanation: the picture has ${width}x${height} pixels, the explanation is of one of ${pictureMap.width}x${pictureMap.height}`,
    )
  const channels = data.length / (width * height)
  const colours = heatColours()
  const drawn = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const isRow = y + 0.5 > read.top && y + 0.5 < read.top + read.height
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      const [red, green, blue] = [0, 1, 2].map((c) => data[i * channels + Math.min(c, channels - 1)]!) as [
        number,
        number,
        number,
      ]
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue
      const isRead = isRow && x + 0.5 > read.left && x + 0.5 < read.left + read.width
      const share = pictureMap.data[i]!
      const cover = isRead ? COVER[0] + (COVER[1] - COVER[0]) * share : 0
      const step = 3 * Math.round(255 * share)
      ;[red, green, blue].forEach((own, c) => {
        const pale = grey + OWN_COLOUR * (own - grey)
        drawn[3 * i + c] = isRead ? pale * (1 - cover) + colours[step + c]! * cover : pale * BESIDE
      })
    }
  }
  return { width, height, data: drawn }
}
