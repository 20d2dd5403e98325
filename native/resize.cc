// Resizing of blocked maps (src/ops/resize.ts) and its gradient. A piece is one plane of 16 channels. It resizes along
// the rows into scratch, then down the columns; the gradient goes in reverse.
#include "kernel.h"

namespace VARIANT {
namespace {

// The inputs whose weighted sums are the outputs along one axis.
class Taps {
 public:
  struct Output {
    const int* indices;
    const float* weights;
    index_t count;
  };

  static Floats room(double inputs, double outputs, const bool cubic, const bool antialias) {
    const Floats entry = Floats(2) * most(inputs / outputs, cubic, antialias) + 1;
    return (entry * static_cast<index_t>(outputs)).rounded();
  }

  // Fills `room`, which has room(...) floats.
  Taps(float* room, double inputs, double outputs, bool cubic, bool antialias)
      : most_(most(inputs / outputs, cubic, antialias)), room_(room) {
    const double ratio = inputs / outputs, width = antialias && ratio > 1 ? ratio : 1;
    const double reach = cubic ? 2 : 1, support = reach * width;
    const index_t end = static_cast<index_t>(inputs);
    for (index_t o = 0; o < static_cast<index_t>(outputs); o++) {
      const double center = (static_cast<double>(o) + 0.5) * ratio;
      // With antialiasing, pixels beyond the edge are left out; else the edge is repeated.
      index_t first = static_cast<index_t>(__builtin_floor(antialias ? center - support + 0.5 : center - 0.5 - reach + 1));
      index_t last = antialias ? static_cast<index_t>(__builtin_floor(center + support + 0.5)) : first + most_;
      if (antialias) first = larger(0, first), last = smaller(end, last);
      double sum = 0;
      for (index_t k = first; k < last; k++) sum += weight(k, center, width, cubic, antialias);
      *count(o) = static_cast<int>(last - first);
      for (index_t k = first; k < last; k++) {
        indices(o)[k - first] = static_cast<int>(larger(0, smaller(end - 1, k)));
        weights(o)[k - first] = static_cast<float>(weight(k, center, width, cubic, antialias) / sum);
      }
    }
  }

  Output operator[](index_t output) const { return {indices(output), weights(output), *count(output)}; }

 private:
  index_t most_;
  float* room_;

  static index_t most(double ratio, bool cubic, bool antialias) {
    const double reach = cubic ? 2 : 1;
    if (!antialias) return static_cast<index_t>(2 * reach);
    return static_cast<index_t>(2 * reach * (ratio > 1 ? ratio : 1)) + 2;
  }

  static double weight(index_t input, double center, double width, bool cubic, bool antialias) {
    const double d = __builtin_fabs((static_cast<double>(input) + 0.5 - center) / width);
    if (!cubic) return d < 1 ? 1 - d : 0;
    const double a = antialias ? -0.5 : -0.75;
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  }

  float* entry(index_t output) const { return room_ + output * (1 + 2 * most_); }
  int* count(index_t output) const { return reinterpret_cast<int*>(entry(output)); }
  int* indices(index_t output) const { return count(output) + 1; }
  float* weights(index_t output) const { return entry(output) + 1 + most_; }
};

struct Resize {
  index_t h, w, oh, ow;
  bool cubic, antialias;

  template <class Args>
  explicit Resize(const Args& a)
      : h(static_cast<index_t>(a.h)), w(static_cast<index_t>(a.w)), oh(static_cast<index_t>(a.oh)),
        ow(static_cast<index_t>(a.ow)), cubic(a.cubic != 0), antialias(a.antialias != 0) {}

  Floats row_room() const { return Taps::room(static_cast<double>(h), static_cast<double>(oh), cubic, antialias); }
  Floats column_room() const { return Taps::room(static_cast<double>(w), static_cast<double>(ow), cubic, antialias); }
  Floats room() const { return row_room() + column_room() + Floats(h) * ow * BLOCK; }

