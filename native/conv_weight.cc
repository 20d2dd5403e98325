// Weight gradient of a convolution: for each tap, input channel and output channel, the sum over images and pixels of x
// · dy. A piece is a chunk of images and a part of the output blocks. It sums into its own part of `partials`, which
// sum_partials adds in order.
//
// Accumulators are input channels by vectors of output channels. The pixels of a few rows pass over them for one tap
// after the other, so that these rows stay in L1. x is read from the padded copy (conv_input.h), dy directly. A norm
// before the convolution is applied while x is copied.
#include "conv_input.h"
#include "groups.h"

namespace VARIANT {
namespace {

constexpr index_t STEP_PIXELS = 128;     // pixels that pass over a tap's accumulators at a time
constexpr index_t COPY_FLOATS = 1 << 16;  // wanted size of the padded copy: a part of L2

struct Chunk {
  index_t index, first_image, last_image, first_block, last_block;

  template <class Args>
  Chunk(const Args& args, const Geometry& g, index_t piece) {
    const index_t chunks = static_cast<index_t>(args.chunks), parts = static_cast<index_t>(args.parts);
    index = piece / parts;
    first_image = part_start(g.n, chunks, index);
    last_image = part_start(g.n, chunks, index + 1);
    first_block = part_start(blocks_of(args.o), parts, piece % parts);
    last_block = part_start(blocks_of(args.o), parts, piece % parts + 1);
  }
};

// Output rows whose padded input makes a copy of about the wanted size.
index_t band_rows(const Geometry& g, index_t planes, int unit) {
  const index_t one = planes * padded_input(g, 0, 1).row(unit);
  const index_t rows = (COPY_FLOATS / one - (g.kh - 1) * g.dh) / g.sh;
  return smaller(g.oh, larger(1, rows));
}

// Rows of outputs, and the inputs of one tap for them.
struct Rows {
  const float *x, *dy;
  index_t x_row, dy_row, dy_block;
  index_t height, width;
};

// weight[c][o] (+)= Σ x[pixel][c] · dy[pixel][o] for C input channels and V vectors of output channels.
template <int C, int V>
void accumulate(const Rows& rows, float* weight, index_t weight_block, bool fresh) {
  vec sum[C][V];
  UNROLL for (int c = 0; c < C; c++)
    UNROLL for (int v = 0; v < V; v++)
      sum[c][v] = fresh ? vec{} : load(weight + c * BLOCK + v * VL / BLOCK * weight_block + v * VL % BLOCK);
  for (index_t y = 0; y < rows.height; y++) {
    const float* x = rows.x + y * rows.x_row;
    const float* dy = rows.dy + y * rows.dy_row;
    for (index_t p = 0; p < rows.width; p++, x += BLOCK, dy += BLOCK) {
      vec d[V];
      UNROLL for (int v = 0; v < V; v++) d[v] = load(dy + v * VL / BLOCK * rows.dy_block + v * VL % BLOCK);
      UNROLL for (int c = 0; c < C; c++) {
        const vec s = splat(x[c]);
        UNROLL for (int v = 0; v < V; v++) sum[c][v] += s * d[v];
      }
    }
  }
  UNROLL for (int c = 0; c < C; c++)
    UNROLL for (int v = 0; v < V; v++)
      store(weight + c * BLOCK + v * VL / BLOCK * weight_block + v * VL % BLOCK, sum[c][v]);
}

// All 16 input channels of a plane by `count` output blocks (1, or 2 in AVX-512), as many at a time as the registers
// hold.
void accumulate_plane(const Rows& rows, float* weight, index_t weight_block, index_t count, bool fresh) {
  const auto channels = [&](index_t c) {
    Rows r = rows;
    r.x += c;
    return r;
  };
  const auto at = [&](index_t c) { return weight + c * BLOCK; };
#if VL == 16
  if (count == 2) {
    accumulate<8, 2>(channels(0), at(0), weight_block, fresh);
    accumulate<8, 2>(channels(8), at(8), weight_block, fresh);
  } else {
    accumulate<16, 1>(rows, weight, weight_block, fresh);
  }
#elif VL == 8
  (void)count;
  accumulate<6, 2>(channels(0), at(0), weight_block, fresh);
  accumulate<5, 2>(channels(6), at(6), weight_block, fresh);
  accumulate<5, 2>(channels(11), at(11), weight_block, fresh);
#else
  (void)count;
  for (index_t half = 0; half < BLOCK; half += 2 * VL)
    for (index_t c = 0; c < BLOCK; c += 4) {
      Rows r = channels(c);
      r.dy += half;
      accumulate<4, 2>(r, at(c) + half, weight_block, fresh);
    }
#endif
}

constexpr index_t BLOCKS_AT_ONCE = VL == 16 ? 2 : 1;

void zero(float* to, index_t count) {
  for (index_t k = 0; k < count; k++) to[k] = 0;
}

}  // namespace

index_t pieces(const conv2d_weight_gradient_args& args) { return static_cast<index_t>(args.chunks * args.parts); }

index_t scratch(const conv2d_weight_gradient_args& args) {
  const Geometry g(args);
  if (g.pointwise() && args.scale < 0) return 0;
  const index_t planes = blocks_of(args.c);
  const Floats one = padded_input(g, 0, 1).room(planes, BLOCK);
  if (!one.fit()) return one.value();
  return padded_input(g, 0, band_rows(g, planes, BLOCK)).room(planes, BLOCK).value();
}

void run(const conv2d_weight_gradient_args& args, const Context& context, index_t piece) {
  const Geometry g(args);
  const Chunk chunk(args, g, piece);
  const index_t planes = blocks_of(args.c), blocks = blocks_of(args.o), taps = g.kh * g.kw;
  const Connections connected(args.o, args.c, args.groups);
  const index_t weight_block = connected.most() * taps * BLOCK * BLOCK;
  float* partial = context.at(args.partials) + chunk.index * blocks * weight_block;
  if (chunk.first_image == chunk.last_image)
    zero(partial + chunk.first_block * weight_block, (chunk.last_block - chunk.first_block) * weight_block);

  const Normaliser norm(args, context);
  const bool direct = g.pointwise() && !norm;
  const index_t band = direct ? g.oh : band_rows(g, planes, BLOCK);
  for (index_t image = chunk.first_image; image < chunk.last_image; image++)
    for (index_t from = 0; from < g.oh; from += band) {
      const index_t to = smaller(g.oh, from + band);
      const Padded padded = padded_input(g, from, to);
      const float* x = context.at(args.x) + image * planes * g.h * g.w * BLOCK;
      index_t x_row = g.w * BLOCK, x_plane = g.h * g.w * BLOCK;
      if (!direct) {
        copy_normalised(context.scratch, x, padded, planes, g.h, g.w, norm);
        x = context.scratch;
        x_row = padded.row(BLOCK);
        x_plane = padded.plane(BLOCK);
      }
      const float* dy = context.at(args.dy) + (image * blocks * g.oh + from) * g.ow * BLOCK;
      const index_t step = larger(1, STEP_PIXELS / g.ow);
      Rows rows;
      rows.x_row = g.sh * x_row;
      rows.dy_row = g.ow * BLOCK;
      rows.dy_block = g.oh * g.ow * BLOCK;
      rows.width = g.ow;
      for (index_t o = chunk.first_block, next; o < chunk.last_block; o = next) {
        next = connected.alike(o, smaller(chunk.last_block, o + BLOCKS_AT_ONCE));
        const Span inputs = connected.span(o);
        for (index_t i = inputs.from; i < inputs.to; i++)
          for (index_t y = 0; y < to - from; y += step) {
            rows.height = smaller(step, to - from - y);
            rows.dy = dy + o * rows.dy_block + y * rows.dy_row;
            const float* origin = x + i * x_plane + y * rows.x_row;
            float* weight = partial + o * weight_block + (i - inputs.from) * taps * BLOCK * BLOCK;
            const bool fresh = image == chunk.first_image && from == 0 && y == 0;
            for (index_t k = 0; k < taps; k++, weight += BLOCK * BLOCK) {
              const index_t row = k / g.kw * g.dh, column = k % g.kw * g.dw;
              rows.x = origin + row * x_row + (column % g.sw * padded.columns + column / g.sw) * BLOCK;
              accumulate_plane(rows, weight, weight_block, next - o, fresh);
            }
          }
      }
    }
}

// The same for plain input. Accumulators are R rows of T taps by one vector of output channels. A row is one (input
// channel, kernel row), and its taps are neighbours in memory. Pixels pass over them one by one.
namespace {

struct PlainRows {
  const float* x;
  const index_t* offsets;  // of the R rows, in x and in the weights
  const index_t* weight_offsets;
  index_t x_row, x_pixel;
  const float* dy;
  index_t height, width;
};

template <int R, int T>
void accumulate_plain(const PlainRows& rows, float* weight, bool fresh) {
  vec sum[R][T];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int t = 0; t < T; t++)
      sum[r][t] = fresh ? vec{} : load(weight + rows.weight_offsets[r] + t * BLOCK);
  const float* dy = rows.dy;
  for (index_t y = 0; y < rows.height; y++) {
    const float* x[R];
    UNROLL for (int r = 0; r < R; r++) x[r] = rows.x + rows.offsets[r] + y * rows.x_row;
    for (index_t p = 0; p < rows.width; p++, dy += BLOCK) {
      const vec d = load(dy);
      UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int t = 0; t < T; t++) sum[r][t] += splat(x[r][t]) * d;
        x[r] += rows.x_pixel;
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int t = 0; t < T; t++) store(weight + rows.weight_offsets[r] + t * BLOCK, sum[r][t]);
}

constexpr index_t MOST_TAPS = 7;

template <int T>
constexpr int ROWS = T <= 3 ? 3 : VL == 16 ? 2 : 1;

// Runs the first `count` rows, ROWS<T> at a time.
template <int T>
void accumulate_rows(PlainRows rows, index_t count, float* weight, bool fresh) {
  for (; count >= ROWS<T>; count -= ROWS<T>, rows.offsets += ROWS<T>, rows.weight_offsets += ROWS<T>)
    accumulate_plain<ROWS<T>, T>(rows, weight, fresh);
  for (; count > 0; count--, rows.offsets++, rows.weight_offsets++) accumulate_plain<1, T>(rows, weight, fresh);
}

template <int T>
void accumulate_taps(index_t taps, const PlainRows& rows, index_t count, float* weight, bool fresh) {
  if constexpr (T > 1)
    if (taps < T) return accumulate_taps<T - 1>(taps, rows, count, weight, fresh);
  accumulate_rows<T>(rows, count, weight, fresh);
}

// The copy keeps columns in order (one phase), so that the taps of a kernel row stay neighbours.
Padded unsorted_input(const Geometry& g, index_t from, index_t to) {
  Padded p = padded_input(g, from, to);
  p.columns = (g.ow - 1) * g.sw + (g.kw - 1) * g.dw + 1;
  p.stride = p.phases = 1;
  return p;
}

index_t plain_band(const Geometry& g) {
  const index_t one = g.c * unsorted_input(g, 0, 1).row(1);
  return smaller(g.oh, larger(1, (COPY_FLOATS / one - (g.kh - 1) * g.dh) / g.sh));
}

// Room for the two lists of row offsets.
Floats list_room(const Geometry& g) {
  return (Floats(g.c) * g.kh * static_cast<index_t>(2 * sizeof(index_t) / sizeof(float))).rounded();
}
index_t list_floats(const Geometry& g) { return list_room(g).value(); }

}  // namespace

