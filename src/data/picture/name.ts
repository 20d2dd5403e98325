/** Recognises picture files by their names. */

/** Extensions of pictures. Other files are skipped. */
export const pictureExtensions: readonly string[] =
  'jpg jpeg jpe jfif png webp gif tif tiff avif heic heif jxl jp2 j2k bmp dib ppm pgm pbm pnm'.split(' ')

/** Whether a file should be a picture. */
export function isPictureName(name: string): boolean {
  return pictureExtensions.includes(/\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '')
}
