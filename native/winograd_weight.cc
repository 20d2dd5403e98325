// Weight gradient of a 3x3 convolution with stride 1 by Winograd's algorithm. A piece is a chunk of images, which sums
// into its own part of `partials` (conv_weight.cc adds these in order).
//
// Some images at a time are copied with padding, through the norm before the convolution if there is one. Then, for 16
// tiles at a time, x and dy are transformed. For each of the 36 points, input plane and output block, [16 tiles x 16
// channels]ᵀ · [16 tiles x 16 channels] is added to the sums of the point, which stay in L2. In the end the points of
// each pair of channels are transformed to 9 taps.
//
// The 16 products of a step are added to each other before they are added to the sum. A sum of all tiles one by one
// would be rounded at its full size 16 times as often, and a chunk may have hundreds of tiles.
#include "winograd.h"

namespace VARIANT {
namespace {
using namespace winograd;

struct Sizes {
  index_t n, h, w, oh, ow, ph, pw, in_blocks, out_blocks, chunks;
  Grid grid;

  explicit Sizes(const conv2d_weight_gradient_winograd_args& a)
      : n(index(a.n)), h(index(a.h)), w(index(a.w)), oh(index(a.oh)), ow(index(a.ow)), ph(index(a.ph)),
        pw(index(a.pw)), in_blocks(blocks_of(a.c)), out_blocks(blocks_of(a.o)), chunks(index(a.chunks)),
        grid(oh, ow) {}
  // Number of images copied at a time.
  index_t group() const { return smaller(n, larger(1, TILES / grid.tiles())); }
  index_t sums() const { return POINTS * in_blocks * out_blocks * BLOCK * BLOCK; }

