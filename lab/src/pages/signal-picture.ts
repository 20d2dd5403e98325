/** Converts pictures of the page Signal: bytes by channel for the library, addresses for the page. */
export const SIDE = 64

/** The lab's own picture: a house under a moon. */
export function drawing(): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE
  const draw = canvas.getContext('2d')!
  const fill = (colour: string, ...points: readonly [number, number][]) => {
    draw.fillStyle = colour
    draw.beginPath()
    for (const [x, y] of points) draw.lineTo(x, y)
    draw.fill()
  }
  draw.fillStyle = '#24466b'
  draw.fillRect(0, 0, SIDE, SIDE)
  draw.fillStyle = '#f4e3b2'
  draw.beginPath()
  draw.arc(49, 15, 8, 0, 7)
  draw.fill()
  draw.fillStyle = '#3d6b45'
  draw.fillRect(0, 50, SIDE, 14)
  fill('#e9dcc6', [14, 54], [14, 32], [42, 32], [42, 54])
  fill('#a8452c', [9, 33], [28, 15], [47, 33])
  draw.fillStyle = '#3a2a24'
  draw.fillRect(24, 40, 8, 14)
  draw.fillStyle = '#f7c948'
  draw.fillRect(17, 37, 5, 5)
  draw.fillRect(34, 37, 5, 5)
  return canvas
}

/** Returns the bytes [3][side][side]. */
export function pixelsOf(canvas: HTMLCanvasElement): Uint8Array {
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, SIDE, SIDE)
  const area = SIDE * SIDE
  return Uint8Array.from({ length: 3 * area }, (_, i) => data[4 * (i % area) + Math.floor(i / area)]!)
}

export function greyUrl(grey: Uint8Array): string {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE
  const context = canvas.getContext('2d')!
  const image = context.createImageData(SIDE, SIDE)
  grey.forEach((value, i) => {
    image.data.set([value, value, value, 255], 4 * i)
  })
  context.putImageData(image, 0, 0)
  return canvas.toDataURL()
}
