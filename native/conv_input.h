// Sizes of a convolution, and the zero-padded copy of the input rows that its tiles read. Because of the copy the inner
// loop needs no tests for padding. It also reads no other memory, and the copy stays in the cache of the thread that
// made it.
//
// With a stride, columns are sorted by their remainder: a row is [phase][column][U], so that inputs of neighbouring
// outputs are neighbours, whatever the stride.
#pragma once
#include "normaliser.h"

namespace VARIANT {

struct Geometry {
  index_t n, c, h, w, o, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups;

  template <class Args>
  explicit Geometry(const Args& a)
      : n(whole(a.n)), c(whole(a.c)), h(whole(a.h)), w(whole(a.w)), o(whole(a.o)), oh(whole(a.oh)), ow(whole(a.ow)),
        kh(whole(a.kh)), kw(whole(a.kw)), sh(whole(a.sh)), sw(whole(a.sw)), ph(whole(a.ph)), pw(whole(a.pw)),
        dh(whole(a.dh)), dw(whole(a.dw)), groups(whole(a.groups)) {}

  // Each output pixel reads one input pixel: no padded copy is needed, and an image is one long row.
  bool pointwise() const { return kh == 1 && kw == 1 && sh == 1 && sw == 1 && ph == 0 && pw == 0; }

 private:
  static index_t whole(double value) { return static_cast<index_t>(value); }
};

INLINE index_t floor_divide(index_t a, index_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

// The copy: `rows` rows from source row `first_row` on. Each row has `columns` columns per phase; the first is source
// column `first_column` + phase, the next is `stride` further. Rows and columns outside the source are zeros.
struct Padded {
  index_t first_row, rows, first_column, columns, stride, phases;

  index_t row(int unit) const { return phases * columns * unit; }
  index_t plane(int unit) const { return divide_up(rows * row(unit), BLOCK) * BLOCK; }
  // The floats of so many planes. If they fit, so does everything that is computed from a copy.
  Floats room(index_t planes, int unit) const {
    return (Floats(rows) * phases * columns * unit).rounded() * planes;
  }
};

// The input rows that the output rows [from, to) of a forward convolution read.
INLINE Padded padded_input(const Geometry& g, index_t from, index_t to) {
  Padded p;
  p.first_row = from * g.sh - g.ph;
  p.rows = (to - from - 1) * g.sh + (g.kh - 1) * g.dh + 1;
  p.first_column = -g.pw;
  p.columns = g.ow + (g.kw - 1) * g.dw / g.sw;
  p.stride = g.sw;
  p.phases = smaller(g.sw, (g.kw - 1) * g.dw + 1);
  return p;
}

// `prologue`, a Normaliser or AsIs, changes the values inside the source. Padding stays zero.
template <int U, class Prologue>
INLINE void copy_planes(float* to, const float* image, const Padded& p, index_t planes, index_t h, index_t w,
                        const Prologue& prologue) {
  for (index_t i = 0; i < planes; i++) {
    const auto change = prologue.block(i);
    for (index_t r = 0; r < p.rows; r++) {
      float* row = to + i * p.plane(U) + r * p.row(U);
      const index_t y = p.first_row + r;
      if (y < 0 || y >= h) {
        for (index_t k = 0; k < p.row(U); k++) row[k] = 0;
        continue;
      }
      const float* source = image + (i * h + y) * w * U;
      for (index_t phase = 0; phase < p.phases; phase++, row += p.columns * U) {
        // Columns before `first` and from `last` on lie outside the source.
        const index_t offset = p.first_column + phase;
        const index_t first = smaller(p.columns, larger(0, divide_up(-offset, p.stride)));
        const index_t last = larger(first, smaller(p.columns, floor_divide(w - 1 - offset, p.stride) + 1));
        for (index_t k = 0; k < first * U; k++) row[k] = 0;
        for (index_t x = first; x < last; x++) {
          if constexpr (U == BLOCK)
            store(row + x * U, change(load_lanes(source + (x * p.stride + offset) * U)));
          else
            row[x] = source[x * p.stride + offset];
        }
        for (index_t k = last * U; k < p.columns * U; k++) row[k] = 0;
      }
    }
  }
}

template <int U>
static void copy_padded(float* to, const float* image, const Padded& p, index_t planes, index_t h, index_t w) {
  copy_planes<U>(to, image, p, planes, h, w, AsIs());
}

// The same for a blocked tensor, normalised if there is a norm.
INLINE void copy_normalised(float* to, const float* image, const Padded& p, index_t planes, index_t h, index_t w,
                            const Normaliser& norm) {
  if (norm)
    copy_planes<BLOCK>(to, image, p, planes, h, w, norm);
  else
    copy_planes<BLOCK>(to, image, p, planes, h, w, AsIs());
}

}  // namespace VARIANT
