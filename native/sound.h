// Checks the arguments of a kernel before anything is computed from them. A tape follows from data in files, and
// unbounded numbers would wrap. All comparisons are in double, which cannot wrap.
#pragma once
#include "kernel.h"

namespace VARIANT {

// The largest padded side of a map, and number of parts or channels. Far more than memory holds, and products of two of
// them fit.
constexpr double MOST_SIDE = 1 << 30;
constexpr index_t MOST_PIECES = 0x7fffffff;

INLINE bool is_whole(double value, double least, double most) {
  return value >= least && value <= most && value == static_cast<double>(static_cast<long long>(value));
}

// Checks a value by the letter of its kind (kindOf in src/engine/cpu/kernel-table.ts).
INLINE bool may_be(char kind, double value, double arena_floats) {
  switch (kind) {
    case 't':
      return is_whole(value, -1, arena_floats - 1);
    case 's':
      return is_whole(value, 1, static_cast<double>(MOST_FLOATS));
    case 'w':
      return is_whole(value, -MOST_SIDE, MOST_SIDE);
    case 'b':
      return is_whole(value, 0, 4294967295.0);
    default:
      return true;
  }
}

// Whether, along one axis, the last window ends within the padded map.
INLINE bool windows_fit(double size, double outputs, double kernel, double stride, double padding, double dilation) {
  const double padded = size + 2 * padding;
  return padding >= 0 && padded <= MOST_SIDE && stride <= MOST_SIDE &&
         (outputs - 1) * stride + (kernel - 1) * dilation + 1 <= padded;
}

// Whether tensors fit into the arena, and the values that address their elements stay within them.
template <class Args>
bool sound(const Args& a, double arena_floats) {
  [[maybe_unused]] const auto held = [&](double floats) { return floats <= arena_floats; };
  [[maybe_unused]] const auto sides = [](double h, double w) { return h <= MOST_SIDE && w <= MOST_SIDE; };
  if constexpr (requires { a.count; } && !requires { a.factor; a.addend; })
    if (!held(a.count)) return false;
  if constexpr (requires { a.count; a.chunks; })
    if (!held(a.count * a.chunks)) return false;
  if constexpr (requires { a.n; a.c; a.size; })
    if (!held(a.n * a.c * a.size)) return false;
  if constexpr (requires { a.n; a.o; a.size; })
    if (!held(a.n * a.o * a.size)) return false;
  if constexpr (requires { a.n; a.length; })
    if (!held(a.n * a.length)) return false;
  if constexpr (requires { a.n; a.k; })
    if (!held(a.n * a.k)) return false;
  if constexpr (requires { a.n; a.i; a.o; })
    if (!held(a.n * a.i) || !held(a.n * a.o) || !held(a.o * a.i)) return false;
  if constexpr (requires { a.n; a.o; } && !requires { a.oh; })
    if (!held(a.n * a.o)) return false;
  if constexpr (requires { a.parts; a.c; } && !requires { a.n; })
    if (!held(a.parts * a.c)) return false;
  if constexpr (requires { a.n; a.c; a.h; a.w; })
    if (!held(a.n * a.c * a.h * a.w) || !sides(a.h, a.w)) return false;
  if constexpr (requires { a.h; a.oh; a.ow; })
    if (!held(a.n * a.oh * a.ow) || !sides(a.oh, a.ow)) return false;
  if constexpr (requires { a.n; a.o; a.oh; a.ow; })
    if (!held(a.n * a.o * a.oh * a.ow)) return false;
  if constexpr (requires { a.h; a.factor; })
    if (!held(a.n * a.c * a.h * a.w * a.factor * a.factor)) return false;
  if constexpr (requires { a.oblocks; a.iblocks; })
    if (!held(a.oblocks * a.iblocks * BLOCK * BLOCK)) return false;
  if constexpr (requires { a.oblocks; a.iblocks; a.taps; })
    if (!held(a.oblocks * a.iblocks * a.taps * BLOCK * BLOCK)) return false;
  if constexpr (requires { a.oblocks; a.inner; })
    if (!held(a.oblocks * a.inner * BLOCK)) return false;
  if constexpr (requires { a.groups; a.o; a.c; }) {
    if (!is_whole(a.o / a.groups, 1, MOST_SIDE) || !is_whole(a.c / a.groups, 1, MOST_SIDE)) return false;
    if constexpr (requires { a.kh; })
      if (!held(a.o * (a.c / a.groups) * a.kh * a.kw)) return false;
    if constexpr (requires { a.taps; })
      if (!held(a.o * (a.c / a.groups) * a.taps)) return false;
  }
  if constexpr (requires { a.kh; a.dh; }) {
    if (!windows_fit(a.h, a.oh, a.kh, a.sh, a.ph, a.dh) || !windows_fit(a.w, a.ow, a.kw, a.sw, a.pw, a.dw)) return false;
  } else if constexpr (requires { a.kh; }) {
    if (!windows_fit(a.h, a.oh, a.kh, a.sh, a.ph, 1) || !windows_fit(a.w, a.ow, a.kw, a.sw, a.pw, 1)) return false;
    if (2 * a.ph > a.kh || 2 * a.pw > a.kw) return false;
  }
  if constexpr (requires { a.before; })
    if (a.before < 0 || a.before + a.c > a.o) return false;
  if constexpr (requires { a.before; a.sh; })
    if ((a.oh - 1) * a.sh >= a.h || (a.ow - 1) * a.sw >= a.w || !sides(a.sh, a.sw)) return false;
  if constexpr (requires { a.bands; })
    if (a.bands > MOST_SIDE) return false;
  if constexpr (requires { a.chunks; })
    if (a.chunks > MOST_SIDE) return false;
  if constexpr (requires { a.parts; })
    if (a.parts > MOST_SIDE) return false;
  return true;
}

}  // namespace VARIANT
