// The first half of the backward pass over a norm: dz = dy masked by the ReLU after the norm, and per image the sums of
// dz and of dz · (x − mean), where x is the norm's input. It is a kernel of its own (norm.cc), or the epilogue of the
// convolution gradient that makes dy, while the image is in cache.
//
// The mask comes from the ReLU's output y. If y was never in memory, it is computed again from x, bit for bit as in the
// norm's forward pass.
#pragma once
#include "normaliser.h"

namespace VARIANT {

class Reduction {
 public:
  // Takes the kernel's arguments `normed`, `mask`, `sums` and `norm_…`.
  template <class Args>
  Reduction(const Args& args, const Context& context)
      : x_(context.at(args.normed)), y_(context.at(args.mask)), mean_(context.at(args.norm_mean)),
        sums_(context.at(args.sums)),
        norm_(context.at(args.norm_scale), context.at(args.norm_shift), mean_, context.at(args.norm_variance),
              args.norm_epsilon) {}

  explicit operator bool() const { return sums_ != nullptr; }

  // Reduces `size` floats of one channel block from `offset` on, which all tensors share. The sums go to slot `part` of
  // [parts][2][channels]. dz may be dy itself, or null if it is not needed.
  void plane(const float* dy, float* dz, index_t offset, index_t size, index_t block, index_t channels,
             index_t part) const {
    float* sums = sums_ + part * 2 * channels + block * BLOCK;
    const Lanes mean = load_lanes(mean_ + block * BLOCK);
    const float* x = x_ + offset;
    if (y_) {
      const float* y = y_ + offset;
      add_up(dy + offset, x, mean, dz ? dz + offset : nullptr, size, sums, channels,
             [&](index_t k, Lanes, Lanes g) { return where_positive(load_lanes(y + k), g); });
    } else if (norm_) {
      const Normaliser::Block norm = norm_.block(block);
      add_up(dy + offset, x, mean, dz ? dz + offset : nullptr, size, sums, channels,
             [&](index_t, Lanes from, Lanes g) { return where_positive(norm(from), g); });
    } else {
      add_up(dy + offset, x, mean, nullptr, size, sums, channels, [](index_t, Lanes, Lanes g) { return g; });
    }
  }

 private:
  const float *x_, *y_, *mean_;
  float* sums_;
  Normaliser norm_;

  template <class Mask>
  INLINE void add_up(const float* dy, const float* x, Lanes mean, float* dz, index_t size, float* sums,
                     index_t channels, const Mask& masked) {
    // Two sums of each kind: of even and of odd pixels.
    Lanes sum[2] = {lanes(0), lanes(0)}, product[2] = {lanes(0), lanes(0)};
    for (index_t k = 0, way = 0; k < size; k += BLOCK, way ^= 1) {
      const Lanes from = load_lanes(x + k);
      const Lanes g = masked(k, from, load_lanes(dy + k));
      if (dz) store(dz + k, g);
      sum[way] = sum[way] + g;
      product[way] = product[way] + g * (from - mean);
    }
    store(sums, sum[0] + sum[1]);
    store(sums + channels, product[0] + product[1]);
  }
};

}  // namespace VARIANT