 private:
  static index_t index(double value) { return static_cast<index_t>(value); }
};

// Loads the 4x4 values at (row, column) of a map [h][w][16], one vector per pixel; zeros outside the map.
INLINE void load_tile(const float* map, index_t h, index_t w, index_t row, index_t column, vec (&d)[OUT][OUT]) {
  const float* at = map + (row * w + column) * BLOCK;
  if (row + OUT <= h && column + OUT <= w) {
    UNROLL for (int i = 0; i < OUT; i++)
      UNROLL for (int j = 0; j < OUT; j++) d[i][j] = load(at + (i * w + j) * BLOCK);
    return;
  }
  for (int i = 0; i < OUT; i++)
    for (int j = 0; j < OUT; j++) d[i][j] = row + i < h && column + j < w ? load(at + (i * w + j) * BLOCK) : vec{};
}

// H dy Hᵀ of the tiles [first, last).
void transform_gradients(const float* dy, const Sizes& s, index_t first, index_t last, float* points) {
  const index_t out = s.out_blocks * BLOCK;
  for (index_t tile = first; tile < last; tile++)
    for (index_t o = 0; o < out; o += VL) {
      const float* map = dy + (s.grid.image(tile) * s.out_blocks + o / BLOCK) * s.oh * s.ow * BLOCK + o % BLOCK;
      vec d[OUT][OUT], half[IN][OUT];
      load_tile(map, s.oh, s.ow, s.grid.row(tile), s.grid.column(tile), d);
      UNROLL for (int j = 0; j < OUT; j++) {
        vec g[OUT], u[IN];
        UNROLL for (int i = 0; i < OUT; i++) g[i] = d[i][j];
        transform_gradient(g, u);
        UNROLL for (int i = 0; i < IN; i++) half[i][j] = u[i];
      }
      float* to = points + o / BLOCK * POINT_BLOCK + (tile - first) * BLOCK + o % BLOCK;
      UNROLL for (int i = 0; i < IN; i++) {
        vec u[IN];
        transform_gradient(half[i], u);
        UNROLL for (int j = 0; j < IN; j++) store(to + (i * IN + j) * POINT, u[j]);
      }
    }
}

// sums[c][o] += Σ_tiles x[t][c] · dy[t][o] for C input channels and V vectors of output channels.
template <int C, int V>
void accumulate(const float* x, const float* dy, float* sums, index_t block, index_t tiles) {
  const auto offset = [&](int v) { return v * VL / BLOCK * block + v * VL % BLOCK; };
  vec sum[C][V] = {};
  for (index_t t = 0; t < tiles; t++, x += BLOCK, dy += BLOCK) {
    vec d[V];
    UNROLL for (int v = 0; v < V; v++) d[v] = load(dy + v * VL / BLOCK * POINT_BLOCK + v * VL % BLOCK);
    UNROLL for (int c = 0; c < C; c++) {
      const vec s = splat(x[c]);
      UNROLL for (int v = 0; v < V; v++) sum[c][v] += s * d[v];
    }
  }
  UNROLL for (int c = 0; c < C; c++)
    UNROLL for (int v = 0; v < V; v++) {
      float* to = sums + c * BLOCK + offset(v);
      store(to, load(to) + sum[c][v]);
    }
}

// One point: all pairs of channels. sums [out block][input channel][16].
void accumulate_point(const float* x, const float* dy, float* sums, index_t in, index_t out, index_t tiles) {
  const index_t block = in * BLOCK;
  const auto point = [](const float* points, index_t channel) {
    return points + channel / BLOCK * POINT_BLOCK + channel % BLOCK;
  };
  const auto at = [&](index_t c, index_t o) { return sums + o / BLOCK * block + c * BLOCK + o % BLOCK; };
#if VL == 16
  constexpr int C = 8, V = 2;
  index_t o = 0;
  for (; o + 2 * BLOCK <= out; o += 2 * BLOCK)
    for (index_t c = 0; c < in; c += C) accumulate<C, V>(point(x, c), point(dy, o), at(c, o), block, tiles);
  for (; o < out; o += BLOCK)
    for (index_t c = 0; c < in; c += BLOCK) accumulate<BLOCK, 1>(point(x, c), point(dy, o), at(c, o), block, tiles);
#else
  constexpr int C = 4, V = 2;
  for (index_t o = 0; o < out; o += V * VL)
    for (index_t c = 0; c < in; c += C) accumulate<C, V>(point(x, c), point(dy, o), at(c, o), block, tiles);
#endif
}

// Transforms the 36 sums of each pair of channels to 9 taps: [36][ob][ib · 16][16] to [ob][ib][3][3][16][16].
void transform_to_taps(const Sizes& s, const float* sums, float* weight) {
  const index_t pairs = s.in_blocks * s.out_blocks, stride = pairs * BLOCK * BLOCK;
  for (index_t pair = 0; pair < pairs; pair++)
    for (index_t k = 0; k < BLOCK * BLOCK; k += VL) {
      const float* from = sums + pair * BLOCK * BLOCK + k;
      float* to = weight + pair * TAPS * TAPS * BLOCK * BLOCK + k;
      vec half[TAPS][IN];
      UNROLL for (int j = 0; j < IN; j++) {
        vec m[IN], w[TAPS];
        UNROLL for (int i = 0; i < IN; i++) m[i] = load(from + (i * IN + j) * stride);
        transform_sums(m, w);
        UNROLL for (int i = 0; i < TAPS; i++) half[i][j] = w[i];
      }
      UNROLL for (int i = 0; i < TAPS; i++) {
        vec w[TAPS];
        transform_sums(half[i], w);
        UNROLL for (int j = 0; j < TAPS; j++) store(to + (i * TAPS + j) * BLOCK * BLOCK, w[j]);
      }
    }
}

}  // namespace

index_t pieces(const conv2d_weight_gradient_winograd_args& args) { return Sizes(args).chunks; }

index_t scratch(const conv2d_weight_gradient_winograd_args& args) {
  const Sizes s(args);
  const Copy copy(s.in_blocks, s.grid, s.grid.rows);
  const Floats sums = Floats(POINTS * BLOCK * BLOCK) * s.in_blocks * s.out_blocks;
  return (sums + (Floats(s.in_blocks) + s.out_blocks) * POINT_BLOCK + copy.room() * s.group()).value();
}

void run(const conv2d_weight_gradient_winograd_args& args, const Context& context, index_t piece) {
  const Sizes s(args);
  const index_t in = s.in_blocks * BLOCK, out = s.out_blocks * BLOCK;
  float* sums = context.scratch;
  float* x_points = sums + s.sums();
  float* dy_points = x_points + s.in_blocks * POINT_BLOCK;
  for (index_t k = 0; k < s.sums(); k += VL) store(sums + k, vec{});

  float* copy = dy_points + s.out_blocks * POINT_BLOCK;
  const Copy sizes(s.in_blocks, s.grid, s.grid.rows);
  const Normaliser norm(args, context);
  const index_t last_image = part_start(s.n, s.chunks, piece + 1);
  for (index_t image = part_start(s.n, s.chunks, piece); image < last_image; image += s.group()) {
    const index_t images = smaller(last_image - image, s.group());
    sizes.fill(copy, context.at(args.x) + image * s.in_blocks * s.h * s.w * BLOCK, images, s.h, s.w, -s.ph, -s.pw,
               norm);
    const index_t first = image * s.grid.tiles(), last = first + images * s.grid.tiles();
    for (index_t tile = first; tile < last; tile += TILES) {
      const index_t end = smaller(last, tile + TILES);
      transform_inputs(copy, sizes, s.grid, tile - first, end - first, x_points);
      transform_gradients(context.at(args.dy), s, tile, end, dy_points);
      for (int p = 0; p < POINTS; p++)
        accumulate_point(x_points + p * POINT, dy_points + p * POINT, sums + p * in * out, in, out, end - tile);
    }
  }
  transform_to_taps(s, sums, context.at(args.partials) + piece * TAPS * TAPS * in * out);
}

}  // namespace VARIANT
