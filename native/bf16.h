// Products of numbers rounded to bfloat16, summed in float32 by the tile unit (AMX) of processors that have one. A tile
// register holds 16 rows of 64 bytes; one instruction adds to 16 x 16 sums the products of 16 rows of 32 numbers with
// 32 rows of 16. It flushes numbers below 1e-38 to zero. Functions that use it are marked AMX, so that the rest of the
// variant runs without it. Elsewhere kernels of this kind are never on a tape, and end the process.
#pragma once
#include "bf16_unit.h"
#include "kernel.h"

#if KNOWS_AMX && VL == 16
#define HAS_AMX 1
// GCC 12 takes its own intrinsics that leave a register as it was for a mistake (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#define AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,amx-tile,amx-bf16")))
#else
#define HAS_AMX 0
#endif

namespace VARIANT {

typedef unsigned short bf16;

// Channels of a pixel in a rounded copy: two blocks, or the one that there is.
INLINE index_t rounded_depth(index_t planes) { return planes > 1 ? 2 * BLOCK : BLOCK; }

// Floats that take the room of so many bf16.
INLINE index_t rounded_floats(index_t count) { return divide_up(count, 2 * BLOCK) * BLOCK; }

#if HAS_AMX

// Makes registers 0 to 3 sums of `rows` x 16, 4 and 5 left factors of `rows` x `depth`, 6 and 7 right factors of
// `depth` x 16. These hold pairs of rows side by side: [depth / 2][16][2].
AMX static inline void configure_tiles(index_t rows, index_t depth) {
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

AMX static inline void release_tiles() { _tile_release(); }

// Sums of P left by V right factors: sum (p, v) is in register 2p + v. `fresh` sums begin at zero, others at what
// `sums` points at; a row of sums is 64 bytes.
template <int P, int V>
AMX static inline void begin_sums(float* const (&sums)[2][2], bool fresh) {
  if (fresh) {
    _tile_zero(0);
    if constexpr (V == 2) _tile_zero(1);
    if constexpr (P == 2) _tile_zero(2);
    if constexpr (P == 2 && V == 2) _tile_zero(3);
    return;
  }
  _tile_loadd(0, sums[0][0], 64);
  if constexpr (V == 2) _tile_loadd(1, sums[0][1], 64);
  if constexpr (P == 2) _tile_loadd(2, sums[1][0], 64);
  if constexpr (P == 2 && V == 2) _tile_loadd(3, sums[1][1], 64);
}

// `stride` is the distance of two rows of a left factor, in bytes.
template <int P, int V>
AMX static inline void add_products(const bf16* const (&left)[2], index_t stride, const bf16* const (&right)[2]) {
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

template <int P, int V>
AMX static inline void end_sums(float* const (&sums)[2][2]) {
  _tile_stored(0, sums[0][0], 64);
  if constexpr (V == 2) _tile_stored(1, sums[0][1], 64);
  if constexpr (P == 2) _tile_stored(2, sums[1][0], 64);
  if constexpr (P == 2 && V == 2) _tile_stored(3, sums[1][1], 64);
}

// 16 channels of a pixel, rounded to nearest even.
AMX static inline void store_rounded(bf16* to, vec x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)x));
}

// Two vectors rounded and side by side: first[0], second[0], first[1], …
AMX static inline __m512i rounded_pairs(vec first, vec second) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first));
}

#endif

}  // namespace VARIANT
