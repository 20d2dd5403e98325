// Cuts convolutions and their input gradients into pieces, and finds the rows that a piece of an input gradient reads.
#pragma once
#include "conv_input.h"
#include "conv_tile.h"
#include "reduction.h"

namespace VARIANT {

constexpr index_t FEW_PIECES = 16;

// Tasks of a kernel: (image, band, group of output blocks). Groups are pairs of blocks, as the widest tiles need.
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

// The rows of dy that the rows [from, to) of dx read.
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

// An input gradient with stride s is s·s convolutions over dy: pixels of dx whose row and column leave the same
// remainder are reached by the same taps. Calls `cover` for each of them with the first row and column, the number of
// rows and columns, and the taps in `source`. A pixel of the input holds `depth` channels.
template <class Source, class Cover>
INLINE void each_remainder(const Geometry& g, const Padded& padded, index_t from_row, index_t to_row, index_t depth,
                           Source& source, Tap* taps, const Cover& cover) {
  source.taps = taps;
  // A stride may be larger than the map: there are at most as many remainders as rows and columns.
  const index_t rows = smaller(to_row, from_row + g.sh), columns = smaller(g.w, g.sw);
  for (index_t row = from_row; row < rows; row++)
    for (index_t column = 0; column < columns; column++) {
      source.tap_count = 0;
      for (index_t k = 0; k < g.kh * g.kw; k++) {
        const index_t y = row + g.ph - k / g.kw * g.dh, x = column + g.pw - k % g.kw * g.dw;
        if (y % g.sh != 0 || x % g.sw != 0) continue;
        Tap& tap = taps[source.tap_count++];
        tap.x = (y / g.sh - padded.first_row) * source.row + (x / g.sw - padded.first_column) * depth;
        tap.weight = k * depth * BLOCK;
      }
      cover(row, column, divide_up(to_row - row, g.sh), divide_up(g.w - column, g.sw));
    }
}

// The first half of the backward pass over a norm, after the rows [from, to) of an image's dx, which start at `offset`,
// for the blocks that a piece has covered.
INLINE void reduce_rows(const Reduction& reduction, float* dx, const Geometry& g, const Tasks& tasks, index_t piece,
                        index_t offset, index_t from, index_t to) {
  if (!reduction) return;
  for (index_t block = tasks.first_block(piece); block < tasks.last_block(piece); block++)
    reduction.plane(dx, dx, offset + (block * g.h + from) * g.w * BLOCK, (to - from) * g.w * BLOCK, block,
                    tasks.blocks * BLOCK, tasks.image(piece) * tasks.bands + tasks.band(piece));
}

}  // namespace VARIANT
