// Convolution forward, its input gradient, and the stem's forward pass on plain NCHW input.
//
// A piece is a band of rows of one image, or a part of its output channels if there are few images and bands. A piece
// makes the padded copy of the rows that it reads. Then it goes through output blocks, rows and tiles, so that the
// weights of one or two output blocks stay in L1 or L2 while the band's tiles use them. Bias, addend and ReLU are
// applied when a tile is stored. Statistics are taken block by block while the band is in cache. A norm before the
// convolution is applied while the rows are copied. The first half of the backward pass over a norm follows an input
// gradient, block by block.
//
// The input gradient with stride s is s·s stride-1 convolutions over dy (conv_tasks.h).
#include "conv_tasks.h"
#include "groups.h"
#include "statistics.h"

namespace VARIANT {
namespace {

// Covers the channel blocks [first, last), each from the planes that it is connected to. `source` starts at plane 0.
void cover_connected(const Connections& connected, Source source, const Sink& sink, index_t first, index_t last,
                     index_t height, index_t width) {
  const float* x = source.x;
  while (first < last) {
    const index_t end = connected.alike(first, last);
    const Span planes = connected.span(first);
    source.x = x + planes.from * source.plane;
    source.planes = planes.to - planes.from;
    cover_blocks<BLOCK>(source, sink, first, end, height, width);
    first = end;
  }
}

template <int U, class Args>
index_t forward_scratch(const Args& args) {
  const Geometry g(args);
  if constexpr (U == BLOCK)
    if (g.pointwise() && args.scale < 0) return tap_floats(g.kh, g.kw);
  const index_t bands = static_cast<index_t>(args.bands);
  const index_t planes = U == BLOCK ? blocks_of(args.c) : g.c;
  const Padded padded = padded_input(g, 0, smaller(g.oh, divide_up(g.oh, bands)));
  return (tap_room(g.kh, g.kw) + padded.room(planes, U)).value();
}

template <int U, class Args>
void forward(const Args& args, const Context& context, index_t piece) {
  const Geometry g(args);
  const Tasks tasks(g.n, args.bands, g.o);
  const index_t image = tasks.image(piece), band = tasks.band(piece);
  const index_t from_row = part_start(g.oh, tasks.bands, band), to_row = part_start(g.oh, tasks.bands, band + 1);
  if (from_row == to_row) return;
  const index_t planes = U == BLOCK ? blocks_of(args.c) : g.c;
  const float* x = context.at(args.x) + image * planes * g.h * g.w * U;

  Tap* taps = reinterpret_cast<Tap*>(context.scratch);
  const Connections connected(args.o, args.c, args.groups);
  Source source;
  source.planes = planes;
  source.weight = context.at(args.weight);
  source.weight_plane = g.kh * g.kw * U * BLOCK;
  source.weight_block = (U == BLOCK ? connected.most() : planes) * source.weight_plane;
  source.taps = taps;
  source.tap_count = g.kh * g.kw;
  index_t height = to_row - from_row, width = g.ow;
  bool direct = false;
  if constexpr (U == BLOCK) direct = g.pointwise() && args.scale < 0;
  if (direct) {
    source.x = x + from_row * g.w * U;
    source.row = 0;
    source.plane = g.h * g.w * U;
    taps[0] = {0, 0};
    width *= height;
    height = 1;
  } else {
    const Padded padded = padded_input(g, from_row, to_row);
    float* copy = context.scratch + tap_floats(g.kh, g.kw);
    if constexpr (U == BLOCK)
      copy_normalised(copy, x, padded, planes, g.h, g.w, Normaliser(args, context));
    else
      copy_padded<U>(copy, x, padded, planes, g.h, g.w);
    source.x = copy;
    source.row = g.sh * padded.row(U);
    source.plane = padded.plane(U);
    for (index_t k = 0; k < source.tap_count; k++) {
      const index_t row = k / g.kw * g.dh, column = k % g.kw * g.dw;
      taps[k].x = row * padded.row(U) + (column % g.sw * padded.columns + column / g.sw) * U;
      taps[k].weight = k * U * BLOCK;
    }
  }

  const index_t offset = image * tasks.blocks * g.oh * g.ow * BLOCK + from_row * g.ow * BLOCK;
  const float* addend = context.at(args.addend);
  Sink sink;
  sink.y = context.at(args.y) + offset;
  sink.addend = addend ? addend + offset : nullptr;
  sink.bias = context.at(args.bias);
  sink.relu = args.relu != 0;
  sink.pixel = BLOCK;
  sink.row = g.ow * BLOCK;
  sink.block = g.oh * g.ow * BLOCK;

  float* statistics = context.at(args.statistics);
  const index_t last = tasks.last_block(piece);
  const index_t channels = tasks.blocks * BLOCK;
  for (index_t block = tasks.first_block(piece); block < last; block += 2) {
    const index_t end = smaller(last, block + 2);
    if constexpr (U == BLOCK)
      cover_connected(connected, source, sink, block, end, height, width);
    else
      cover_blocks<U>(source, sink, block, end, height, width);
    if (!statistics) continue;
    float* mean = statistics + (image * tasks.bands + band) * 2 * channels;
    for (index_t b = block; b < end; b++)
      plane_statistics(sink.y + b * sink.block, height * width, mean + b * BLOCK, mean + channels + b * BLOCK);
  }
}

}  // namespace

index_t pieces(const conv2d_args& args) { return Tasks(static_cast<index_t>(args.n), args.bands, static_cast<index_t>(args.o)).pieces(); }
index_t scratch(const conv2d_args& args) { return forward_scratch<BLOCK>(args); }
void run(const conv2d_args& args, const Context& context, index_t piece) { forward<BLOCK>(args, context, piece); }

index_t pieces(const conv2d_plain_args& args) { return Tasks(static_cast<index_t>(args.n), args.bands, static_cast<index_t>(args.o)).pieces(); }
index_t scratch(const conv2d_plain_args& args) { return forward_scratch<1>(args); }
void run(const conv2d_plain_args& args, const Context& context, index_t piece) { forward<1>(args, context, piece); }

index_t pieces(const conv2d_input_gradient_args& args) {
  return Tasks(static_cast<index_t>(args.n), args.bands, static_cast<index_t>(args.c)).pieces();
}

index_t scratch(const conv2d_input_gradient_args& args) {
  const Geometry g(args);
  if (g.pointwise()) return tap_floats(g.kh, g.kw);
  // Bands begin at different places within a stride: room for the most rows that any may read.
  const index_t rows = divide_up(g.h, static_cast<index_t>(args.bands));
  Padded padded = padded_gradient(g, 0, smaller(g.h, rows));
  padded.rows += 2;
  return (tap_room(g.kh, g.kw) + padded.room(blocks_of(args.o), BLOCK)).value();
}

void run(const conv2d_input_gradient_args& args, const Context& context, index_t piece) {
  const Geometry g(args);
  const Tasks tasks(g.n, args.bands, g.c);
  const index_t image = tasks.image(piece), band = tasks.band(piece);
  const index_t from_row = part_start(g.h, tasks.bands, band), to_row = part_start(g.h, tasks.bands, band + 1);
  if (from_row == to_row) return;
  const index_t first = tasks.first_block(piece), last = tasks.last_block(piece);
  const index_t planes = blocks_of(args.o);
  const float* dy = context.at(args.dy) + image * planes * g.oh * g.ow * BLOCK;
  const index_t offset = image * tasks.blocks * g.h * g.w * BLOCK;
  const float* addend = context.at(args.addend);
  float* dx = context.at(args.dx);
  const Reduction reduction(args, context);

  Tap* taps = reinterpret_cast<Tap*>(context.scratch);
  const Connections connected(args.c, args.o, args.groups);
  Source source;
  source.weight = context.at(args.weight);
  source.weight_plane = g.kh * g.kw * BLOCK * BLOCK;
  source.weight_block = connected.most() * source.weight_plane;
  source.taps = taps;
  Sink sink;
  sink.bias = nullptr;
  sink.relu = false;
  sink.block = g.h * g.w * BLOCK;

  if (g.pointwise()) {
    source.x = dy + from_row * g.w * BLOCK;
    source.row = 0;
    source.plane = g.h * g.w * BLOCK;
    source.tap_count = 1;
    taps[0] = {0, 0};
    sink.y = dx + offset + from_row * g.w * BLOCK;
    sink.addend = addend ? addend + offset + from_row * g.w * BLOCK : nullptr;
    sink.row = 0;
    sink.pixel = BLOCK;
    cover_connected(connected, source, sink, first, last, 1, (to_row - from_row) * g.w);
    reduce_rows(reduction, dx, g, tasks, piece, offset, from_row, to_row);
    return;
  }

  const Padded padded = padded_gradient(g, from_row, to_row);
  float* copy = context.scratch + tap_floats(g.kh, g.kw);
  copy_padded<BLOCK>(copy, dy, padded, planes, g.oh, g.ow);
  source.x = copy;
  source.row = padded.row(BLOCK);
  source.plane = padded.plane(BLOCK);
  sink.pixel = g.sw * BLOCK;
  sink.row = g.sh * g.w * BLOCK;
  each_remainder(g, padded, from_row, to_row, BLOCK, source, taps,
                 [&](index_t row, index_t column, index_t height, index_t width) {
                   const index_t at = offset + (row * g.w + column) * BLOCK;
                   sink.y = dx + at;
                   sink.addend = addend ? addend + at : nullptr;
                   cover_connected(connected, source, sink, first, last, height, width);
                 });
  reduce_rows(reduction, dx, g, tasks, piece, offset, from_row, to_row);
}

}  // namespace VARIANT