index_t pieces(const conv2d_weight_gradient_plain_args& args) {
  return static_cast<index_t>(args.chunks * args.parts);
}

index_t scratch(const conv2d_weight_gradient_plain_args& args) {
  const Geometry g(args);
  const Floats one = unsorted_input(g, 0, 1).room(g.c, 1);
  if (!one.fit()) return one.value();
  return (list_room(g) + unsorted_input(g, 0, plain_band(g)).room(g.c, 1)).value();
}

void run(const conv2d_weight_gradient_plain_args& args, const Context& context, index_t piece) {
  const Geometry g(args);
  const Chunk chunk(args, g, piece);
  const index_t blocks = blocks_of(args.o), weight_block = g.c * g.kh * g.kw * BLOCK;
  float* partial = context.at(args.partials) + chunk.index * blocks * weight_block;
  if (chunk.first_image == chunk.last_image)
    zero(partial + chunk.first_block * weight_block, (chunk.last_block - chunk.first_block) * weight_block);

  index_t* offsets = reinterpret_cast<index_t*>(context.scratch);
  index_t* weight_offsets = offsets + g.c * g.kh;
  float* copy = context.scratch + list_floats(g);
  const index_t band = plain_band(g);
  const index_t most = g.dw == 1 ? MOST_TAPS : 1;
  for (index_t image = chunk.first_image; image < chunk.last_image; image++)
    for (index_t from = 0; from < g.oh; from += band) {
      const index_t to = smaller(g.oh, from + band);
      const Padded padded = unsorted_input(g, from, to);
      copy_padded<1>(copy, context.at(args.x) + image * g.c * g.h * g.w, padded, g.c, g.h, g.w);
      for (index_t r = 0; r < g.c * g.kh; r++) {
        offsets[r] = r / g.kh * padded.plane(1) + r % g.kh * g.dh * padded.row(1);
        weight_offsets[r] = r * g.kw * BLOCK;
      }
      const float* dy = context.at(args.dy) + (image * blocks * g.oh + from) * g.ow * BLOCK;
      const index_t step = larger(1, STEP_PIXELS / g.ow);
      const bool first = image == chunk.first_image && from == 0;
      PlainRows rows;
      rows.offsets = offsets;
      rows.weight_offsets = weight_offsets;
      rows.x_row = g.sh * padded.row(1);
      rows.x_pixel = g.sw;
      rows.width = g.ow;
      for (index_t y = 0; y < to - from; y += step) {
        rows.height = smaller(step, to - from - y);
        for (index_t channel = chunk.first_block * BLOCK; channel < chunk.last_block * BLOCK; channel += VL) {
          rows.dy = dy + channel / BLOCK * g.oh * g.ow * BLOCK + channel % BLOCK + y * g.ow * BLOCK;
          float* weight = partial + channel / BLOCK * weight_block + channel % BLOCK;
          for (index_t tap = 0; tap < g.kw; tap += most) {
            rows.x = copy + y * rows.x_row + tap * g.dw;
            const index_t taps = smaller(most, g.kw - tap);
            accumulate_taps<MOST_TAPS>(taps, rows, g.c * g.kh, weight + tap * BLOCK, first && y == 0);
          }
        }
      }
    }
}

// y = Σ partials, chunk after chunk. Not aligned, because a weight may have any size.
index_t pieces(const sum_partials_args& args) { return span_pieces(args.count); }

void run(const sum_partials_args& args, const Context& context, index_t piece) {
  const float* partials = context.at(args.partials);
  float* y = context.at(args.y);
  const index_t count = static_cast<index_t>(args.count), chunks = static_cast<index_t>(args.chunks);
  const Span s = span(args.count, piece);
  index_t k = s.from;
  for (; k + VL <= s.to; k += VL) {
    vec sum = load_unaligned(partials + k);
    for (index_t chunk = 1; chunk < chunks; chunk++) sum += load_unaligned(partials + chunk * count + k);
    store_unaligned(y + k, sum);
  }
  for (; k < s.to; k++) {
    float sum = partials[k];
    for (index_t chunk = 1; chunk < chunks; chunk++) sum += partials[chunk * count + k];
    y[k] = sum;
  }
}

}  // namespace VARIANT
