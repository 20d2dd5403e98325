/**
 * Makes docs/images/upscaling.png: test pictures of the built-in set made half as large, and enlarged again by nearest
 * pixels, bicubically and by a small residual net that is trained here for some minutes; last the true pictures.
 */
import sharp from 'sharp'
import { builtin, createTrainer, forUpscaling, load, upscale, vdsr } from '../dist/internal.node.js'

const [SCALE, SIDE, ZOOM, GAP] = [2, 32, 6, 8]
const SHOWN = [0, 3, 14, 6, 18]

const set = builtin({ train: 2000, test: 50 })
const spec = vdsr({ depth: 8, width: 32, input: { channels: 1, height: 24, width: 24 } })
const trainer = await createTrainer(spec, forUpscaling(set, [SCALE]), { steps: 1250, lr: 0.002 })
for await (const { step } of trainer.steps()) if (step % 100 === 0) console.log(step)
const { psnr, bicubic } = await trainer.evaluate()
console.log(`PSNR ${psnr.toFixed(2)} dB, bicubic ${bicubic.psnr.toFixed(2)} dB`)
const net = await load(await trainer.checkpoint(), { engine: trainer.engine })

const raw = (side) => ({ raw: { width: side, height: side, channels: 3 } })
const rows = await Promise.all(
  SHOWN.map(async (index) => {
    const plane = SIDE * SIDE
    const bytes = set.test.pixels.subarray(index * 3 * plane, (index + 1) * 3 * plane)
    const truth = Uint8Array.from({ length: 3 * plane }, (_, i) => bytes[(i % 3) * plane + Math.floor(i / 3)])
    const half = SIDE / SCALE
    const small = await sharp(truth, raw(SIDE)).resize(half, half, { kernel: 'cubic' }).raw().toBuffer()
    const nearest = await sharp(small, raw(half)).resize(SIDE, SIDE, { kernel: 'nearest' }).raw().toBuffer()
    const smooth = await sharp(small, raw(half)).resize(SIDE, SIDE, { kernel: 'cubic' }).raw().toBuffer()
    const { data } = await upscale(net, { width: half, height: half, data: new Uint8Array(small) })
    return Promise.all(
      [nearest, smooth, data, truth].map((pixels) =>
        sharp(pixels, raw(SIDE))
          .resize(SIDE * ZOOM, SIDE * ZOOM, { kernel: 'nearest' })
          .png()
          .toBuffer(),
      ),
    )
  }),
)
const at = (i) => GAP + i * (SIDE * ZOOM + GAP)
await sharp({ create: { width: at(SHOWN.length), height: at(4), channels: 3, background: '#ffffff' } })
  .composite(rows.flatMap((column, x) => column.map((input, y) => ({ input, left: at(x), top: at(y) }))))
  .png({ palette: true })
  .toFile(new URL('../docs/images/upscaling.png', import.meta.url).pathname)
await trainer.dispose()
