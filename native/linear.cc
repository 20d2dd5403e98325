// The classifier: y = x · weightᵀ + bias and its gradients, on plain matrices x [n][i], weight [o][i], y [n][o]. Rows
// need not be aligned. Each result is one sum in a fixed order. Tiles of 4 x 4 results share the loads.
#include "kernel.h"

namespace VARIANT {
namespace {

constexpr index_t ROWS = 4, COLUMNS = 4;
constexpr index_t OUTPUTS = 64;    // outputs a piece of the forward kernel computes, for up to IMAGES images
constexpr index_t IMAGES = 16;
constexpr index_t INPUTS = 8 * 16;  // inputs a piece of a gradient computes

float add_up(vec v) {
  float sum = v[0];
  for (int k = 1; k < VL; k++) sum += v[k];
  return sum;
}

// R x C dot products of length `count`: rows of a against rows of b.
template <int R, int C>
void dots(const float* a, const float* b, index_t stride, index_t count, float (&out)[ROWS][COLUMNS]) {
  vec sum[R][C];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int c = 0; c < C; c++) sum[r][c] = vec{};
  index_t k = 0;
  for (; k + VL <= count; k += VL) {
    vec bs[C];
    UNROLL for (int c = 0; c < C; c++) bs[c] = load_unaligned(b + c * stride + k);
    UNROLL for (int r = 0; r < R; r++) {
      const vec as = load_unaligned(a + r * stride + k);
      UNROLL for (int c = 0; c < C; c++) sum[r][c] += as * bs[c];
    }
  }
  for (int r = 0; r < R; r++)
    for (int c = 0; c < C; c++) {
      float rest = 0;
      for (index_t j = k; j < count; j++) rest += a[r * stride + j] * b[c * stride + j];
      out[r][c] = add_up(sum[r][c]) + rest;
    }
}

// y[0..VL) of R rows: Σ_k factor[r · row + k · step] · x[k · stride ..]. The last, partial vector has `width` < VL.
template <int R>
void combine(const float* factor, index_t row, index_t step, const float* x, index_t stride, index_t count, float* y,
             index_t y_stride, index_t width) {
  if (width == VL) {
    vec sum[R];
    UNROLL for (int r = 0; r < R; r++) sum[r] = vec{};
    for (index_t k = 0; k < count; k++) {
      const vec v = load_unaligned(x + k * stride);
      UNROLL for (int r = 0; r < R; r++) sum[r] += splat(factor[r * row + k * step]) * v;
    }
    UNROLL for (int r = 0; r < R; r++) store_unaligned(y + r * y_stride, sum[r]);
    return;
  }
  for (int r = 0; r < R; r++)
    for (index_t j = 0; j < width; j++) {
      float sum = 0;
      for (index_t k = 0; k < count; k++) sum += factor[r * row + k * step] * x[k * stride + j];
      y[r * y_stride + j] = sum;
    }
}

// One piece of `rows` x `columns` results: eight rows at a time, then one by one.
void combine_rows(const float* factor, index_t row, index_t step, index_t rows, const float* x, index_t stride,
                  index_t count, float* y, index_t y_stride, index_t columns) {
  for (index_t c = 0; c < columns; c += VL) {
    const index_t width = smaller(VL, columns - c);
    index_t r = 0;
    for (; r + 8 <= rows; r += 8)
      combine<8>(factor + r * row, row, step, x + c, stride, count, y + r * y_stride + c, y_stride, width);
    for (; r < rows; r++)
      combine<1>(factor + r * row, row, step, x + c, stride, count, y + r * y_stride + c, y_stride, width);
  }
}

}  // namespace

index_t pieces(const linear_args& args) {
  return divide_up(static_cast<index_t>(args.n), IMAGES) * divide_up(static_cast<index_t>(args.o), OUTPUTS);
}

