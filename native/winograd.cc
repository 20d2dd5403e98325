// 3x3 convolution with stride 1 by Winograd F(4x4, 3x3), forward and, with rotated weights, its input gradient.
//
// A piece is some images, or a band of one image's rows of tiles. If these are few, it is also a part of the output
// channels, so that threads share the weights, which are then larger than the images. A piece first copies its inputs,
// with padding and through the norm before the convolution if there is one. Then, for up to 16 tiles at a time, all in
// L2, it transforms the inputs. For each of the 36 points it multiplies [tiles x input channels] by [input channels x
// output channels]. It transforms back while it applies bias, addend and ReLU. Statistics of y, or the first half of
// the backward pass over a norm, are taken when an image is done.
#include "winograd.h"
#include "reduction.h"
#include "statistics.h"

namespace VARIANT {
namespace {
using namespace winograd;

// Tiles by vectors of output channels that the registers hold, as for direct tiles (conv_tile.h).
#if VL == 16
constexpr int WIDE = 2, ROWS_OF_WIDE = 14, ROWS_OF_ONE = 16;
#elif VL == 8
constexpr int WIDE = 2, ROWS_OF_WIDE = 5, ROWS_OF_ONE = 8;
#else
constexpr int WIDE = 2, ROWS_OF_WIDE = 4, ROWS_OF_ONE = 8;
#endif

// With fewer pieces, output channels are divided too, into parts of at least so many blocks, or two halves. Each part
// transforms the inputs again, which takes a tenth of the time of four blocks.
constexpr index_t FEW_PIECES = 16, LEAST_BLOCKS = 4;

struct Sizes {
  index_t n, h, w, oh, ow, ph, pw, in_blocks, out_blocks, bands, group, parts;
  Grid grid;

  explicit Sizes(const conv2d_winograd_args& a)
      : n(index(a.n)), h(index(a.h)), w(index(a.w)), oh(index(a.oh)), ow(index(a.ow)), ph(index(a.ph)),
        pw(index(a.pw)), in_blocks(blocks_of(a.c)), out_blocks(blocks_of(a.o)), bands(index(a.bands)),
        grid(oh, ow) {
    group = bands > 1 ? 1 : smaller(n, larger(1, TILES / grid.tiles()));
    const index_t pieces = divide_up(n, group) * bands;
    const index_t most = larger(divide_up(out_blocks, LEAST_BLOCKS), smaller(out_blocks, 2));
    parts = pieces >= FEW_PIECES ? 1 : smaller(most, divide_up(FEW_PIECES, pieces));
  }
  index_t pieces() const { return divide_up(n, group) * bands * parts; }
  index_t points_floats() const { return in_blocks * POINT_BLOCK; }
  index_t products_floats() const { return divide_up(out_blocks, parts) * POINT_BLOCK; }

 private:
  static index_t index(double value) { return static_cast<index_t>(value); }
};

// One point: products[t][o] = Σ_i points[t][i] · weight[i][o] for R tiles and V vectors of output channels.
template <int R, int V>
void multiply(const float* points, const float* weight, float* products, index_t in) {
  const auto part = [](int v) { return v * VL % BLOCK; };
  const auto block = [](int v) { return v * VL / BLOCK; };
  vec sum[R][V];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < V; v++) sum[r][v] = vec{};
  for (index_t i = 0; i < in; i += BLOCK, points += POINT_BLOCK)
    UNROLL_CHANNELS for (int c = 0; c < BLOCK; c++) {
      const float* row = weight + (i + c) * BLOCK;
      vec w[V];
      UNROLL for (int v = 0; v < V; v++) w[v] = load(row + block(v) * in * BLOCK + part(v));
      UNROLL for (int r = 0; r < R; r++) {
        const vec s = splat(points[r * BLOCK + c]);
        UNROLL for (int v = 0; v < V; v++) sum[r][v] += s * w[v];
      }
    }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < V; v++) store(products + r * BLOCK + block(v) * POINT_BLOCK + part(v), sum[r][v]);
}

typedef void (*Multiply)(const float*, const float*, float*, index_t);

template <int R, int V>
INLINE Multiply find_multiply(index_t rows) {
  if constexpr (R > 1)
    if (rows < R) return find_multiply<R - 1, V>(rows);
  return multiply<R, V>;
}

