// Portable vectors: a thin layer over the compilers' vector extension. VL is the number of floats in a register of the
// target instruction set (16, 8 or 4); Lanes is a block of 16 channels whatever VL is.
#pragma once
#include <stddef.h>

#if !defined(VARIANT) || !defined(VL)
#error "compile with -DVARIANT=<namespace> -DVL=<4, 8 or 16>"
#endif

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
// The loop over a plane's channels. In WASM it is not unrolled: the compiler would reorder the sums of several rounds,
// and keep more values than the registers hold.
#if defined(__wasm__)
#define UNROLL_CHANNELS _Pragma("clang loop unroll(disable)")
#elif defined(__clang__)
#define UNROLL_CHANNELS _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL_CHANNELS _Pragma("GCC unroll 4")
#endif
#define INLINE static inline __attribute__((always_inline))

namespace VARIANT {

// Offsets and sizes in floats: as wide as an address (64 bits natively, 32 in WASM).
typedef ptrdiff_t index_t;

typedef float vec __attribute__((vector_size(VL * 4), may_alias));
typedef float unaligned_vec __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(VL * 4), may_alias));

INLINE vec splat(float s) { return s - vec{}; }
INLINE vec load(const float* p) { return *reinterpret_cast<const vec*>(p); }
INLINE void store(float* p, vec v) { *reinterpret_cast<vec*>(p) = v; }
INLINE vec load_unaligned(const float* p) { return *reinterpret_cast<const unaligned_vec*>(p); }
INLINE void store_unaligned(float* p, vec v) { *reinterpret_cast<unaligned_vec*>(p) = v; }

// ReLU. NaN stays NaN, so that a damaged activation shows downstream.
INLINE vec relu(vec v) { return v < vec{} ? vec{} : v; }

// A block of 16 channels of one pixel.
constexpr int BLOCK = 16;
constexpr int PARTS = BLOCK / VL;

struct Lanes {
  vec part[PARTS];
};

#define EACH_PART UNROLL for (int k = 0; k < PARTS; k++)

INLINE Lanes lanes(float s) {
  Lanes r;
  EACH_PART r.part[k] = splat(s);
  return r;
}
INLINE Lanes load_lanes(const float* p) {
  Lanes r;
  EACH_PART r.part[k] = load(p + k * VL);
  return r;
}
INLINE void store(float* p, Lanes a) { EACH_PART store(p + k * VL, a.part[k]); }
INLINE Lanes operator+(Lanes a, Lanes b) {
  EACH_PART a.part[k] += b.part[k];
  return a;
}
INLINE Lanes operator-(Lanes a, Lanes b) {
  EACH_PART a.part[k] -= b.part[k];
  return a;
}
INLINE Lanes operator*(Lanes a, Lanes b) {
  EACH_PART a.part[k] *= b.part[k];
  return a;
}
INLINE Lanes relu(Lanes a) {
  EACH_PART a.part[k] = relu(a.part[k]);
  return a;
}
// The larger of the two; NaN stays NaN.
INLINE Lanes at_least(Lanes a, Lanes least) {
  EACH_PART a.part[k] = a.part[k] < least.part[k] ? least.part[k] : a.part[k];
  return a;
}
// Gradients pass where y > 0 (and where y is NaN).
INLINE Lanes where_positive(Lanes y, Lanes gradient) {
  EACH_PART gradient.part[k] = y.part[k] <= vec{} ? vec{} : gradient.part[k];
  return gradient;
}

}  // namespace VARIANT
