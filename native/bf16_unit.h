// What multiplies bfloat16, as far as this compiler knows its instructions and this processor has them. Compilers from
// before a unit (GCC 10 knows no AMX) build all the rest without it.
#pragma once

#if defined(__x86_64__) && defined(__linux__) && (__has_include(<amxbf16intrin.h>) || __has_include(<amxintrin.h>))
#define KNOWS_AMX 1
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#define KNOWS_AMX 0
#endif

// Whether there is a tile unit for bfloat16 (bf16.h). Its registers are large, so that a process must ask the system
// before it may use them; all its threads may then.
static inline bool tiles_of_bf16() {
#if KNOWS_AMX
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const bool bf16_tiles = (d >> 22 & 1) && (d >> 24 & 1);
  if (!bf16_tiles || !__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return false;
  constexpr long REQUEST_PERMISSION = 0x1023, TILE_DATA = 18;
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return false;
#endif
}
