// e^x and the natural logarithm in double, made of + − × ÷ alone. So they are the same on every machine with the same
// rounding, where libraries differ in the last bits. The relative error is below 1e-14.
#pragma once
#include "vec.h"

namespace VARIANT {

constexpr double LN2 = 0.6931471805599453, LN2_HIGH = 0.6931471803691238, LN2_LOW = 1.9082149292705877e-10;

// 2^k for whole k in [-1022, 1023].
INLINE double power_of_two(int k) {
  const unsigned long long bits = static_cast<unsigned long long>(k + 1023) << 52;
  double result;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

// e^x. 0 below -708, infinity above 709.
INLINE double exponential(double x) {
  if (x != x) return x;
  if (x > 709) return __builtin_inf();
  if (x < -708) return 0;
  const double k = __builtin_floor(x / LN2 + 0.5);
  const double r = x - k * LN2_HIGH - k * LN2_LOW;  // |r| <= ln 2 / 2
  // Σ rⁱ / i!, from the smallest term up.
  constexpr double INVERSE[] = {0,       1.0,       1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,
                                1.0 / 7, 1.0 / 8,   1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13};
  double sum = 1;
  UNROLL for (int i = 13; i >= 1; i--) sum = 1 + sum * (r * INVERSE[i]);
  return sum * power_of_two(static_cast<int>(k));
}

// Natural logarithm of a normal x > 0.
INLINE double logarithm(double x) {
  if (!(x > 0) || x == __builtin_inf()) return x;
  unsigned long long bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  int k = static_cast<int>(bits >> 52) - 1023;
  double m = x * power_of_two(-k);  // in [1, 2)
  if (m > 1.4142135623730951) {
    m /= 2;
    k += 1;
  }
  const double t = (m - 1) / (m + 1), t2 = t * t;  // ln m = 2 artanh t, |t| <= 0.1716
  double sum = 0;
  for (int i = 27; i >= 1; i -= 2) sum = sum * t2 + 1.0 / i;
  return k * LN2_HIGH + (2 * t * sum + k * LN2_LOW);
}

}  // namespace VARIANT
