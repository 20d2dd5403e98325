// How convolutions and their input gradients are cut into pieces, and what the pieces of an input gradient read.
#pragma once
#include "conv_input.h"

namespace VARIANT {

constexpr index_t FEW_PIECES = 16;

// Tasks of a kernel: (image, band, group of output blocks), groups in pairs of blocks as the widest tiles want.
struct Tasks {
  index_t images, bands, blocks, groups;

  Tasks(index_t n, double band_count, index_t channels)
      : images(n), bands(static_cast<index_t>(band_count)), blocks(blocks_of(channels)) {
    const index_t pieces = images * bands;
    groups = pieces >= FEW_PIECES ? 1 : smaller(divide_up(blocks, 2), divide_up(FEW_PIECES, pieces));
  }
  index_t pieces() const { return images * bands * groups; }
  index_t image(index_t piece) const { return piece / groups / bands; }
  index_t band(index_t piece) const { return piece / groups % bands; }
  index_t first_block(index_t piece) const { return part_start(divide_up(blocks, 2), groups, piece % groups) * 2; }
  index_t last_block(index_t piece) const {
    return smaller(blocks, part_start(divide_up(blocks, 2), groups, piece % groups + 1) * 2);
  }
};

// What the rows [from, to) of dx read of dy.
INLINE Padded padded_gradient(const Geometry& g, index_t from, index_t to) {
  Padded p;
  p.first_row = floor_divide(from + g.ph - (g.kh - 1) * g.dh, g.sh);
  p.rows = floor_divide(to - 1 + g.ph, g.sh) - p.first_row + 1;
  p.first_column = floor_divide(g.pw - (g.kw - 1) * g.dw, g.sw);
  p.columns = floor_divide(g.w - 1 + g.pw, g.sw) - p.first_column + 1;
  p.stride = 1;
  p.phases = 1;
  return p;
}

// Smallest row or column at or after `from` whose place, counted with padding, leaves `phase` when divided by stride.
INLINE index_t first_of_phase(index_t from, index_t padding, index_t stride, index_t phase) {
  return from + ((phase - from - padding) % stride + stride) % stride;
}

}  // namespace VARIANT
