// Kernels that only move elements of blocked tensors: concatenation, pixel shuffle and its inverse.
#include "kernel.h"

namespace VARIANT {

// A piece is an image.
index_t pieces(const clear_lanes_args& args) { return static_cast<index_t>(args.n); }

void run(const clear_lanes_args& args, const Context& context, index_t image) {
  const Planes planes(args.n, args.c, args.size);
  const index_t used = static_cast<index_t>(args.c) % BLOCK;
  if (used == 0) return;
  float* y = context.at(args.y) + planes.offset(image, planes.blocks - 1);
  for (index_t p = 0; p < planes.size; p += BLOCK)
    for (index_t k = used; k < BLOCK; k++) y[p + k] = 0;
}

// A piece is an image. Blocks of y that two inputs share are written in order.
index_t pieces(const concatenate_args& args) { return static_cast<index_t>(args.n); }

void run(const concatenate_args& args, const Context& context, index_t image) {
  const index_t plane = static_cast<index_t>(args.size) * BLOCK, before = static_cast<index_t>(args.before);
  const index_t blocks = blocks_of(args.c), shift = before % BLOCK;
  const index_t last = before + static_cast<index_t>(args.c);  // channel of y behind those of x
  const float* x = context.at(args.x) + image * blocks * plane;
  float* y = context.at(args.y) + image * blocks_of(args.o) * plane;
  if (shift == 0) {
    float* to = y + before / BLOCK * plane;
    for (index_t k = 0; k < blocks * plane; k += BLOCK) store(to + k, load_lanes(x + k));
    return;
  }
  // A block of y holds the end of one block of x and the start of the next. x ends in lanes of zeros.
  for (index_t block = before / BLOCK; block * BLOCK < last; block++) {
    const index_t from = block - before / BLOCK;
    const float* low = from > 0 ? x + (from - 1) * plane + BLOCK - shift : nullptr;
    const float* high = from < blocks ? x + from * plane : nullptr;
    float* to = y + block * plane;
    for (index_t p = 0; p < plane; p += BLOCK) {
      if (low)
        for (index_t k = 0; k < shift; k++) to[p + k] = low[p + k];
      for (index_t k = shift; k < BLOCK; k++) to[p + k] = high ? high[p + k - shift] : 0;
    }
  }
}

namespace {

// Gathers the pixels of a map. Lane k of pixel (r, c) comes from x + offsets[k] + r · row + c · pixel, or is zero if
// the offset is negative. It goes to y + r · y_row + c · y_pixel.
struct Gather {
  index_t offsets[BLOCK];
  index_t row, pixel, y_row, y_pixel;

  void run(const float* x, float* y, index_t h, index_t w) const {
    for (index_t r = 0; r < h; r++)
      for (index_t c = 0; c < w; c++) {
        const float* from = x + r * row + c * pixel;
        float* to = y + r * y_row + c * y_pixel;
        for (int k = 0; k < BLOCK; k++) to[k] = offsets[k] < 0 ? 0 : from[offsets[k]];
      }
  }
};

}  // namespace

// A piece is a block of the output's channels of an image.
index_t pieces(const pixel_shuffle_args& args) { return static_cast<index_t>(args.n) * blocks_of(args.c); }

void run(const pixel_shuffle_args& args, const Context& context, index_t piece) {
  const index_t channels = static_cast<index_t>(args.c), r = static_cast<index_t>(args.factor);
  const index_t h = static_cast<index_t>(args.h), w = static_cast<index_t>(args.w);
  const index_t blocks = blocks_of(args.c), image = piece / blocks, block = piece % blocks;
  const float* x = context.at(args.x) + image * blocks_of(args.c * args.factor * args.factor) * h * w * BLOCK;
  float* y = context.at(args.y) + piece * h * r * w * r * BLOCK;
  Gather gather;
  gather.row = w * BLOCK;
  gather.pixel = BLOCK;
  gather.y_row = r * w * r * BLOCK;
  gather.y_pixel = r * BLOCK;
  for (index_t i = 0; i < r; i++)
    for (index_t j = 0; j < r; j++) {
      for (index_t k = 0; k < BLOCK; k++) {
        const index_t channel = block * BLOCK + k, deep = (channel * r + i) * r + j;
        gather.offsets[k] = channel < channels ? deep / BLOCK * h * w * BLOCK + deep % BLOCK : -1;
      }
      gather.run(x, y + (i * w * r + j) * BLOCK, h, w);
    }
}

index_t pieces(const pixel_unshuffle_args& args) {
  return static_cast<index_t>(args.n) * blocks_of(args.c * args.factor * args.factor);
}

void run(const pixel_unshuffle_args& args, const Context& context, index_t piece) {
  const index_t channels = static_cast<index_t>(args.c), r = static_cast<index_t>(args.factor);
  const index_t h = static_cast<index_t>(args.h), w = static_cast<index_t>(args.w);
  const index_t blocks = blocks_of(args.c * args.factor * args.factor), image = piece / blocks, block = piece % blocks;
  const float* x = context.at(args.x) + image * blocks_of(args.c) * h * r * w * r * BLOCK;
  Gather gather;
  gather.row = r * w * r * BLOCK;
  gather.pixel = r * BLOCK;
  gather.y_row = w * BLOCK;
  gather.y_pixel = BLOCK;
  for (index_t k = 0; k < BLOCK; k++) {
    const index_t deep = block * BLOCK + k, channel = deep / (r * r), i = deep / r % r, j = deep % r;
    gather.offsets[k] =
        channel < channels ? channel / BLOCK * h * r * w * r * BLOCK + (i * w * r + j) * BLOCK + channel % BLOCK : -1;
  }
  gather.run(x, context.at(args.y) + piece * h * w * BLOCK, h, w);
}

}  // namespace VARIANT
