// The parts of every kernel. `pieces` cuts its work into independent pieces, by its arguments alone, so that results
// cannot depend on the number of threads. `run` does one piece. `scratch` is the number of floats that a thread needs
// for it. All kernel sources are compiled once per instruction set, each time in a namespace of its own and without
// templates of the standard library, which a linker might share among them.
#pragma once
#include "build/kernels.h"
#include "dispatch.h"
#include "vec.h"

namespace VARIANT {

struct Context {
  float* arena;
  float* scratch;  // aligned to 64 bytes, `scratch(args)` floats of it

  // A tensor argument; null if it is left out. Addresses are unsigned: an arena in WASM may exceed 2 GiB.
  float* at(double offset) const {
    if (offset < 0) return nullptr;
    return reinterpret_cast<float*>(reinterpret_cast<uintptr_type>(arena) + static_cast<uintptr_type>(offset) * 4);
  }

 private:
  typedef size_t uintptr_type;
};

#define DECLARE_KERNEL(name)              \
  index_t pieces(const name##_args& args); \
  void run(const name##_args& args, const Context& context, index_t piece);
FOR_EACH_KERNEL(DECLARE_KERNEL)
#undef DECLARE_KERNEL

// Results of `scratch` for a tape of another build, and for more memory than can be addressed.
constexpr index_t DAMAGED = -1, DOES_NOT_FIT = -2;

template <class Args>
index_t scratch(const Args&) {
  return 0;
}
index_t scratch(const conv2d_args& args);
index_t scratch(const conv2d_plain_args& args);
index_t scratch(const conv2d_input_gradient_args& args);
index_t scratch(const conv2d_weight_gradient_args& args);
index_t scratch(const conv2d_weight_gradient_plain_args& args);
index_t scratch(const conv2d_bf16_args& args);
index_t scratch(const conv2d_input_gradient_bf16_args& args);
index_t scratch(const conv2d_weight_gradient_bf16_args& args);
index_t scratch(const conv2d_winograd_args& args);
index_t scratch(const conv2d_weight_gradient_winograd_args& args);
index_t scratch(const resize_args& args);
index_t scratch(const resize_gradient_args& args);

INLINE index_t smaller(index_t a, index_t b) { return a < b ? a : b; }
INLINE index_t larger(index_t a, index_t b) { return a > b ? a : b; }
INLINE index_t divide_up(index_t a, index_t b) { return (a + b - 1) / b; }
INLINE index_t blocks_of(double channels) { return divide_up(static_cast<index_t>(channels), BLOCK); }

// Start of part `k` of `parts` when `count` items are divided as evenly as possible. The product of two counts may need
// more than 32 bits even if addresses have 32.
INLINE index_t part_start(index_t count, index_t parts, index_t k) {
  return static_cast<index_t>(static_cast<long long>(count) * k / parts);
}

// A number of floats that remembers, through sums and products, if it exceeds what can be addressed. A thread's scratch
// follows from paddings and dilations, which no tensor in memory bounds.
class Floats {
 public:
  Floats(index_t count) : count_(count), fits_(count >= 0) {}

  friend Floats operator+(Floats a, Floats b) {
    Floats sum(0);
    sum.fits_ = !__builtin_add_overflow(a.count_, b.count_, &sum.count_) && a.fits_ && b.fits_;
    return sum;
  }
  friend Floats operator*(Floats a, Floats b) {
    Floats product(0);
    product.fits_ = !__builtin_mul_overflow(a.count_, b.count_, &product.count_) && a.fits_ && b.fits_;
    return product;
  }
  // Rounded up to whole blocks.
  Floats rounded() const { return Floats{*this + (BLOCK - 1)}.cut(); }

  bool fit() const { return fits_ && count_ <= MOST_FLOATS; }
  // The number, or DOES_NOT_FIT.
  index_t value() const { return fit() ? count_ : DOES_NOT_FIT; }

 private:
  index_t count_;
  bool fits_;

  Floats cut() const {
    Floats whole = *this;
    whole.count_ -= whole.count_ % BLOCK;
    return whole;
  }
};

// Floats of a piece of a long vector: large enough to pay for claiming one.
constexpr index_t PIECE = 16384;

struct Span {
  index_t from, to;
};
INLINE index_t span_pieces(double count) { return divide_up(static_cast<index_t>(count), PIECE); }
INLINE Span span(double count, index_t piece) {
  return {piece * PIECE, smaller(static_cast<index_t>(count), (piece + 1) * PIECE)};
}

// Cuts blocked tensors into (channel block, images), so that a piece reads the values of its channels once.
struct Planes {
  index_t images, blocks, size, chunk, chunks;

  Planes(double n, double c, double pixels)
      : images(static_cast<index_t>(n)), blocks(blocks_of(c)), size(static_cast<index_t>(pixels) * BLOCK) {
    chunk = larger(1, PIECE / size);
    chunks = divide_up(images, chunk);
  }
  index_t pieces() const { return blocks * chunks; }
  index_t block(index_t piece) const { return piece / chunks; }
  index_t first(index_t piece) const { return piece % chunks * chunk; }
  index_t last(index_t piece) const { return smaller(images, first(piece) + chunk); }
  index_t offset(index_t image, index_t block) const { return (image * blocks + block) * size; }
};

}  // namespace VARIANT
