// Products of numbers rounded to bfloat16, summed in float32, by the tile unit (AMX) or by instructions for pairs
// (vdpbf16ps), see bf16_unit.h. Both multiply `rows` rows of a left factor with a right factor of `depth` rows and 16
// columns, which holds pairs of rows side by side: [depth / 2][16][2]. Both flush numbers below 1e-38 to zero, but they
// add in different orders, so a run's bits belong to the unit. Functions that use a unit are marked BF16, so that the
// rest of the variant runs without it. Without a unit these kernels are never on a tape, and end the process.
#pragma once
#include "bf16_unit.h"
#include "kernel.h"

#if KNOWS_BF16 && VL == 16
#define HAS_BF16 1
// GCC 12 warns about its own intrinsics that take an undefined register (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#if KNOWS_AMX
#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,amx-tile,amx-bf16")))
#else
#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#endif
#else
#define HAS_BF16 0
#endif

namespace VARIANT {

typedef unsigned short bf16;

// Channels of a pixel in a rounded copy: two blocks, or one if there is only one.
INLINE index_t rounded_depth(index_t planes) { return planes > 1 ? 2 * BLOCK : BLOCK; }

// Number of floats with the size of so many bf16.
INLINE index_t rounded_floats(index_t count) { return divide_up(count, 2 * BLOCK) * BLOCK; }

#if HAS_BF16

// `factors` provides the factors: each call of `next` gives two left and two right ones, of which P and V are used,
// until it returns false. If `fresh`, sums begin at zero, else at the values of `sums`; a row of sums is 64 bytes.
// `stride` is the distance of two rows of a left factor in bytes.

#if KNOWS_AMX
// Registers 0 to 3 hold sums, (p, v) in 2p + v; 4 and 5 hold left factors, 6 and 7 right ones.
struct Tiles {
  static constexpr index_t ROWS = 16;

  // Called before the products of a kind, and after them.
  BF16 static void begin(index_t rows, index_t depth) {
    struct {
      unsigned char palette = 1, start_row = 0, reserved[14] = {};
      unsigned short bytes[16] = {};
      unsigned char rows[16] = {};
    } tiles;
    for (int k = 0; k < 8; k++) {
      tiles.bytes[k] = static_cast<unsigned short>(k == 4 || k == 5 ? depth * 2 : 64);
      tiles.rows[k] = static_cast<unsigned char>(k < 6 ? rows : depth / 2);
    }
    asm volatile("" ::"m"(tiles) : "memory");
    _tile_loadconfig(&tiles);
  }
  BF16 static void end() { _tile_release(); }

  template <int P, int V, class Factors>
  BF16 static void multiply(index_t, index_t, index_t stride, float* const (&sums)[2][2], bool fresh, Factors factors) {
    if (fresh) {
      _tile_zero(0);
      if constexpr (V == 2) _tile_zero(1);
      if constexpr (P == 2) _tile_zero(2);
      if constexpr (P == 2 && V == 2) _tile_zero(3);
    } else {
      _tile_loadd(0, sums[0][0], 64);
      if constexpr (V == 2) _tile_loadd(1, sums[0][1], 64);
      if constexpr (P == 2) _tile_loadd(2, sums[1][0], 64);
      if constexpr (P == 2 && V == 2) _tile_loadd(3, sums[1][1], 64);
    }
    const bf16 *left[2], *right[2];
    while (factors.next(left, right)) {
      _tile_loadd(6, right[0], 64);
      if constexpr (V == 2) _tile_loadd(7, right[1], 64);
      _tile_loadd(4, left[0], stride);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (V == 2) _tile_dpbf16ps(1, 4, 7);
      if constexpr (P == 2) {
        _tile_loadd(5, left[1], stride);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (V == 2) _tile_dpbf16ps(3, 5, 7);
      }
    }
    _tile_stored(0, sums[0][0], 64);
    if constexpr (V == 2) _tile_stored(1, sums[0][1], 64);
    if constexpr (P == 2) _tile_stored(2, sums[1][0], 64);
    if constexpr (P == 2 && V == 2) _tile_stored(3, sums[1][1], 64);
  }
};
#endif

// Sums are as many registers as are left beside the factors. If two by two factors need more, they are done in turn.
struct Vectors {
  static constexpr index_t ROWS = 14;
  static constexpr int SUMS = 28;

