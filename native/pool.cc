// Pooling on blocked tensors. A piece is one block of 16 channels over some images. Gradients are added to a plane of
// zeros window by window in row order, so overlapping windows always add in the same order.
#include "kernel.h"

namespace VARIANT {
namespace {

struct Windows {
  index_t h, w, oh, ow, kh, kw, sh, sw, ph, pw;

  template <class Args>
  explicit Windows(const Args& a)
      : h(static_cast<index_t>(a.h)), w(static_cast<index_t>(a.w)), oh(static_cast<index_t>(a.oh)),
        ow(static_cast<index_t>(a.ow)), kh(static_cast<index_t>(a.kh)), kw(static_cast<index_t>(a.kw)),
        sh(static_cast<index_t>(a.sh)), sw(static_cast<index_t>(a.sw)), ph(static_cast<index_t>(a.ph)),
        pw(static_cast<index_t>(a.pw)) {}

  // Calls visit(output offset, top, bottom, left, right) for each window, clipped to the picture.
  template <class F>
  __attribute__((always_inline)) inline void each(F visit) const {
    for (index_t y = 0; y < oh; y++)
      for (index_t x = 0; x < ow; x++)
        visit((y * ow + x) * BLOCK, larger(0, y * sh - ph), smaller(h, y * sh - ph + kh), larger(0, x * sw - pw),
              smaller(w, x * sw - pw + kw));
  }
};

// A plane of x and its plane of y.
struct Pair {
  index_t x, y;
};
template <class Args, class F>
void each_plane(const Args& args, index_t piece, F visit) {
  const Planes planes(args.n, args.c, args.h * args.w);
  const index_t block = planes.block(piece), output = static_cast<index_t>(args.oh * args.ow) * BLOCK;
  for (index_t image = planes.first(piece); image < planes.last(piece); image++)
    visit(Pair{planes.offset(image, block), (image * planes.blocks + block) * output});
}

void zero(float* to, index_t count) {
  for (index_t k = 0; k < count; k += BLOCK) store(to + k, lanes(0));
}

}  // namespace

index_t pieces(const max_pool_args& args) { return Planes(args.n, args.c, args.h * args.w).pieces(); }

void run(const max_pool_args& args, const Context& context, index_t piece) {
  const Windows windows(args);
  each_plane(args, piece, [&](Pair plane) {
    const float* x = context.at(args.x) + plane.x;
    float* y = context.at(args.y) + plane.y;
    windows.each([&](index_t output, index_t top, index_t bottom, index_t left, index_t right) {
      Lanes best = load_lanes(x + (top * windows.w + left) * BLOCK);
      for (index_t r = top; r < bottom; r++)
        for (index_t c = left; c < right; c++) {
          const Lanes v = load_lanes(x + (r * windows.w + c) * BLOCK);
          // NaN wins, and stays.
          EACH_PART best.part[k] = ((v.part[k] > best.part[k]) | (v.part[k] != v.part[k])) ? v.part[k] : best.part[k];
        }
      store(y + output, best);
    });
  });
}

index_t pieces(const max_pool_gradient_args& args) { return Planes(args.n, args.c, args.h * args.w).pieces(); }

void run(const max_pool_gradient_args& args, const Context& context, index_t piece) {
  const Windows windows(args);
  each_plane(args, piece, [&](Pair plane) {
    const float *x = context.at(args.x) + plane.x, *dy = context.at(args.dy) + plane.y;
    float* dx = context.at(args.dx) + plane.x;
    zero(dx, windows.h * windows.w * BLOCK);
    windows.each([&](index_t output, index_t top, index_t bottom, index_t left, index_t right) {
      const Lanes gradient = load_lanes(dy + output);
      Lanes best = load_lanes(x + (top * windows.w + left) * BLOCK);
      mask winner[PARTS];
      EACH_PART winner[k] = mask{} + static_cast<int>(top * windows.w + left);
      for (index_t r = top; r < bottom; r++)
        for (index_t c = left; c < right; c++) {
          const index_t pixel = r * windows.w + c;
          const Lanes v = load_lanes(x + pixel * BLOCK);
          EACH_PART {
            const mask wins = (v.part[k] > best.part[k]) | (v.part[k] != v.part[k]);
            best.part[k] = wins ? v.part[k] : best.part[k];
            winner[k] = wins ? mask{} + static_cast<int>(pixel) : winner[k];
          }
        }
      for (index_t r = top; r < bottom; r++)
        for (index_t c = left; c < right; c++) {
          const index_t pixel = r * windows.w + c;
          Lanes sum = load_lanes(dx + pixel * BLOCK);
          EACH_PART sum.part[k] += winner[k] == static_cast<int>(pixel) ? gradient.part[k] : vec{};
          store(dx + pixel * BLOCK, sum);
        }
    });
  });
}

index_t pieces(const average_pool_args& args) { return Planes(args.n, args.c, args.h * args.w).pieces(); }

void run(const average_pool_args& args, const Context& context, index_t piece) {
  const Windows windows(args);
  const Lanes share = lanes(static_cast<float>(1.0 / (args.kh * args.kw)));
  each_plane(args, piece, [&](Pair plane) {
    const float* x = context.at(args.x) + plane.x;
    float* y = context.at(args.y) + plane.y;
    windows.each([&](index_t output, index_t top, index_t bottom, index_t left, index_t right) {
      Lanes sum = lanes(0);
      for (index_t r = top; r < bottom; r++)
        for (index_t c = left; c < right; c++) sum = sum + load_lanes(x + (r * windows.w + c) * BLOCK);
      store(y + output, sum * share);
    });
  });
}

index_t pieces(const average_pool_gradient_args& args) { return Planes(args.n, args.c, args.h * args.w).pieces(); }

void run(const average_pool_gradient_args& args, const Context& context, index_t piece) {
  const Windows windows(args);
  const Lanes share = lanes(static_cast<float>(1.0 / (args.kh * args.kw)));
  each_plane(args, piece, [&](Pair plane) {
    const float* dy = context.at(args.dy) + plane.y;
    float* dx = context.at(args.dx) + plane.x;
    zero(dx, windows.h * windows.w * BLOCK);
    windows.each([&](index_t output, index_t top, index_t bottom, index_t left, index_t right) {
      const Lanes gradient = load_lanes(dy + output) * share;
      for (index_t r = top; r < bottom; r++)
        for (index_t c = left; c < right; c++) {
          float* at = dx + (r * windows.w + c) * BLOCK;
          store(at, load_lanes(at) + gradient);
        }
    });
  });
}

// The mean over a plane, to and from plain [n][c].
index_t pieces(const global_average_pool_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const global_average_pool_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece), channels = static_cast<index_t>(args.c);
  const index_t count = smaller(BLOCK, channels - block * BLOCK);
  const Lanes share = lanes(static_cast<float>(1.0 / args.size));
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const float* x = context.at(args.x) + planes.offset(image, block);
    Lanes sum[2] = {lanes(0), lanes(0)};
    for (index_t k = 0, way = 0; k < planes.size; k += BLOCK, way ^= 1) sum[way] = sum[way] + load_lanes(x + k);
    alignas(64) float mean[BLOCK];
    store(mean, (sum[0] + sum[1]) * share);
    float* y = context.at(args.y) + image * channels + block * BLOCK;
    for (index_t k = 0; k < count; k++) y[k] = mean[k];
  }
}

index_t pieces(const global_average_pool_gradient_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const global_average_pool_gradient_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece), channels = static_cast<index_t>(args.c);
  const index_t count = smaller(BLOCK, channels - block * BLOCK);
  const Lanes share = lanes(static_cast<float>(1.0 / args.size));
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const float* dy = context.at(args.dy) + image * channels + block * BLOCK;
    alignas(64) float gradient[BLOCK] = {};
    for (index_t k = 0; k < count; k++) gradient[k] = dy[k];
    const Lanes value = load_lanes(gradient) * share;
    float* dx = context.at(args.dx) + planes.offset(image, block);
    for (index_t k = 0; k < planes.size; k += BLOCK) store(dx + k, value);
  }
}

}  // namespace VARIANT
