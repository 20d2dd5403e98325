// Runs the same arithmetic over a span of vectors of any length and alignment.
#pragma once
#include "kernel.h"

namespace VARIANT {

// Takes a whole register at a time, then the rest one by one. Both calls of `f` do the same arithmetic on vectors.
template <class F>
INLINE void each(double count, index_t piece, F f) {
  const Span s = span(count, piece);
  index_t k = s.from;
  for (; k + VL <= s.to; k += VL) f(k, [](const float* p) { return load_unaligned(p); }, store_unaligned);
  const auto one = [](const float* p) { return splat(*p); };
  for (; k < s.to; k++) f(k, one, [](float* p, vec v) { *p = v[0]; });
}

}  // namespace VARIANT
