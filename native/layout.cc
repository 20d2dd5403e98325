// Kernels that move data: the shortcut that subsamples and pads channels, weights transposed for the input gradient,
// and weights with a folded batch norm.
#include "kernel.h"

namespace VARIANT {

namespace {

// Copies 16 channels from channel `first` on, of the pixel whose block 0 is at `pixel`. Channels outside [from, to)
// become zero. Channels need not be aligned to blocks: if 16 become 32 with 8 before them, half blocks move.
INLINE void gather_channels(float* y, const float* pixel, index_t plane, index_t first, index_t from, index_t to) {
  store(y, lanes(0));
  const index_t last = smaller(first + BLOCK, to);
  for (index_t channel = larger(first, from); channel < last;) {
    const float* source = pixel + channel / BLOCK * plane + channel % BLOCK;
    const index_t run = smaller(last - channel, BLOCK - channel % BLOCK);
    float* target = y + (channel - first);
    if (run == BLOCK)
      store(target, load_lanes(source));
    else if (run == BLOCK / 2)
      __builtin_memcpy(target, source, sizeof(float) * BLOCK / 2);
    else
      for (index_t k = 0; k < run; k++) target[k] = source[k];
    channel += run;
  }
}

}  // namespace

// A piece is an image.
index_t pieces(const pad_shortcut_args& args) { return static_cast<index_t>(args.n); }

void run(const pad_shortcut_args& args, const Context& context, index_t image) {
  const index_t h = static_cast<index_t>(args.h), w = static_cast<index_t>(args.w);
  const index_t oh = static_cast<index_t>(args.oh), ow = static_cast<index_t>(args.ow);
  const index_t sh = static_cast<index_t>(args.sh), sw = static_cast<index_t>(args.sw);
  const index_t channels = static_cast<index_t>(args.c), before = static_cast<index_t>(args.before);
  const index_t plane = h * w * BLOCK, blocks = blocks_of(args.o);
  const float* x = context.at(args.x) + image * blocks_of(args.c) * plane;
  float* to = context.at(args.y) + image * blocks * oh * ow * BLOCK;
  for (index_t block = 0; block < blocks; block++)
    for (index_t r = 0; r < oh; r++)
      for (index_t c = 0; c < ow; c++, to += BLOCK)
        gather_channels(to, x + (r * sh * w + c * sw) * BLOCK, plane, block * BLOCK - before, 0, channels);
}

index_t pieces(const pad_shortcut_gradient_args& args) { return static_cast<index_t>(args.n); }

void run(const pad_shortcut_gradient_args& args, const Context& context, index_t image) {
  const index_t h = static_cast<index_t>(args.h), w = static_cast<index_t>(args.w);
  const index_t oh = static_cast<index_t>(args.oh), ow = static_cast<index_t>(args.ow);
  const index_t sh = static_cast<index_t>(args.sh), sw = static_cast<index_t>(args.sw);
  const index_t channels = static_cast<index_t>(args.c), before = static_cast<index_t>(args.before);
  const index_t plane = oh * ow * BLOCK, blocks = blocks_of(args.c);
  const float* dy = context.at(args.dy) + image * blocks_of(args.o) * plane;
  float* to = context.at(args.dx) + image * blocks * h * w * BLOCK;
  for (index_t block = 0; block < blocks; block++) {
    // Lanes beyond the channels of x must become zero, whatever dy holds there.
    const index_t first = block * BLOCK + before;
    for (index_t r = 0; r < h; r++)
      for (index_t c = 0; c < w; c++, to += BLOCK) {
        if (r % sh == 0 && c % sw == 0)
          gather_channels(to, dy + (r / sh * ow + c / sw) * BLOCK, plane, first, before, before + channels);
        else
          store(to, lanes(0));
      }
  }
}

// [oblocks][iblocks][taps][16 i][16 o] to [iblocks][oblocks][taps][16 o][16 i]. A piece is a pair of blocks.
index_t pieces(const transpose_weight_args& args) { return static_cast<index_t>(args.oblocks * args.iblocks); }

void run(const transpose_weight_args& args, const Context& context, index_t piece) {
  const index_t oblocks = static_cast<index_t>(args.oblocks), iblocks = static_cast<index_t>(args.iblocks);
  const index_t taps = static_cast<index_t>(args.taps), size = taps * BLOCK * BLOCK;
  const index_t o = piece / iblocks, i = piece % iblocks;
  const float* from = context.at(args.weight) + piece * size;
  float* to = context.at(args.y) + (i * oblocks + o) * size;
  for (index_t k = 0; k < taps; k++, from += BLOCK * BLOCK, to += BLOCK * BLOCK)
    for (int row = 0; row < BLOCK; row++)
      for (int column = 0; column < BLOCK; column++) to[column * BLOCK + row] = from[row * BLOCK + column];
}

// A piece is a block of output channels.
index_t pieces(const fold_batch_norm_args& args) { return static_cast<index_t>(args.oblocks); }

void run(const fold_batch_norm_args& args, const Context& context, index_t block) {
  const index_t channel = block * BLOCK, inner = static_cast<index_t>(args.inner);
  alignas(64) float factor[BLOCK];
  for (int k = 0; k < BLOCK; k++) {
    const double scale =
        context.at(args.scale)[channel + k] / __builtin_sqrt(context.at(args.variance)[channel + k] + args.epsilon);
    factor[k] = static_cast<float>(scale);
    context.at(args.bias)[channel + k] =
        static_cast<float>(context.at(args.shift)[channel + k] - context.at(args.mean)[channel + k] * scale);
  }
  const float* weight = context.at(args.weight) + block * inner * BLOCK;
  float* folded = context.at(args.folded) + block * inner * BLOCK;
  const Lanes scale = load_lanes(factor);
  for (index_t k = 0; k < inner * BLOCK; k += BLOCK) store(folded + k, load_lanes(weight + k) * scale);
}

}  // namespace VARIANT