// Takes at most R tiles at a time, in nearly equal turns.
template <int R, int V>
INLINE void multiply_tiles(const float* points, const float* weight, float* products, index_t in, index_t tiles) {
  const index_t turns = divide_up(tiles, R);
  for (index_t k = 0; k < turns; k++) {
    const index_t t = part_start(tiles, turns, k);
    const Multiply run_multiply = find_multiply<R, V>(part_start(tiles, turns, k + 1) - t);
    run_multiply(points + t * BLOCK, weight, products + t * BLOCK, in);
  }
}

// One point: `out` output channels of some tiles.
void multiply_point(const float* points, const float* weight, float* products, index_t in, index_t out, index_t tiles) {
  index_t o = 0;
  const auto weights = [&](index_t channel) { return weight + channel / BLOCK * in * BLOCK + channel % BLOCK; };
  const auto to = [&](index_t channel) { return products + channel / BLOCK * POINT_BLOCK + channel % BLOCK; };
  for (; o + WIDE * VL <= out; o += WIDE * VL)
    multiply_tiles<ROWS_OF_WIDE, WIDE>(points, weights(o), to(o), in, tiles);
  for (; o < out; o += VL) multiply_tiles<ROWS_OF_ONE, 1>(points, weights(o), to(o), in, tiles);
}

// Aᵀ m A of the tiles [first, last) and of `out` output channels from `from_channel` on. Writes the parts of the tiles
// that lie in the map.
void transform_outputs(const conv2d_winograd_args& args, const Context& context, const Sizes& s, const float* products,
                       index_t first, index_t last, index_t from_channel, index_t out) {
  const float *bias = context.at(args.bias), *addend = context.at(args.addend);
  float* const y = context.at(args.y);
  const bool relu_after = args.relu != 0;
  for (index_t tile = first; tile < last; tile++) {
    const index_t row = s.grid.row(tile), column = s.grid.column(tile);
    const index_t rows = smaller(OUT, s.oh - row), columns = smaller(OUT, s.ow - column);
    for (index_t k = 0; k < out; k += VL) {
      const float* from = products + k / BLOCK * POINT_BLOCK + (tile - first) * BLOCK + k % BLOCK;
      const index_t o = from_channel + k;
      vec half[OUT][IN];
      UNROLL for (int j = 0; j < IN; j++) {
        vec m[IN], a[OUT];
        UNROLL for (int i = 0; i < IN; i++) m[i] = load(from + (i * IN + j) * POINT);
        transform_output(m, a);
        UNROLL for (int i = 0; i < OUT; i++) half[i][j] = a[i];
      }
      const index_t at =
          ((s.grid.image(tile) * s.out_blocks + o / BLOCK) * s.oh * s.ow + row * s.ow + column) * BLOCK + o % BLOCK;
      const vec b = bias ? load(bias + o) : vec{};
      const auto finish = [&](index_t pixel, vec v) __attribute__((always_inline)) {
        v += b;
        if (addend) v += load(addend + pixel);
        if (relu_after) v = relu(v);
        store(y + pixel, v);
      };
      if (rows == OUT && columns == OUT) {
        UNROLL for (int i = 0; i < OUT; i++) {
          vec line[OUT];
          transform_output(half[i], line);
          UNROLL for (int j = 0; j < OUT; j++) finish(at + (i * s.ow + j) * BLOCK, line[j]);
        }
        continue;
      }
      for (index_t i = 0; i < rows; i++) {
        vec line[OUT];
        transform_output(half[i], line);
        for (index_t j = 0; j < columns; j++) finish(at + (i * s.ow + j) * BLOCK, line[j]);
      }
    }
  }
}

}  // namespace

index_t pieces(const conv2d_winograd_args& args) { return Sizes(args).pieces(); }

index_t scratch(const conv2d_winograd_args& args) {
  const Sizes s(args);
  const Copy copy(s.in_blocks, s.grid, divide_up(s.grid.rows, s.bands));
  return (Floats(s.in_blocks) * POINT_BLOCK + Floats(divide_up(s.out_blocks, s.parts)) * POINT_BLOCK +
          copy.room() * s.group)
      .value();
}