  static void begin(index_t, index_t) {}
  static void end() {}

  template <int P, int V, class Factors>
  BF16 static void multiply(index_t rows, index_t depth, index_t stride, float* const (&sums)[2][2], bool fresh,
                            const Factors& factors) {
    if (rows == BLOCK)
      products<BLOCK, P, V, 0>(depth, stride, sums, 0, 0, fresh, factors);
    else if (stride == 64)
      find<ROWS, P, V, 64>(rows, depth, sums, fresh, factors);
    else
      find<ROWS, P, V, 32>(rows, depth, sums, fresh, factors);
  }

 private:
  template <int R, int P, int V, int STRIDE, class Factors>
  BF16 static void find(index_t rows, index_t depth, float* const (&sums)[2][2], bool fresh, const Factors& factors) {
    if constexpr (R > 1)
      if (rows < R) return find<R - 1, P, V, STRIDE>(rows, depth, sums, fresh, factors);
    products<R, P, V, STRIDE>(depth, STRIDE, sums, 0, 0, fresh, factors);
  }

  // Multiplies from left factor p0 and right factor v0 on. A STRIDE of 0 is not known at compile time.
  template <int R, int P, int V, int STRIDE, class Factors>
  BF16 static void products(index_t depth, index_t stride, float* const (&sums)[2][2], int p0, int v0, bool fresh,
                            Factors factors) {
    if constexpr (P == 2 && R * P * V > SUMS) {
      for (int p = 0; p < P; p++) products<R, 1, V, STRIDE>(depth, stride, sums, p, v0, fresh, factors);
    } else if constexpr (V == 2 && R * V > SUMS) {
      for (int v = 0; v < V; v++) products<R, P, 1, STRIDE>(depth, stride, sums, p0, v, fresh, factors);
    } else {
      const index_t row = STRIDE ? STRIDE : stride;
      __m512 sum[P][R][V];
      UNROLL for (int p = 0; p < P; p++)
        UNROLL for (int r = 0; r < R; r++)
          UNROLL for (int v = 0; v < V; v++)
            sum[p][r][v] = fresh ? __m512{} : _mm512_loadu_ps(sums[p0 + p][v0 + v] + r * BLOCK);
      const bf16 *left[2], *right[2];
      while (factors.next(left, right))
        for (index_t k = 0; k < depth; k += 2) {
          __m512bh w[V];
          UNROLL for (int v = 0; v < V; v++) w[v] = (__m512bh)_mm512_loadu_si512(right[v0 + v] + k * BLOCK);
          UNROLL for (int p = 0; p < P; p++)
            UNROLL for (int r = 0; r < R; r++) {
              const char* at = reinterpret_cast<const char*>(left[p0 + p] + k) + r * row;
              int pair;
              __builtin_memcpy(&pair, at, sizeof pair);
              const __m512bh x = (__m512bh)_mm512_set1_epi32(pair);
              UNROLL for (int v = 0; v < V; v++) sum[p][r][v] = _mm512_dpbf16_ps(sum[p][r][v], w[v], x);
            }
        }
      UNROLL for (int p = 0; p < P; p++)
        UNROLL for (int r = 0; r < R; r++)
          UNROLL for (int v = 0; v < V; v++) _mm512_storeu_ps(sums[p0 + p][v0 + v] + r * BLOCK, sum[p][r][v]);
    }
  }
};

// Calls `run` with the unit of this processor.
template <class Run>
INLINE void with_unit(const Run& run) {
#if KNOWS_AMX
  if (bf16_unit() == Bf16Unit::tiles) return run(Tiles());
#endif
  run(Vectors());
}

// Stores 16 channels of a pixel, rounded to nearest even.
BF16 static inline void store_rounded(bf16* to, vec x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)x));
}

// Rounds two vectors and interleaves them: first[0], second[0], first[1], …
BF16 static inline __m512i rounded_pairs(vec first, vec second) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first));
}

#endif

}  // namespace VARIANT
