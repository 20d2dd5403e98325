// Mean and sum of squared deviations of each of 16 channels over the pixels of one image, in two passes while it is in
// cache: sums of squares would lose every digit where the mean is large beside the deviation. The second pass also sums
// the deviations, which corrects both results for the rounding of the first mean. Sums of neighbouring pixels run side
// by side, so that additions need not wait for each other: as many as fit the registers.
#pragma once
#include "vec.h"

namespace VARIANT {

template <int WAYS>
INLINE Lanes add_up(const Lanes (&sums)[WAYS]) {
  Lanes total = sums[0];
  UNROLL for (int k = 1; k < WAYS; k++) total = total + sums[k];
  return total;
}

INLINE void plane_statistics(const float* x, index_t pixels, float* mean_out, float* deviation_out) {
  constexpr int WAYS = VL / 4;
  Lanes sum[WAYS];
  UNROLL for (int k = 0; k < WAYS; k++) sum[k] = lanes(0);
  index_t p = 0;
  for (; p + WAYS <= pixels; p += WAYS)
    UNROLL for (int k = 0; k < WAYS; k++) sum[k] = sum[k] + load_lanes(x + (p + k) * BLOCK);
  for (; p < pixels; p++) sum[0] = sum[0] + load_lanes(x + p * BLOCK);
  const Lanes inverse = lanes(1.0f / static_cast<float>(pixels));
  const Lanes mean = add_up(sum) * inverse;

  Lanes rest[WAYS], square[WAYS];
  UNROLL for (int k = 0; k < WAYS; k++) rest[k] = square[k] = lanes(0);
  p = 0;
  for (; p + WAYS <= pixels; p += WAYS)
    UNROLL for (int k = 0; k < WAYS; k++) {
      const Lanes d = load_lanes(x + (p + k) * BLOCK) - mean;
      rest[k] = rest[k] + d;
      square[k] = square[k] + d * d;
    }
  for (; p < pixels; p++) {
    const Lanes d = load_lanes(x + p * BLOCK) - mean;
    rest[0] = rest[0] + d;
    square[0] = square[0] + d * d;
  }
  const Lanes left = add_up(rest);
  const Lanes correction = left * inverse;
  store(mean_out, mean + correction);
  store(deviation_out, add_up(square) - left * correction);
}

}  // namespace VARIANT