void run(const conv2d_winograd_args& args, const Context& context, index_t piece) {
  const Sizes s(args);
  const index_t in = s.in_blocks * BLOCK, all = s.out_blocks * BLOCK;
  const index_t part = piece % s.parts, band = piece / s.parts % s.bands, image = piece / s.parts / s.bands * s.group;
  const index_t from_block = part_start(s.out_blocks, s.parts, part), from_channel = from_block * BLOCK;
  const index_t to_block = part_start(s.out_blocks, s.parts, part + 1), out = (to_block - from_block) * BLOCK;
  const index_t images = smaller(s.n - image, s.group);
  float* points = context.scratch;
  float* products = points + s.points_floats();
  float* copy = products + s.products_floats();
  const index_t tile_row = s.bands > 1 ? part_start(s.grid.rows, s.bands, band) : 0;
  const index_t tile_rows = s.bands > 1 ? part_start(s.grid.rows, s.bands, band + 1) - tile_row : s.grid.rows;
  const Copy sizes(s.in_blocks, s.grid, tile_rows);
  sizes.fill(copy, context.at(args.x) + image * s.in_blocks * s.h * s.w * BLOCK, images, s.h, s.w,
             tile_row * OUT - s.ph, -s.pw, Normaliser(args, context));
  const index_t first = image * s.grid.tiles() + tile_row * s.grid.columns;
  const index_t tiles = images * tile_rows * s.grid.columns, turns = divide_up(tiles, TILES);
  const float* weight = context.at(args.weight) + from_channel * in;
  for (index_t turn = 0; turn < turns; turn++) {
    const index_t from = part_start(tiles, turns, turn), to = part_start(tiles, turns, turn + 1);
    transform_inputs(copy, sizes, s.grid, from, to, points);
    for (int p = 0; p < POINTS; p++)
      multiply_point(points + p * POINT, weight + p * in * all, products + p * POINT, in, out, to - from);
    transform_outputs(args, context, s, products, first + from, first + to, from_channel, out);
  }
  const Reduction reduction(args, context);
  float *statistics = context.at(args.statistics), *y = context.at(args.y);
  if (!statistics && !reduction) return;
  const index_t from_row = tile_row * OUT, to_row = smaller(s.oh, (tile_row + tile_rows) * OUT);
  for (index_t k = image; k < image + images; k++)
    for (index_t block = from_block; block < to_block; block++) {
      const index_t offset = ((k * s.out_blocks + block) * s.oh + from_row) * s.ow * BLOCK;
      const index_t pixels = (to_row - from_row) * s.ow;
      if (statistics) {
        float* mean = statistics + k * 2 * all + block * BLOCK;
        plane_statistics(y + offset, pixels, mean, mean + all);
      }
      if (reduction) reduction.plane(y, y, offset, pixels * BLOCK, block, all, k * s.bands + band);
    }
}

// G w Gᵀ of each pair of channels: [oblocks][iblocks][3][3][16][16] to [36][oblocks][iblocks · 16][16]. With `flip` the
// taps are rotated by 180 degrees, for the input gradient. A piece is one pair of blocks.
index_t pieces(const winograd_weight_args& args) { return static_cast<index_t>(args.oblocks * args.iblocks); }

void run(const winograd_weight_args& args, const Context& context, index_t piece) {
  const index_t in_blocks = static_cast<index_t>(args.iblocks), out_blocks = static_cast<index_t>(args.oblocks);
  const float* weight = context.at(args.weight) + piece * TAPS * TAPS * BLOCK * BLOCK;
  float* y = context.at(args.y) + piece * BLOCK * BLOCK;
  const index_t stride = out_blocks * in_blocks * BLOCK * BLOCK;
  for (index_t k = 0; k < BLOCK * BLOCK; k += VL) {
    vec half[IN][TAPS];
    UNROLL for (int j = 0; j < TAPS; j++) {
      vec w[TAPS], u[IN];
      UNROLL for (int i = 0; i < TAPS; i++) {
        const int tap = i * TAPS + j;
        w[i] = load(weight + (args.flip != 0 ? TAPS * TAPS - 1 - tap : tap) * BLOCK * BLOCK + k);
      }
      transform_taps(w, u);
      UNROLL for (int i = 0; i < IN; i++) half[i][j] = u[i];
    }
    UNROLL for (int i = 0; i < IN; i++) {
      vec u[IN];
      transform_taps(half[i], u);
      UNROLL for (int j = 0; j < IN; j++) store(y + (i * IN + j) * stride + k, u[j]);
    }
  }
}

}  // namespace VARIANT
