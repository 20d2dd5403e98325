// Gradient clipping, and the updates of SGD and Adam, over any layout. A piece is a span of the vector.
#include "each.h"

namespace VARIANT {
namespace {

// base^exponent by squaring: made of products alone, so the same everywhere.
double power(double base, unsigned exponent) {
  double result = 1;
  for (; exponent != 0; exponent >>= 1, base *= base)
    if (exponent & 1) result *= base;
  return result;
}

INLINE vec square_root(vec v) {
  UNROLL for (int k = 0; k < VL; k++) v[k] = __builtin_sqrtf(v[k]);
  return v;
}

// Values that last from step to step. Denormal numbers would stay for ever and slow all products down. The addon's
// threads treat them as zero anyway (native.h); WebAssembly has only this way. NaN stays NaN.
INLINE vec lasting(vec v) {
#if defined(__wasm__)
  const vec least = splat(__FLT_MIN__);
  return (v < least) & (v > -least) ? vec{} : v;
#else
  return v;
#endif
}

}  // namespace

index_t pieces(const clip_by_norm_args& args) { return span_pieces(args.count); }
void run(const clip_by_norm_args& args, const Context& context, index_t piece) {
  const float* gradient = context.at(args.gradient);
  float* clipped = context.at(args.clipped);
  const double ratio = args.limit / (*context.at(args.norm) + 1e-6);
  const vec factor = splat(static_cast<float>(ratio > 1 ? 1 : ratio));
  each(args.count, piece, [&](index_t k, auto get, auto put) { put(clipped + k, factor * get(gradient + k)); });
}

index_t pieces(const clip_by_rate_args& args) { return span_pieces(args.count); }
void run(const clip_by_rate_args& args, const Context& context, index_t piece) {
  const float* gradient = context.at(args.gradient);
  float* clipped = context.at(args.clipped);
  const vec most = splat(static_cast<float>(args.limit / *context.at(args.lr))), least = -most;
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec g = get(gradient + k);
    put(clipped + k, g > most ? most : g < least ? least : g);
  });
}

index_t pieces(const sgd_args& args) { return span_pieces(args.count); }
void run(const sgd_args& args, const Context& context, index_t piece) {
  const float *parameter = context.at(args.parameter), *gradient = context.at(args.gradient);
  const float* velocity = context.at(args.velocity);
  float *next_parameter = context.at(args.next_parameter), *next_velocity = context.at(args.next_velocity);
  const vec rate = splat(*context.at(args.lr));
  const vec momentum = splat(static_cast<float>(args.momentum));
  const vec decay = splat(static_cast<float>(args.weight_decay));
  const bool nesterov = args.nesterov != 0;
  if (!__builtin_isfinite(*context.at(args.guard))) {
    each(args.count, piece, [&](index_t k, auto get, auto put) {
      put(next_parameter + k, get(parameter + k));
      put(next_velocity + k, get(velocity + k));
    });
    return;
  }
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec p = get(parameter + k), g = get(gradient + k) + decay * p;
    const vec v = momentum * get(velocity + k) + g;
    put(next_velocity + k, lasting(v));
    put(next_parameter + k, lasting(p - rate * (nesterov ? g + momentum * v : v)));
  });
}

index_t pieces(const adam_args& args) { return span_pieces(args.count); }
void run(const adam_args& args, const Context& context, index_t piece) {
  const float *parameter = context.at(args.parameter), *gradient = context.at(args.gradient);
  const float *mean = context.at(args.mean), *square = context.at(args.square);
  float *next_parameter = context.at(args.next_parameter), *next_mean = context.at(args.next_mean);
  float* next_square = context.at(args.next_square);
  if (!__builtin_isfinite(*context.at(args.guard))) {
    each(args.count, piece, [&](index_t k, auto get, auto put) {
      put(next_parameter + k, get(parameter + k));
      put(next_mean + k, get(mean + k));
      put(next_square + k, get(square + k));
    });
    return;
  }
  const unsigned t = *reinterpret_cast<const unsigned*>(context.at(args.step)) + 1;
  const double rate = *context.at(args.lr);
  const auto number = [](double value) { return splat(static_cast<float>(value)); };
  const vec keep_mean = number(args.beta1), take_mean = number(1 - args.beta1);
  const vec keep_square = number(args.beta2), take_square = number(1 - args.beta2);
  const vec step = number(rate / (1 - power(args.beta1, t)));
  const vec correction = number(1 / (1 - power(args.beta2, t)));
  const vec epsilon = number(args.epsilon);
  const bool decoupled = args.decoupled != 0;
  const vec shrink = number(decoupled ? 1 - rate * args.weight_decay : 1);
  const vec decay = number(decoupled ? 0 : args.weight_decay);
  each(args.count, piece, [&](index_t k, auto get, auto put) {
    const vec p = shrink * get(parameter + k), g = get(gradient + k) + decay * p;
    const vec m = keep_mean * get(mean + k) + take_mean * g;
    const vec v = keep_square * get(square + k) + take_square * g * g;
    put(next_mean + k, lasting(m));
    put(next_square + k, lasting(v));
    put(next_parameter + k, lasting(p - step * m / (square_root(v * correction) + epsilon)));
  });
}

}  // namespace VARIANT
