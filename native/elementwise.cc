// Elementwise kernels over any layout. A piece is a span of the vector.
#include "each.h"

namespace VARIANT {

index_t pieces(const relu_args& args) { return span_pieces(args.count); }
void run(const relu_args& args, const Context& context, index_t piece) {
  const float* x = context.at(args.x);
  float* y = context.at(args.y);
  each(args.count, piece, [&](index_t k, auto get, auto put) { put(y + k, relu(get(x + k))); });
}

index_t pieces(const relu_gradient_args& args) { return span_pieces(args.count); }
void run(const relu_gradient_args& args, const Context& context, index_t piece) {
  const float *dy = context.at(args.dy), *y = context.at(args.y);
  float* dx = context.at(args.dx);
  each(args.count, piece,
       [&](index_t k, auto get, auto put) { put(dx + k, get(y + k) <= vec{} ? vec{} : get(dy + k)); });
}

index_t pieces(const add_args& args) { return span_pieces(args.count); }
void run(const add_args& args, const Context& context, index_t piece) {
  const float *a = context.at(args.a), *b = context.at(args.b);
  float* y = context.at(args.y);
  each(args.count, piece, [&](index_t k, auto get, auto put) { put(y + k, get(a + k) + get(b + k)); });
}

index_t pieces(const fill_args& args) { return span_pieces(args.count); }
void run(const fill_args& args, const Context& context, index_t piece) {
  float* y = context.at(args.y);
  const vec value = splat(static_cast<float>(args.value));
  each(args.count, piece, [&](index_t k, auto, auto put) { put(y + k, value); });
}

}  // namespace VARIANT
