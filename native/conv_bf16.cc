// Convolution forward and its input gradient with operands rounded to bfloat16 and sums in float32, and the packing of
// their weights. Pieces, padding, prologue and epilogue are as in conv.cc. The padded copy holds rounded numbers, 32
// channels per pixel if there are so many. Some neighbouring pixels of it are one left factor (bf16.h), and the weights
// of a tap a right one. Every output is summed in one order (planes, taps, channels).
#include "bf16.h"
#include "conv_tasks.h"
#include "statistics.h"

namespace VARIANT {

#if HAS_BF16
namespace {

struct RoundedSource {
  const bf16* x;
  index_t depth, row, plane;  // channels of a pixel; distance of the inputs of two output rows, of two planes
  index_t planes;
  const bf16* weight;
  index_t weight_plane, weight_block;
  const Tap* taps;
  index_t tap_count;

  // For a copy with `blocks` blocks of channels, and weights of `all_taps` taps.
  RoundedSource(const bf16* copy, index_t blocks, const Padded& padded, const float* weights, index_t all_taps)
      : x(copy), depth(rounded_depth(blocks)), row(padded.row(static_cast<int>(depth))),
        plane(padded.plane(static_cast<int>(depth))), planes(divide_up(blocks * BLOCK, depth)),
        weight(reinterpret_cast<const bf16*>(weights)), weight_plane(all_taps * depth * BLOCK),
        weight_block(planes * weight_plane) {}
};

// Room for the rounded copy of `blocks` blocks of channels, in floats.
Floats copy_room(index_t blocks, const Padded& padded) {
  const index_t depth = rounded_depth(blocks);
  const Floats numbers = padded.room(divide_up(blocks * BLOCK, depth), static_cast<int>(depth));
  return numbers.fit() ? Floats(rounded_floats(numbers.value())) : numbers;
}

// Like copy_planes (conv_input.h), but rounded. A half plane without channels is zero.
template <class Prologue>
BF16 void copy_rounded(bf16* to, const float* image, const Padded& p, index_t blocks, index_t h, index_t w,
                      const Prologue& prologue) {
  const index_t depth = rounded_depth(blocks), per_plane = depth / BLOCK;
  const index_t stored = divide_up(blocks, per_plane) * per_plane;
  for (index_t i = 0; i < stored; i++) {
    const bool filled = i < blocks;
    const auto change = prologue.block(filled ? i : 0);
    bf16* plane = to + i / per_plane * p.plane(static_cast<int>(depth)) + i % per_plane * BLOCK;
    for (index_t r = 0; r < p.rows; r++) {
      bf16* row = plane + r * p.row(static_cast<int>(depth));
      const index_t y = p.first_row + r;
      const bool inside = filled && y >= 0 && y < h;
      const float* source = image + (i * h + y) * w * BLOCK;
      for (index_t phase = 0; phase < p.phases; phase++, row += p.columns * depth) {
        const index_t offset = p.first_column + phase;
        const index_t first = inside ? smaller(p.columns, larger(0, divide_up(-offset, p.stride))) : p.columns;
        const index_t last = larger(first, smaller(p.columns, floor_divide(w - 1 - offset, p.stride) + 1));
        for (index_t x = 0; x < first; x++) store_rounded(row + x * depth, vec{});
        for (index_t x = first; x < last; x++)
          store_rounded(row + x * depth, change(load_lanes(source + (x * p.stride + offset) * BLOCK)).part[0]);
        for (index_t x = last; x < p.columns; x++) store_rounded(row + x * depth, vec{});
      }
    }
  }
}

// The factors of some tiles of pixels: inputs and weights, plane by plane and tap by tap.
struct Walk {
  const RoundedSource& from;
  const bf16 *first, *second, *weight;
  index_t plane = 0, tap = 0;

