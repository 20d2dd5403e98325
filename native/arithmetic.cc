// Scaling, products, the logistic function and softplus over any layout. A piece is a span of the vector.
#include "each.h"

namespace VARIANT {
namespace {

typedef unsigned bits __attribute__((vector_size(VL * 4), may_alias));

// e^x for x <= 0, to 2 units in the last place. Below -87 it is e^-87. NaN stays NaN.
INLINE vec exponential_of_negative(vec x) {
  x = x < splat(-87.0f) ? splat(-87.0f) : x;
  // x = n ln 2 + r: adding 1.5 · 2^23 leaves the rounded quotient in the low bits.
  const vec shifted = x * splat(1.44269504f) + splat(12582912.0f);
  const vec n = shifted - splat(12582912.0f);
  const vec r = x - n * splat(0.693359375f) - n * splat(-2.12194440e-4f);  // |r| <= ln 2 / 2
  constexpr float TERMS[] = {1.3888889e-3f, 8.3333333e-3f, 4.1666667e-2f, 1.6666667e-1f, 0.5f};
  vec sum = splat(1.9841270e-4f);
  UNROLL for (int k = 0; k < 5; k++) sum = sum * r + splat(TERMS[k]);
  sum = sum * r * r + r + splat(1.0f);
  return sum * reinterpret_cast<vec>((reinterpret_cast<bits>(shifted) << 23) + 0x3f800000u);
}

// ln(1 + e) for 0 <= e <= 1: 2 artanh t with t = e / (2 + e) <= 1/3, to 2 units in the last place.
INLINE vec logarithm_of_one_and(vec e) {
  const vec t = e / (splat(2.0f) + e), t2 = t * t;
  constexpr float TERMS[] = {1.0f / 13, 1.0f / 11, 1.0f / 9, 1.0f / 7, 1.0f / 5, 1.0f / 3, 1.0f};
  vec sum = splat(1.0f / 15);
  UNROLL for (int k = 0; k < 7; k++) sum = sum * t2 + splat(TERMS[k]);
  return splat(2.0f) * t * sum;
}

}  // namespace

index_t pieces(const scale_args& args) { return span_pieces(args.count); }
void run(const scale_args& args, const Context& context, index_t piece) {
  const float* x = context.at(args.x);
  float* y = context.at(args.y);
  const vec factor = splat(static_cast<float>(args.factor));
  each(args.count, piece, [&](index_t k, auto get, auto put) { put(y + k, factor * get(x + k)); });
}

index_t pieces(const multiply_args& args) { return span_pieces(args.count); }
void run(const multiply_args& args, const Context& context, index_t piece) {
  const float *a = context.at(args.a), *b = context.at(args.b);
  float* y = context.at(args.y);
  each(args.count, piece, [&](index_t k, auto get, auto put) { put(y + k, get(a + k) * get(b + k)); });
}

index_t pieces(const sigmoid_args& args) { return span_pieces(args.count); }
void run(const sigmoid_args& args, const Context& context, index_t piece) {
  const float* x = context.at(args.x);
  float* y = context.at(args.y);
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec v = get(x + k);
    const vec e = exponential_of_negative(v < vec{} ? v : -v);
    put(y + k, (v < vec{} ? e : splat(1.0f)) / (splat(1.0f) + e));
  });
}

index_t pieces(const softplus_args& args) { return span_pieces(args.count); }
void run(const softplus_args& args, const Context& context, index_t piece) {
  const float* x = context.at(args.x);
  float* y = context.at(args.y);
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec v = get(x + k);
    const vec e = exponential_of_negative(v < vec{} ? v : -v);
    put(y + k, (v > vec{} ? v : vec{}) + logarithm_of_one_and(e));
  });
}

index_t pieces(const sigmoid_gradient_args& args) { return span_pieces(args.count); }
void run(const sigmoid_gradient_args& args, const Context& context, index_t piece) {
  const float *dy = context.at(args.dy), *y = context.at(args.y);
  float* dx = context.at(args.dx);
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec v = get(y + k);
    put(dx + k, get(dy + k) * v * (splat(1.0f) - v));
  });
}

}  // namespace VARIANT
