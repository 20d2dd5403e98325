// Winograd's minimal filtering F(4x4, 3x3) [Lavin and Gray 2016, arXiv 1509.09308]: a 4x4 tile of outputs from a 6x6
// tile of inputs by 36 multiplications instead of 144, with the points 0, 1, −1, 2, −2, ∞. Data, weights and products
// are transformed. Between the transforms, the sums over channels are 36 small matrix products.
//
//   forward           y  = Aᵀ [ Σ_i (G w Gᵀ) · (Bᵀ x B) ] A
//   weight gradient   dw = Gᵀ-like [ Σ_tiles (Bᵀ x B) · (H dy Hᵀ) ], 3x3 outputs from 4x4 tiles of dy with the same points
//
// Errors are some five times those of the direct sum: 4e-6 of the largest output.
#pragma once
#include "conv_input.h"

namespace VARIANT {
namespace winograd {

constexpr int OUT = 4;            // rows and columns of a tile of outputs
constexpr int IN = 6;             // rows and columns of a tile of inputs
constexpr int POINTS = IN * IN;   // products a tile and channel pair
constexpr int TAPS = 3;
constexpr index_t TILES = 16;     // tiles that are transformed, multiplied and transformed back at a time

// Bᵀ d.
INLINE void transform_input(vec* d) {
  const vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1], c = d[4] - d[2], e = 2 * (d[3] - d[1]);
  const vec first = 4 * d[0] - 5 * d[2] + d[4], last = 4 * d[1] - 5 * d[3] + d[5];
  d[0] = first;
  d[1] = a + b;
  d[2] = a - b;
  d[3] = c + e;
  d[4] = c - e;
  d[5] = last;
}

// Aᵀ m: 6 products to 4 outputs.
INLINE void transform_output(const vec* m, vec* y) {
  const vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + 2 * d;
  y[2] = a + 4 * c;
  y[3] = b + 8 * d + m[5];
}

// G w: 3 taps to 6 points.
INLINE void transform_taps(const vec* w, vec* u) {
  const vec a = (w[0] + w[2]) * (-1 / 6.0f), b = w[1] * (-1 / 6.0f);
  const vec c = w[0] * (1 / 24.0f) + w[2] * (1 / 6.0f), d = w[1] * (1 / 12.0f);
  u[0] = w[0] * 0.25f;
  u[1] = a + b;
  u[2] = a - b;
  u[3] = c + d;
  u[4] = c - d;
  u[5] = w[2];
}

// H dy: 4 output gradients to 6 points, for the weight gradient.
INLINE void transform_gradient(const vec* g, vec* u) {
  const vec a = (g[0] + g[2]) * (-1 / 6.0f), b = (g[1] + g[3]) * (-1 / 6.0f);
  const vec c = g[0] * (1 / 24.0f) + g[2] * (1 / 6.0f), d = g[1] * (1 / 12.0f) + g[3] * (1 / 3.0f);
  u[0] = g[0] * 0.25f;
  u[1] = a + b;
  u[2] = a - b;
  u[3] = c + d;
  u[4] = c - d;
  u[5] = g[3];
}

// 6 products to 3 taps, for the weight gradient.
INLINE void transform_sums(const vec* m, vec* w) {
  const vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  w[0] = m[0] + a + c;
  w[1] = b + 2 * d;
  w[2] = a + 4 * c + m[5];
}

// A batch of images as tiles, numbered image by image, row by row.
struct Grid {
  index_t rows, columns;

  Grid(index_t oh, index_t ow) : rows(divide_up(oh, OUT)), columns(divide_up(ow, OUT)) {}
  index_t tiles() const { return rows * columns; }
  index_t row(index_t tile) const { return tile % tiles() / columns * OUT; }
  index_t column(index_t tile) const { return tile % columns * OUT; }
  index_t image(index_t tile) const { return tile / tiles(); }
};

// Transformed tiles of some channels are [block][36][TILES][16]. Each point is a little longer than that, so that the
// 36 values of a tile do not fall into the same cache set. The compiler knows all distances, so products and transforms
// compute no addresses.
constexpr index_t POINT = TILES * BLOCK + BLOCK;
constexpr index_t POINT_BLOCK = POINTS * POINT;

// The padded copy of the rows of tiles [from_row, to_row) of some images. Tiles are read from it without tests for the
// border. A norm before the convolution is applied while copying.
struct Copy {
  index_t blocks, rows, columns;

  Copy(index_t blocks, const Grid& grid, index_t tile_rows)
      : blocks(blocks), rows(tile_rows * OUT + TAPS - 1), columns(grid.columns * OUT + TAPS - 1) {}
  index_t image() const { return room().value(); }
  // Room for one image.
  Floats room() const { return Floats(blocks) * rows * columns * BLOCK; }

  // Copies `images` images of h x w, starting at x.
  void fill(float* to, const float* x, index_t images, index_t h, index_t w, index_t first_row, index_t first_column,
            const Normaliser& norm) const {
    Padded padded;
    padded.first_row = first_row;
    padded.rows = rows;
    padded.first_column = first_column;
    padded.columns = columns;
    padded.stride = padded.phases = 1;
    for (index_t k = 0; k < images; k++)
      copy_normalised(to + k * image(), x + k * blocks * h * w * BLOCK, padded, blocks, h, w, norm);
  }
};

// Bᵀ x B of the tiles [first, last), counted from the first of the copy.
INLINE void transform_inputs(const float* copy, const Copy& sizes, const Grid& grid, index_t first, index_t last,
                             float* points) {
  for (index_t tile = first; tile < last; tile++)
    for (index_t c = 0; c < sizes.blocks * BLOCK; c += VL) {
      const float* map = copy + grid.image(tile) * sizes.image() + c / BLOCK * sizes.rows * sizes.columns * BLOCK +
                         (grid.row(tile) * sizes.columns + grid.column(tile)) * BLOCK + c % BLOCK;
      vec d[IN][IN];
      UNROLL for (int j = 0; j < IN; j++) {
        vec column[IN];
        UNROLL for (int i = 0; i < IN; i++) column[i] = load(map + (i * sizes.columns + j) * BLOCK);
        transform_input(column);
        UNROLL for (int i = 0; i < IN; i++) d[i][j] = column[i];
      }
      float* to = points + c / BLOCK * POINT_BLOCK + (tile - first) * BLOCK + c % BLOCK;
      UNROLL for (int i = 0; i < IN; i++) {
        transform_input(d[i]);
        UNROLL for (int j = 0; j < IN; j++) store(to + (i * IN + j) * POINT, d[i][j]);
      }
    }
}

}  // namespace winograd
}  // namespace VARIANT