  __attribute__((always_inline)) inline bool next(const bf16* (&left)[2], const bf16* (&right)[2]) {
    if (tap == from.tap_count) tap = 0, plane++;
    if (plane == from.planes || from.tap_count == 0) return false;
    const index_t at = plane * from.plane + from.taps[tap].x;
    left[0] = first + at;
    left[1] = second + at;
    right[0] = weight + plane * from.weight_plane + from.taps[tap].weight;
    right[1] = right[0] + from.weight_block;
    tap++;
    return true;
  }
};

// A tile of neighbouring pixels of one output row. If tiles do not divide a row, the last one overlaps the one before
// it, and its first `skip` pixels are left out.
struct Place {
  index_t row, column, skip;

  Place(index_t tile, index_t across, index_t pixels, index_t width) {
    row = tile / across;
    const index_t wanted = tile % across * pixels;
    column = smaller(wanted, width - pixels);
    skip = wanted - column;
  }
};

void finish(const float* sums, const Sink& to, const Place& place, index_t pixels, index_t block) {
  const index_t at = block * to.block + place.row * to.row + place.column * to.pixel;
  for (index_t p = place.skip; p < pixels; p++) {
    vec y = load(sums + p * BLOCK);
    if (to.addend) y += load(to.addend + at + p * to.pixel);
    store(to.y + at + p * to.pixel, y);
  }
}

// Covers the channel blocks [first, last) of an output whose sink starts at block 0.
template <class Unit>
BF16 void cover_with(const RoundedSource& from, const Sink& to, index_t first, index_t last, index_t height,
                     index_t width) {
  const index_t across = divide_up(width, Unit::ROWS), pixels = divide_up(width, across), tiles = height * across;
  alignas(64) float room[4 * BLOCK * BLOCK];
  float* const sums[2][2] = {{room, room + 256}, {room + 512, room + 768}};
  Unit::begin(pixels, from.depth);
  for (index_t block = first; block < last; block += 2) {
    const bool two = block + 1 < last;
    const bf16* weight = from.weight + block * from.weight_block;
    for (index_t t = 0; t < tiles; t += 2) {
      const bool pair = t + 1 < tiles;
      const Place places[2] = {{t, across, pixels, width}, {pair ? t + 1 : t, across, pixels, width}};
      const bf16* x[2];
      for (int p = 0; p < 2; p++) x[p] = from.x + places[p].row * from.row + places[p].column * from.depth;
      const Walk walk{from, x[0], x[1], weight};
      const index_t stride = from.depth * 2;
      if (two && pair)
        Unit::template multiply<2, 2>(pixels, from.depth, stride, sums, true, walk);
      else if (two)
        Unit::template multiply<1, 2>(pixels, from.depth, stride, sums, true, walk);
      else if (pair)
        Unit::template multiply<2, 1>(pixels, from.depth, stride, sums, true, walk);
      else
        Unit::template multiply<1, 1>(pixels, from.depth, stride, sums, true, walk);
      for (int p = 0; p <= static_cast<int>(pair); p++)
        for (int v = 0; v <= static_cast<int>(two); v++) finish(sums[p][v], to, places[p], pixels, block + v);
    }
  }
  Unit::end();
}

void cover_rounded(const RoundedSource& from, const Sink& to, index_t first, index_t last, index_t height,
                   index_t width) {
  with_unit([&](auto unit) { cover_with<decltype(unit)>(from, to, first, last, height, width); });
}

// Interleaves two rows of 16 weights each (null for zeros), rounded.
BF16 void pack_rows(const float* first, const float* second, bf16* to) {
  const __m512i pairs = rounded_pairs(first ? load(first) : vec{}, second ? load(second) : vec{});
  _mm512_storeu_si512(to, pairs);
}

}  // namespace

index_t pieces(const conv2d_bf16_args& args) {
  return Tasks(static_cast<index_t>(args.n), args.bands, static_cast<index_t>(args.o)).pieces();
}

index_t scratch(const conv2d_bf16_args& args) {
  const Geometry g(args);
  const index_t rows = smaller(g.oh, divide_up(g.oh, static_cast<index_t>(args.bands)));
  return (tap_room(g.kh, g.kw) + copy_room(blocks_of(args.c), padded_input(g, 0, rows))).value();
}

void run(const conv2d_bf16_args& args, const Context& context, index_t piece) {
  const Geometry g(args);
  const Tasks tasks(g.n, args.bands, g.o);
  const index_t image = tasks.image(piece), band = tasks.band(piece);
  const index_t from_row = part_start(g.oh, tasks.bands, band), to_row = part_start(g.oh, tasks.bands, band + 1);
  if (from_row == to_row) return;
  const index_t blocks = blocks_of(args.c), height = to_row - from_row;
  const float* x = context.at(args.x) + image * blocks * g.h * g.w * BLOCK;

  Tap* taps = reinterpret_cast<Tap*>(context.scratch);
  bf16* copy = reinterpret_cast<bf16*>(context.scratch + tap_floats(g.kh, g.kw));
  const Padded padded = padded_input(g, from_row, to_row);
  const Normaliser norm(args, context);
  if (norm)
    copy_rounded(copy, x, padded, blocks, g.h, g.w, norm);
  else
    copy_rounded(copy, x, padded, blocks, g.h, g.w, AsIs());
  RoundedSource source(copy, blocks, padded, context.at(args.weight), g.kh * g.kw);
  source.taps = taps;
  source.tap_count = g.kh * g.kw;
  for (index_t k = 0; k < source.tap_count; k++) {
    const index_t row = k / g.kw * g.dh, column = k % g.kw * g.dw;
    taps[k].x = row * source.row + (column % g.sw * padded.columns + column / g.sw) * source.depth;
    taps[k].weight = k * source.depth * BLOCK;
  }
  source.row *= g.sh;

  const index_t offset = (image * tasks.blocks * g.oh + from_row) * g.ow * BLOCK;
  const float* addend = context.at(args.addend);
  Sink sink;
  sink.y = context.at(args.y) + offset;
  sink.addend = addend ? addend + offset : nullptr;
  sink.pixel = BLOCK;
  sink.row = g.ow * BLOCK;
  sink.block = g.oh * g.ow * BLOCK;

  float* statistics = context.at(args.statistics);
  const index_t last = tasks.last_block(piece), channels = tasks.blocks * BLOCK;
  for (index_t block = tasks.first_block(piece); block < last; block += 2) {
    const index_t end = smaller(last, block + 2);
    cover_rounded(source, sink, block, end, height, g.ow);
    if (!statistics) continue;
    float* mean = statistics + (image * tasks.bands + band) * 2 * channels;
    for (index_t b = block; b < end; b++)
      plane_statistics(sink.y + b * sink.block, height * g.ow, mean + b * BLOCK, mean + channels + b * BLOCK);
  }
}

index_t pieces(const conv2d_input_gradient_bf16_args& args) {
  return Tasks(static_cast<index_t>(args.n), args.bands, static_cast<index_t>(args.c)).pieces();
}

index_t scratch(const conv2d_input_gradient_bf16_args& args) {
  const Geometry g(args);
  // Bands begin at different places within a stride: room for the most rows that any may read.
  Padded padded = padded_gradient(g, 0, smaller(g.h, divide_up(g.h, static_cast<index_t>(args.bands))));
  padded.rows += 2;
  return (tap_room(g.kh, g.kw) + copy_room(blocks_of(args.o), padded)).value();
}

void run(const conv2d_input_gradient_bf16_args& args, const Context& context, index_t piece) {
  const Geometry g(args);
  const Tasks tasks(g.n, args.bands, g.c);
  const index_t image = tasks.image(piece), band = tasks.band(piece);
  const index_t from_row = part_start(g.h, tasks.bands, band), to_row = part_start(g.h, tasks.bands, band + 1);
  if (from_row == to_row) return;
  const index_t first = tasks.first_block(piece), last = tasks.last_block(piece), blocks = blocks_of(args.o);
  const index_t offset = image * tasks.blocks * g.h * g.w * BLOCK;
  float* dx = context.at(args.dx);
  const float* addend = context.at(args.addend);

  Tap* taps = reinterpret_cast<Tap*>(context.scratch);
  bf16* copy = reinterpret_cast<bf16*>(context.scratch + tap_floats(g.kh, g.kw));
  const Padded padded = padded_gradient(g, from_row, to_row);
  copy_rounded(copy, context.at(args.dy) + image * blocks * g.oh * g.ow * BLOCK, padded, blocks, g.oh, g.ow, AsIs());
  RoundedSource source(copy, blocks, padded, context.at(args.weight), g.kh * g.kw);
  Sink sink;
  sink.block = g.h * g.w * BLOCK;
  sink.pixel = g.sw * BLOCK;
  sink.row = g.sh * g.w * BLOCK;
  each_remainder(g, padded, from_row, to_row, source.depth, source, taps,
                 [&](index_t row, index_t column, index_t height, index_t width) {
                   const index_t at = offset + (row * g.w + column) * BLOCK;
                   sink.y = dx + at;
                   sink.addend = addend ? addend + at : nullptr;
                   cover_rounded(source, sink, first, last, height, width);
                 });
  reduce_rows(Reduction(args, context), dx, g, tasks, piece, offset, from_row, to_row);
}

index_t pieces(const pack_bf16_weight_args& args) {
  return static_cast<index_t>(args.transposed != 0 ? args.iblocks : args.oblocks);
}

// A piece is one block of the right factors' columns.
void run(const pack_bf16_weight_args& args, const Context& context, index_t piece) {
  const bool transposed = args.transposed != 0;
  const index_t oblocks = static_cast<index_t>(args.oblocks), iblocks = static_cast<index_t>(args.iblocks);
  const index_t taps = static_cast<index_t>(args.taps), rows = transposed ? oblocks : iblocks;
  const index_t depth = rounded_depth(rows), planes = divide_up(rows * BLOCK, depth);
  bf16* to = reinterpret_cast<bf16*>(context.at(args.y)) + piece * planes * taps * depth * BLOCK;
  alignas(64) float turned[BLOCK * BLOCK];
  for (index_t plane = 0; plane < planes; plane++)
    for (index_t tap = 0; tap < taps; tap++)
      for (index_t half = 0; half < depth / BLOCK; half++) {
        const index_t block = plane * (depth / BLOCK) + half;
        const index_t o = transposed ? block : piece, i = transposed ? piece : block;
        const float* from = context.at(args.weight) + ((o * iblocks + i) * taps + tap) * BLOCK * BLOCK;
        if (transposed && block < rows) {
          for (int r = 0; r < BLOCK; r++)
            for (int c = 0; c < BLOCK; c++) turned[c * BLOCK + r] = from[r * BLOCK + c];
          from = turned;
        }
        bf16* pairs = to + (plane * taps + tap) * depth * BLOCK + half * BLOCK * BLOCK;
        for (int r = 0; r < BLOCK; r += 2, pairs += 2 * BLOCK)
          pack_rows(block < rows ? from + r * BLOCK : nullptr, block < rows ? from + (r + 1) * BLOCK : nullptr, pairs);
      }
}

#else
#define NEVER_RUN(name)                                   \
  index_t pieces(const name##_args&) { return 1; }        \
  void run(const name##_args&, const Context&, index_t) { \
    __builtin_trap();                                     \
  }
NEVER_RUN(conv2d_bf16)
NEVER_RUN(conv2d_input_gradient_bf16)
NEVER_RUN(pack_bf16_weight)
index_t scratch(const conv2d_bf16_args&) { return DAMAGED; }
index_t scratch(const conv2d_input_gradient_bf16_args&) { return DAMAGED; }
#endif

}  // namespace VARIANT
