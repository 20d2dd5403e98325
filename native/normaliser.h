// A norm with known statistics, then a ReLU if set: y = (x − mean) · scale / sqrt(variance + epsilon) + shift. It is a
// kernel of its own (norm.cc), or the prologue of a convolution. The prologue is applied while the input is copied to
// the scratch, so that y is never in memory. Both compute the same bits.
#pragma once
#include "kernel.h"

namespace VARIANT {

// 1 / sqrt(variance + epsilon) of 16 channels, rounded once.
INLINE Lanes inverse_deviation(const float* variance, double epsilon) {
  alignas(64) float inverse[BLOCK];
  for (int k = 0; k < BLOCK; k++) inverse[k] = static_cast<float>(1.0 / __builtin_sqrt(variance[k] + epsilon));
  return load_lanes(inverse);
}

class Normaliser {
 public:
  // Takes the kernel's arguments `scale`, `shift`, `mean`, `variance`, `epsilon` and `normalise_relu`.
  template <class Args>
  Normaliser(const Args& args, const Context& context)
      : scale_(context.at(args.scale)), shift_(context.at(args.shift)), mean_(context.at(args.mean)),
        variance_(context.at(args.variance)), epsilon_(args.epsilon), relu_(args.normalise_relu != 0) {}

  // A norm with ReLU.
  Normaliser(const float* scale, const float* shift, const float* mean, const float* variance, double epsilon)
      : scale_(scale), shift_(shift), mean_(mean), variance_(variance), epsilon_(epsilon), relu_(true) {}

  // Whether there is a norm.
  explicit operator bool() const { return scale_ != nullptr; }

  // Normalises the channels of one block.
  struct Block {
    Lanes mean, scale, shift, least;
    // (x − mean) · scale + shift, never x · scale + (shift − mean · scale), which loses digits if the mean is large.
    Lanes operator()(Lanes x) const { return at_least((x - mean) * scale + shift, least); }
  };
  Block block(index_t index) const {
    const index_t channel = index * BLOCK;
    return {load_lanes(mean_ + channel),
            load_lanes(scale_ + channel) * inverse_deviation(variance_ + channel, epsilon_),
            load_lanes(shift_ + channel), lanes(relu_ ? 0.0f : -__builtin_inff())};
  }

 private:
  const float *scale_, *shift_, *mean_, *variance_;
  double epsilon_;
  bool relu_;
};

// The prologue of kernels without a norm.
struct AsIs {
  struct Block {
    Lanes operator()(Lanes x) const { return x; }
  };
  Block block(index_t) const { return {}; }
};

}  // namespace VARIANT
