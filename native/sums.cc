// Sums over whole tensors in double: the norm of gradients, and the losses that compare elements with a target. Each
// part has a fixed order, and the parts are added in order.
#include "each.h"

namespace VARIANT {
namespace {

constexpr int HALF = VL / 2;
typedef float half __attribute__((vector_size(VL * 2), aligned(4), may_alias));
typedef double wide __attribute__((vector_size(VL * 4), may_alias));

// A vector of floats is two of doubles.
template <int H>
INLINE wide widen(const float* p) {
  return __builtin_convertvector(*reinterpret_cast<const half*>(p + H * HALF), wide);
}

// Sums `term(half, k)` over a part and `rest(k)` over the remainder. Both give doubles.
template <class Args, class Term, class Rest>
INLINE void sum_part(const Args& args, const Context& context, index_t part, Term term, Rest rest) {
  const index_t count = static_cast<index_t>(args.count), parts = static_cast<index_t>(args.parts);
  const index_t last = part_start(count, parts, part + 1);
  index_t k = part_start(count, parts, part);
  wide sums[2] = {};
  for (; k + VL <= last; k += VL) {
    sums[0] += term.template operator()<0>(k);
    sums[1] += term.template operator()<1>(k);
  }
  double sum = 0;
  for (; k < last; k++) sum += rest(k);
  const wide both = sums[0] + sums[1];
  for (int i = 0; i < HALF; i++) sum += both[i];
  reinterpret_cast<double*>(context.at(args.partials))[part] = sum;
}

INLINE wide absolute(wide v) { return v < wide{} ? -v : v; }
INLINE double absolute(double v) { return v < 0 ? -v : v; }

}  // namespace

index_t pieces(const sum_of_squares_args& args) { return static_cast<index_t>(args.parts); }
void run(const sum_of_squares_args& args, const Context& context, index_t part) {
  const float* x = context.at(args.x);
  const auto term = [&]<int H>(index_t k) {
    const wide v = widen<H>(x + k);
    return v * v;
  };
  sum_part(args, context, part, term, [&](index_t k) { return static_cast<double>(x[k]) * x[k]; });
}

index_t pieces(const l1_loss_args& args) { return static_cast<index_t>(args.parts); }
void run(const l1_loss_args& args, const Context& context, index_t part) {
  const float *a = context.at(args.a), *b = context.at(args.b);
  const auto term = [&]<int H>(index_t k) { return absolute(widen<H>(a + k) - widen<H>(b + k)); };
  sum_part(args, context, part, term, [&](index_t k) { return absolute(static_cast<double>(a[k]) - b[k]); });
}

index_t pieces(const squared_error_args& args) { return static_cast<index_t>(args.parts); }
void run(const squared_error_args& args, const Context& context, index_t part) {
  const float *a = context.at(args.a), *b = context.at(args.b);
  const auto term = [&]<int H>(index_t k) {
    const wide d = widen<H>(a + k) - widen<H>(b + k);
    return d * d;
  };
  const auto rest = [&](index_t k) {
    const double d = static_cast<double>(a[k]) - b[k];
    return d * d;
  };
  sum_part(args, context, part, term, rest);
}

index_t pieces(const add_parts_args&) { return 1; }
void run(const add_parts_args& args, const Context& context, index_t) {
  const double* partials = reinterpret_cast<const double*>(context.at(args.partials));
  double sum = 0;
  for (index_t k = 0; k < static_cast<index_t>(args.parts); k++) sum += partials[k];
  sum *= args.factor;
  *context.at(args.y) = static_cast<float>(args.root != 0 ? __builtin_sqrt(sum) : sum);
}

index_t pieces(const l1_loss_gradient_args& args) { return span_pieces(args.count); }
void run(const l1_loss_gradient_args& args, const Context& context, index_t piece) {
  const float *a = context.at(args.prediction), *b = context.at(args.target);
  float* y = context.at(args.dprediction);
  const vec up = splat(static_cast<float>(*context.at(args.dloss) * args.factor)), down = -up;
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec p = get(a + k), t = get(b + k);
    // If equal or NaN, the difference itself, which is 0 or NaN.
    put(y + k, p > t ? up : p < t ? down : p - t);
  });
}

index_t pieces(const squared_error_gradient_args& args) { return span_pieces(args.count); }
void run(const squared_error_gradient_args& args, const Context& context, index_t piece) {
  const float *a = context.at(args.prediction), *b = context.at(args.target);
  float* y = context.at(args.dprediction);
  const vec factor = splat(static_cast<float>(*context.at(args.dloss) * args.factor));
  each(args.count, piece, [&](index_t k, auto get, auto put) { put(y + k, factor * (get(a + k) - get(b + k))); });
}

}  // namespace VARIANT