  Taps rows(float* scratch) const {
    return Taps(scratch, static_cast<double>(h), static_cast<double>(oh), cubic, antialias);
  }
  Taps columns(float* scratch) const {
    return Taps(scratch + row_room().value(), static_cast<double>(w), static_cast<double>(ow), cubic, antialias);
  }
  // h rows of ow pixels.
  float* between(float* scratch) const { return scratch + (row_room() + column_room()).value(); }
};

void zero(float* to, index_t count) {
  for (index_t k = 0; k < count; k += BLOCK) store(to + k, lanes(0));
}

}  // namespace

index_t scratch(const resize_args& args) { return Resize(args).room().value(); }
index_t scratch(const resize_gradient_args& args) { return Resize(args).room().value(); }

index_t pieces(const resize_args& args) { return static_cast<index_t>(args.n) * blocks_of(args.c); }

void run(const resize_args& args, const Context& context, index_t plane) {
  const Resize g(args);
  const Taps rows = g.rows(context.scratch), columns = g.columns(context.scratch);
  const float* x = context.at(args.x) + plane * g.h * g.w * BLOCK;
  float* y = context.at(args.y) + plane * g.oh * g.ow * BLOCK;
  float* between = g.between(context.scratch);
  for (index_t r = 0; r < g.h; r++)
    for (index_t c = 0; c < g.ow; c++) {
      const Taps::Output taps = columns[c];
      Lanes sum = lanes(0);
      for (index_t k = 0; k < taps.count; k++)
        sum = sum + load_lanes(x + (r * g.w + taps.indices[k]) * BLOCK) * lanes(taps.weights[k]);
      store(between + (r * g.ow + c) * BLOCK, sum);
    }
  for (index_t r = 0; r < g.oh; r++) {
    const Taps::Output taps = rows[r];
    for (index_t c = 0; c < g.ow; c++) {
      Lanes sum = lanes(0);
      for (index_t k = 0; k < taps.count; k++)
        sum = sum + load_lanes(between + (taps.indices[k] * g.ow + c) * BLOCK) * lanes(taps.weights[k]);
      store(y + (r * g.ow + c) * BLOCK, sum);
    }
  }
}

index_t pieces(const resize_gradient_args& args) { return static_cast<index_t>(args.n) * blocks_of(args.c); }

void run(const resize_gradient_args& args, const Context& context, index_t plane) {
  const Resize g(args);
  const Taps rows = g.rows(context.scratch), columns = g.columns(context.scratch);
  const float* dy = context.at(args.dy) + plane * g.oh * g.ow * BLOCK;
  float* dx = context.at(args.dx) + plane * g.h * g.w * BLOCK;
  float* between = g.between(context.scratch);
  zero(between, g.h * g.ow * BLOCK);
  for (index_t r = 0; r < g.oh; r++) {
    const Taps::Output taps = rows[r];
    for (index_t k = 0; k < taps.count; k++) {
      const Lanes weight = lanes(taps.weights[k]);
      float* to = between + taps.indices[k] * g.ow * BLOCK;
      for (index_t c = 0; c < g.ow * BLOCK; c += BLOCK)
        store(to + c, load_lanes(to + c) + load_lanes(dy + r * g.ow * BLOCK + c) * weight);
    }
  }
  zero(dx, g.h * g.w * BLOCK);
  for (index_t r = 0; r < g.h; r++)
    for (index_t c = 0; c < g.ow; c++) {
      const Taps::Output taps = columns[c];
      const Lanes gradient = load_lanes(between + (r * g.ow + c) * BLOCK);
      for (index_t k = 0; k < taps.count; k++) {
        float* to = dx + (r * g.w + taps.indices[k]) * BLOCK;
        store(to, load_lanes(to) + gradient * lanes(taps.weights[k]));
      }
    }
}

}  // namespace VARIANT
