// The unit that multiplies bfloat16, if this compiler knows its instructions and this processor has them. Compilers
// older than a unit (GCC 10 has no AMX) build the rest without it.
#pragma once

#if defined(__x86_64__) && defined(__linux__) && __has_include(<avx512bf16intrin.h>)
#define KNOWS_BF16 1
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#define KNOWS_BF16 0
#endif

#if KNOWS_BF16 && (__has_include(<amxbf16intrin.h>) || __has_include(<amxintrin.h>))
#define KNOWS_AMX 1
#else
#define KNOWS_AMX 0
#endif

enum class Bf16Unit { none, vectors, tiles };

// Finds the fastest unit that is faster than float32. Tiles (AMX) have large registers, so a process must ask the
// system before it uses them, for all its threads. Vectors (vdpbf16ps) give twice the products of float32 on AMD
// processors, but half on Intel's, as measured on Zen 4 and a fourth-generation Xeon.
static inline Bf16Unit find_bf16_unit() {
#if KNOWS_BF16
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return Bf16Unit::none;
  [[maybe_unused]] const bool has_tiles = (d >> 22 & 1) && (d >> 24 & 1);
  const bool avx512 = b >> 16 & 1;
  if (!avx512 || !__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return Bf16Unit::none;
#if KNOWS_AMX
  constexpr long REQUEST_PERMISSION = 0x1023, TILE_DATA = 18;
  if (has_tiles && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0) return Bf16Unit::tiles;
#endif
  constexpr unsigned AUTHENTIC_AMD = 0x68747541;  // "Auth", the first letters of AMD's name
  if (__get_cpuid(0, &a, &b, &c, &d) && b == AUTHENTIC_AMD) return Bf16Unit::vectors;
#endif
  return Bf16Unit::none;
}

// Found once per process.
static inline Bf16Unit bf16_unit() {
  static const Bf16Unit found = find_bf16_unit();
  return found;
}