void run(const linear_args& args, const Context& context, index_t piece) {
  const index_t n = static_cast<index_t>(args.n), inputs = static_cast<index_t>(args.i);
  const index_t outputs = static_cast<index_t>(args.o), groups = divide_up(outputs, OUTPUTS);
  const index_t first_image = piece / groups * IMAGES, last_image = smaller(n, first_image + IMAGES);
  const index_t first = piece % groups * OUTPUTS, last = smaller(outputs, first + OUTPUTS);
  const float *x = context.at(args.x), *weight = context.at(args.weight), *bias = context.at(args.bias);
  float* y = context.at(args.y);
  for (index_t image = first_image; image < last_image; image += ROWS)
    for (index_t o = first; o < last; o += COLUMNS) {
      const index_t rows = smaller(ROWS, last_image - image), columns = smaller(COLUMNS, last - o);
      float out[ROWS][COLUMNS];
      if (rows == ROWS && columns == COLUMNS)
        dots<ROWS, COLUMNS>(x + image * inputs, weight + o * inputs, inputs, inputs, out);
      else
        for (index_t r = 0; r < rows; r++)
          for (index_t c = 0; c < columns; c++) {
            float one[ROWS][COLUMNS];
            dots<1, 1>(x + (image + r) * inputs, weight + (o + c) * inputs, inputs, inputs, one);
            out[r][c] = one[0][0];
          }
      for (index_t r = 0; r < rows; r++)
        for (index_t c = 0; c < columns; c++)
          y[(image + r) * outputs + o + c] = out[r][c] + (bias ? bias[o + c] : 0);
    }
}

// dx[n][i] = Σ_o dy[n][o] · weight[o][i]
index_t pieces(const linear_input_gradient_args& args) {
  return divide_up(static_cast<index_t>(args.n), IMAGES) * divide_up(static_cast<index_t>(args.i), INPUTS);
}

void run(const linear_input_gradient_args& args, const Context& context, index_t piece) {
  const index_t n = static_cast<index_t>(args.n), inputs = static_cast<index_t>(args.i);
  const index_t outputs = static_cast<index_t>(args.o), groups = divide_up(inputs, INPUTS);
  const index_t image = piece / groups * IMAGES, i = piece % groups * INPUTS;
  combine_rows(context.at(args.dy) + image * outputs, outputs, 1, smaller(IMAGES, n - image),
               context.at(args.weight) + i, inputs, outputs, context.at(args.dx) + image * inputs + i, inputs,
               smaller(INPUTS, inputs - i));
}

// dweight[o][i] = Σ_n dy[n][o] · x[n][i]
index_t pieces(const linear_weight_gradient_args& args) {
  return divide_up(static_cast<index_t>(args.o), IMAGES) * divide_up(static_cast<index_t>(args.i), INPUTS);
}

void run(const linear_weight_gradient_args& args, const Context& context, index_t piece) {
  const index_t inputs = static_cast<index_t>(args.i), outputs = static_cast<index_t>(args.o);
  const index_t groups = divide_up(inputs, INPUTS), o = piece / groups * IMAGES, i = piece % groups * INPUTS;
  combine_rows(context.at(args.dy) + o, 1, outputs, smaller(IMAGES, outputs - o), context.at(args.x) + i, inputs,
               static_cast<index_t>(args.n), context.at(args.dweight) + o * inputs + i, inputs,
               smaller(INPUTS, inputs - i));
}

index_t pieces(const sum_rows_args& args) { return divide_up(static_cast<index_t>(args.o), INPUTS); }

void run(const sum_rows_args& args, const Context& context, index_t piece) {
  const index_t n = static_cast<index_t>(args.n), outputs = static_cast<index_t>(args.o);
  const index_t last = smaller(outputs, (piece + 1) * INPUTS);
  const float* x = context.at(args.x);
  float* y = context.at(args.y);
  for (index_t o = piece * INPUTS; o < last; o++) {
    float sum = 0;
    for (index_t row = 0; row < n; row++) sum += x[row * outputs + o];
    y[o] = sum;
  }
}

}  // namespace VARIANT
