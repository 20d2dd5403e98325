// The register tile that all convolutions share: R rows of P pixels by V vectors of output channels. It stays in
// registers while the loop runs over input planes, taps and the channels of a plane. A tap is one kernel position: the
// distance of its input from the tile's origin, and the place of its weights. So one loop serves any kernel size,
// dilation and stride, the input gradient (whose taps run backwards) and the plain stem.
//
// U is the number of channels of a source pixel: 16 in a blocked tensor, 1 in a plain one. Every output is summed in
// one order (planes, taps, channels), whatever the tile, so tile sizes never change a bit of a result.
#pragma once
#include "kernel.h"

namespace VARIANT {

struct Tap {
  index_t x, weight;
};

// Room for the taps of a kernel of kh x kw.
INLINE Floats tap_room(index_t kh, index_t kw) {
  return (Floats(kh) * kw * static_cast<index_t>(sizeof(Tap) / sizeof(float))).rounded();
}
INLINE index_t tap_floats(index_t kh, index_t kw) { return tap_room(kh, kw).value(); }

struct Source {
  const float* x;
  index_t row, plane;  // distance of the inputs of two output rows, of two input planes
  index_t planes;
  const float* weight;
  index_t weight_plane, weight_block;  // distance of two input planes, of two blocks of output channels
  const Tap* taps;
  index_t tap_count;
};

struct Sink {
  float* y;
  const float* addend;  // laid out as y, or null
  const float* bias;    // null for none
  bool relu;
  index_t pixel, row, block;  // distance of two outputs in a row, of two rows, of two blocks of channels
};

// The place of vector v of a tile in memory with blocks of 16 channels.
INLINE size_t vector_offset(int v, index_t block) {
  return static_cast<size_t>(v * VL / BLOCK * block) + static_cast<size_t>(v * VL % BLOCK);
}

// Prefetches a pixel of the next input plane and the weights of the next tap: planes lie pages apart, which no
// processor predicts. It gains 5 % if weights come from beyond L2. Narrow registers hide the latency, so there it is
// left out.
template <int V>
INLINE void fetch_ahead(const Source& from, const float* pixel, const float* weight) {
  __builtin_prefetch(pixel + from.plane);
  UNROLL for (int v = 0; v < V; v++)
    __builtin_prefetch(weight + vector_offset(v, from.weight_block) + BLOCK * BLOCK);
}

template <int R, int P, int V, int U>
static void tile(const Source& from, const Sink& to) {
  vec sum[R][P][V];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int p = 0; p < P; p++)
      UNROLL for (int v = 0; v < V; v++) sum[r][p][v] = vec{};
  for (index_t i = 0; i < from.planes; i++) {
    const float* const plane = from.x + i * from.plane;
    const float* const weight_plane = from.weight + i * from.weight_plane;
    for (index_t k = 0; k < from.tap_count; k++) {
      const float* x = plane + from.taps[k].x;
      const float* weight = weight_plane + from.taps[k].weight;
      UNROLL_CHANNELS for (int c = 0; c < U; c++, x++, weight += BLOCK) {
        vec w[V];
        if constexpr (VL == 16 && U == BLOCK && R == 1) fetch_ahead<V>(from, x - c + c * BLOCK, weight);
        UNROLL for (int v = 0; v < V; v++) w[v] = load(weight + vector_offset(v, from.weight_block));
        UNROLL for (int r = 0; r < R; r++)
          UNROLL for (int p = 0; p < P; p++) {
            // Unsigned, so that the distance may become a part of the load.
            const vec s = splat(x[r * from.row + static_cast<size_t>(p) * U]);
            UNROLL for (int v = 0; v < V; v++) sum[r][p][v] += s * w[v];
          }
      }
    }
  }
  UNROLL for (int v = 0; v < V; v++) {
    const index_t channel = static_cast<index_t>(vector_offset(v, to.block));
    const vec bias = to.bias ? load(to.bias + v * VL) : vec{};
    UNROLL for (int r = 0; r < R; r++)
      UNROLL for (int p = 0; p < P; p++) {
        const index_t at = r * to.row + p * to.pixel + channel;
        vec y = sum[r][p][v] + bias;
        if (to.addend) y += load(to.addend + at);
        if (to.relu) y = relu(y);
        store(to.y + at, y);
      }
  }
}

