// The bias of a convolution as a kernel of its own, and its gradient: sums over pictures and pixels.
#include "kernel.h"

namespace VARIANT {

index_t pieces(const add_bias_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const add_bias_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece);
  const Lanes bias = load_lanes(context.at(args.bias) + block * BLOCK);
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const float* x = context.at(args.x) + planes.offset(image, block);
    float* y = context.at(args.y) + planes.offset(image, block);
    for (index_t p = 0; p < planes.size; p += BLOCK) store(y + p, load_lanes(x + p) + bias);
  }
}

index_t pieces(const sum_pixels_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const sum_pixels_args& args, const Context& context, index_t piece) {
  // Pixels are summed in runs of 64, so that long sums lose little to rounding.
  constexpr index_t RUN = 64 * BLOCK;
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece);
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const float* x = context.at(args.x) + planes.offset(image, block);
    Lanes total = lanes(0);
    for (index_t from = 0; from < planes.size; from += RUN) {
      const index_t to = smaller(planes.size, from + RUN);
      Lanes sum = lanes(0);
      for (index_t p = from; p < to; p += BLOCK) sum = sum + load_lanes(x + p);
      total = total + sum;
    }
    store(context.at(args.partials) + (image * planes.blocks + block) * BLOCK, total);
  }
}

}  // namespace VARIANT
