// Mean and sum of squared deviations of each of 16 channels over the pixels of one image, in two passes while it is in
// cache. Sums of squares would lose every digit if the mean is large compared with the deviation. The second pass also
// sums the deviations, which corrects both results for the rounding of the first mean. Sums of neighbouring pixels run
// side by side, as many as fit the registers, so that additions need not wait for each other.
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
  // Pixels are summed in runs of 64, so that long sums lose little to rounding.
  constexpr index_t RUN = 64;
  Lanes total = lanes(0);
  for (index_t from = 0; from < pixels; from += RUN) {
    const index_t to = from + RUN < pixels ? from + RUN : pixels;
    Lanes sum[WAYS];
    UNROLL for (int k = 0; k < WAYS; k++) sum[k] = lanes(0);
    index_t p = from;
    for (; p + WAYS <= to; p += WAYS)
      UNROLL for (int k = 0; k < WAYS; k++) sum[k] = sum[k] + load_lanes(x + (p + k) * BLOCK);
    for (; p < to; p++) sum[0] = sum[0] + load_lanes(x + p * BLOCK);
    total = total + add_up(sum);
  }
  const Lanes inverse = lanes(1.0f / static_cast<float>(pixels));
  const Lanes mean = total * inverse;

  Lanes left = lanes(0), squares = lanes(0);
  for (index_t from = 0; from < pixels; from += RUN) {
    const index_t to = from + RUN < pixels ? from + RUN : pixels;
    Lanes rest[WAYS], square[WAYS];
    UNROLL for (int k = 0; k < WAYS; k++) rest[k] = square[k] = lanes(0);
    index_t p = from;
    for (; p + WAYS <= to; p += WAYS)
      UNROLL for (int k = 0; k < WAYS; k++) {
        const Lanes d = load_lanes(x + (p + k) * BLOCK) - mean;
        rest[k] = rest[k] + d;
        square[k] = square[k] + d * d;
      }
    for (; p < to; p++) {
      const Lanes d = load_lanes(x + p * BLOCK) - mean;
      rest[0] = rest[0] + d;
      square[0] = square[0] + d * d;
    }
    left = left + add_up(rest);
    squares = squares + add_up(square);
  }
  const Lanes correction = left * inverse;
  store(mean_out, mean + correction);
  store(deviation_out, squares - left * correction);
}

}  // namespace VARIANT