// The most vectors of output channels in a tile, and the most pixels beside V vectors: as many as the registers hold
// without spilling (32 in AVX-512 and NEON, 16 elsewhere), by measurement.
#if VL == 16
constexpr int TILE_VECTORS = 2;
template <int V> constexpr int TILE_PIXELS = V == 1 ? 16 : 14;
#elif VL == 8
constexpr int TILE_VECTORS = 2;
template <int V> constexpr int TILE_PIXELS = 6;
#elif defined(__aarch64__)
constexpr int TILE_VECTORS = 2;
template <int V> constexpr int TILE_PIXELS = 8;
#else
constexpr int TILE_VECTORS = 2;
template <int V> constexpr int TILE_PIXELS = 4;
#endif

typedef void (*TileFunction)(const Source&, const Sink&);

template <int R, int P, int V, int U>
INLINE TileFunction find_tile(index_t pixels) {
  if constexpr (P > 1)
    if (pixels < P) return find_tile<R, P - 1, V, U>(pixels);
  return tile<R, P, V, U>;
}

// Covers `height` rows of `width` pixels with tiles. A row is cut into tiles of nearly equal size; narrow rows are
// taken two or four at a time.
template <int R, int V, int U>
static void cover_rows(const Source& from, const Sink& to, index_t first, index_t last, index_t width) {
  const index_t count = divide_up(width, TILE_PIXELS<V> / R);
  for (index_t k = 0; k < count; k++) {
    const index_t start = part_start(width, count, k);
    const TileFunction run_tile = find_tile<R, TILE_PIXELS<V> / R, V, U>(part_start(width, count, k + 1) - start);
    for (index_t y = first; y < last; y += R) {
      Source source = from;
      Sink sink = to;
      source.x += y * from.row + start * U;
      const index_t at = y * to.row + start * to.pixel;
      sink.y += at;
      if (to.addend) sink.addend += at;
      run_tile(source, sink);
    }
  }
}

template <int V, int U>
static void cover(const Source& from, const Sink& to, index_t height, index_t width) {
  index_t y = 0;
  if constexpr (U == BLOCK && TILE_PIXELS<V> >= 4) {
    if (width <= TILE_PIXELS<V> / 4) {
      const index_t last = height / 4 * 4;
      cover_rows<4, V, U>(from, to, y, last, width);
      y = last;
    }
    if (width <= TILE_PIXELS<V> / 2) {
      const index_t last = y + (height - y) / 2 * 2;
      cover_rows<2, V, U>(from, to, y, last, width);
      y = last;
    }
  }
  cover_rows<1, V, U>(from, to, y, height, width);
}

// Covers the channel blocks [first, last) of an output whose sink starts at block 0.
template <int U>
static void cover_blocks(const Source& from, const Sink& to, index_t first, index_t last, index_t height,
                         index_t width) {
  index_t channel = first * BLOCK;
  const index_t end = last * BLOCK;
  while (channel < end) {
    Source source = from;
    Sink sink = to;
    source.weight += channel / BLOCK * from.weight_block + channel % BLOCK;
    const index_t at = channel / BLOCK * to.block + channel % BLOCK;
    sink.y += at;
    if (to.addend) sink.addend += at;
    if (to.bias) sink.bias += channel;
    if (channel + TILE_VECTORS * VL <= end) {
      cover<TILE_VECTORS, U>(source, sink, height, width);
      channel += TILE_VECTORS * VL;
    } else {
      cover<1, U>(source, sink, height, width);
      channel += VL;
    }
  }
}

}  // namespace VARIANT
