// Weight gradient of a convolution with x and dy rounded to bfloat16 and sums in float32. Pieces and partial sums are
// as in conv_weight.cc.
//
// The sum runs over pixels, so a left factor is 16 input channels by 32 pixels. x is copied channel by channel, padded,
// once for each remainder of rows and columns by the stride; a tap then shifts along the pixels of that copy. A right
// factor is 32 pixels of dy by 16 output channels. dy is copied with the row length of x's copy, filled with zeros, so
// that rows and images form one long line of pixels.
#include "bf16.h"
#include "conv_input.h"

namespace VARIANT {

#if HAS_BF16
namespace {

constexpr index_t DEPTH = 32;        // pixels of a factor
constexpr index_t STEP = 16 * DEPTH;  // pixels that pass over the sums at a time: their factors stay in L1
constexpr index_t LINE = 1024;       // wanted length of the line of pixels

struct Line {
  Geometry g;
  index_t x_blocks, dy_blocks, parts, chunks, row_phases, column_phases, rows, columns, size, images, length, lane;

  explicit Line(const conv2d_weight_gradient_bf16_args& args)
      : g(args), x_blocks(blocks_of(args.c)), dy_blocks(blocks_of(args.o)), parts(static_cast<index_t>(args.parts)),
        chunks(static_cast<index_t>(args.chunks)) {
    row_phases = smaller(g.sh, (g.kh - 1) * g.dh + 1);
    column_phases = smaller(g.sw, (g.kw - 1) * g.dw + 1);
    const index_t below = (g.kh - 1) * g.dh / g.sh, beside = (g.kw - 1) * g.dw / g.sw;
    rows = g.oh + below;
    columns = g.ow + beside;
    size = rows * columns;
    images = smaller(divide_up(g.n, chunks), larger(1, LINE / size));
    length = divide_up(images * size, DEPTH) * DEPTH;
    // A channel of x holds all that a tap reaches. Channels lie an odd number of cache lines apart.
    lane = (divide_up(length + below * columns + beside + BLOCK, DEPTH) | 1) * DEPTH;
  }
  index_t plane() const { return BLOCK * lane; }
  index_t x_size() const { return row_phases * column_phases * x_blocks * plane(); }
  index_t dy_size() const { return divide_up(dy_blocks, parts) * length * BLOCK; }
  // Start of a tap's inputs in the copy of x.
  index_t tap(index_t k) const {
    const index_t row = k / g.kw * g.dh, column = k % g.kw * g.dw;
    const index_t phase = row % g.sh * column_phases + column % g.sw;
    return phase * x_blocks * plane() + row / g.sh * columns + column / g.sw;
  }
};

// Transposes 16 pixels of 16 channels to 16 channels of 16 pixels, `lane` apart.
BF16 void store_turned(const vec (&pixels)[16], bf16* to, index_t lane) {
  for (int half = 0; half < 2; half++) {
    __m512i pair[4], mixed[4], quad[4];
    UNROLL for (int k = 0; k < 4; k++)
      pair[k] = rounded_pairs(pixels[half * 8 + 2 * k], pixels[half * 8 + 2 * k + 1]);
    mixed[0] = _mm512_unpacklo_epi32(pair[0], pair[1]);
    mixed[1] = _mm512_unpackhi_epi32(pair[0], pair[1]);
    mixed[2] = _mm512_unpacklo_epi32(pair[2], pair[3]);
    mixed[3] = _mm512_unpackhi_epi32(pair[2], pair[3]);
    quad[0] = _mm512_unpacklo_epi64(mixed[0], mixed[2]);
    quad[1] = _mm512_unpackhi_epi64(mixed[0], mixed[2]);
    quad[2] = _mm512_unpacklo_epi64(mixed[1], mixed[3]);
    quad[3] = _mm512_unpackhi_epi64(mixed[1], mixed[3]);
    UNROLL for (int k = 0; k < 4; k++) {
      bf16* at = to + half * 8 + k * lane;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm512_extracti32x4_epi32(quad[k], 0));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + 4 * lane), _mm512_extracti32x4_epi32(quad[k], 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + 8 * lane), _mm512_extracti32x4_epi32(quad[k], 2));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + 12 * lane), _mm512_extracti32x4_epi32(quad[k], 3));
    }
  }
}

// Copies x of so many images, through the norm. A row of 16 pixels writes zeros beyond its end, which the next row
// overwrites; zeros also follow the last row.
template <class Prologue>
BF16 void copy_x(bf16* to, const float* x, const Line& line, index_t images, const Prologue& prologue) {
  const Geometry& g = line.g;
  for (index_t phase = 0; phase < line.row_phases * line.column_phases; phase++) {
    const index_t down = phase / line.column_phases - g.ph, along = phase % line.column_phases - g.pw;
    for (index_t block = 0; block < line.x_blocks; block++, to += line.plane()) {
      const auto change = prologue.block(block);
      bf16* row = to;
      for (index_t image = 0; image < images; image++)
        for (index_t r = 0; r < line.rows; r++, row += line.columns) {
          const index_t y = r * g.sh + down;
          const float* source = x + ((image * line.x_blocks + block) * g.h + y) * g.w * BLOCK;
          for (index_t column = 0; column < line.columns; column += 16) {
            vec pixels[16];
            for (index_t k = 0; k < 16; k++) {
              const index_t from = (column + k) * g.sw + along;
              const bool inside = y >= 0 && y < g.h && column + k < line.columns && from >= 0 && from < g.w;
              pixels[k] = inside ? change(load_lanes(source + from * BLOCK)).part[0] : vec{};
            }
            store_turned(pixels, row + column, line.lane);
          }
        }
      for (index_t c = 0; c < BLOCK; c++)
        for (bf16* rest = row + c * line.lane; rest < to + (c + 1) * line.lane; rest++) *rest = 0;
    }
  }
}

// Copies dy of so many images and of the blocks from `first` to `last`: [block][length / 2][16][2].
BF16 void copy_dy(bf16* to, const float* dy, const Line& line, index_t images, index_t first, index_t last) {
  const Geometry& g = line.g;
  for (index_t block = first; block < last; block++, to += line.length * BLOCK) {
    index_t image = 0, row = 0, column = 0;
    const auto next = [&] {
      const bool inside = image < images && row < g.oh && column < g.ow;
      const float* at = dy + (((image * line.dy_blocks + block) * g.oh + row) * g.ow + column) * BLOCK;
      if (++column == line.columns) column = 0, row++;
      if (row == line.rows) row = 0, image++;
      return inside ? load(at) : vec{};
    };
    for (index_t k = 0; k < line.length; k += 2) {
      const vec even = next(), odd = next();
      _mm512_storeu_si512(to + k * BLOCK, rounded_pairs(even, odd));
    }
  }
}

// The factors of the pixels [k, to): two (tap, input block) by two output blocks.
struct Stretch {
  const bf16 *x[2], *dy[2];
  index_t k, to;

  __attribute__((always_inline)) inline bool next(const bf16* (&left)[2], const bf16* (&right)[2]) {
    if (k >= to) return false;
    for (int i = 0; i < 2; i++) {
      left[i] = x[i] + k;
      right[i] = dy[i] + k * BLOCK;
    }
    k += DEPTH;
    return true;
  }
};

}  // namespace

index_t pieces(const conv2d_weight_gradient_bf16_args& args) { return static_cast<index_t>(args.chunks * args.parts); }

index_t scratch(const conv2d_weight_gradient_bf16_args& args) {
  const Line line(args);
  const Floats x = Floats(line.row_phases) * line.column_phases * line.x_blocks * BLOCK * line.lane;
  const Floats dy = Floats(divide_up(line.dy_blocks, line.parts)) * line.length * BLOCK;
  if (!x.fit() || !dy.fit()) return DOES_NOT_FIT;
  return (Floats(rounded_floats(x.value())) + rounded_floats(dy.value())).value();
}

namespace {

template <class Unit>
BF16 void run_with(const conv2d_weight_gradient_bf16_args& args, const Context& context, index_t piece) {
  const Line line(args);
  const Geometry& g = line.g;
  const index_t chunk = piece / line.parts, part = piece % line.parts;
  const index_t first_block = part_start(line.dy_blocks, line.parts, part);
  const index_t last_block = part_start(line.dy_blocks, line.parts, part + 1);
  const index_t last_image = part_start(g.n, line.chunks, chunk + 1);
  const index_t taps = g.kh * g.kw, rows = line.x_blocks * taps, weight_block = rows * BLOCK * BLOCK;
  float* partial = context.at(args.partials) + chunk * line.dy_blocks * weight_block;
  bf16* x = reinterpret_cast<bf16*>(context.scratch);
  bf16* dy = reinterpret_cast<bf16*>(context.scratch + rounded_floats(line.x_size()));
  const Normaliser norm(args, context);
  const index_t first_image = part_start(g.n, line.chunks, chunk);
  for (index_t image = first_image; image < last_image; image += line.images) {
    const index_t images = smaller(line.images, last_image - image);
    const float* pictures = context.at(args.x) + image * line.x_blocks * g.h * g.w * BLOCK;
    if (norm)
      copy_x(x, pictures, line, images, norm);
    else
      copy_x(x, pictures, line, images, AsIs());
    const float* gradients = context.at(args.dy) + image * line.dy_blocks * g.oh * g.ow * BLOCK;
    copy_dy(dy, gradients, line, images, first_block, last_block);
    Unit::begin(BLOCK, DEPTH);
    const index_t length = divide_up(images * line.size, DEPTH) * DEPTH;
    for (index_t o = first_block; o < last_block; o += 2) {
      const bool two = o + 1 < last_block;
      const bf16* right = dy + (o - first_block) * line.length * BLOCK;
      for (index_t from = 0; from < length; from += STEP) {
        const index_t to = smaller(length, from + STEP);
        const bool fresh = image == first_image && from == 0;
        for (index_t k = 0; k < rows; k += 2) {
          const bool pair = k + 1 < rows;
          const index_t other = pair ? k + 1 : k;
          const Stretch stretch{{x + k / taps * line.plane() + line.tap(k % taps),
                                 x + other / taps * line.plane() + line.tap(other % taps)},
                                {right, right + line.length * BLOCK}, from, to};
          float* weight = partial + o * weight_block + k * BLOCK * BLOCK;
          float* const sums[2][2] = {{weight, weight + weight_block},
                                     {weight + BLOCK * BLOCK, weight + weight_block + BLOCK * BLOCK}};
          if (two && pair)
            Unit::template multiply<2, 2>(BLOCK, DEPTH, line.lane * 2, sums, fresh, stretch);
          else if (two)
            Unit::template multiply<1, 2>(BLOCK, DEPTH, line.lane * 2, sums, fresh, stretch);
          else if (pair)
            Unit::template multiply<2, 1>(BLOCK, DEPTH, line.lane * 2, sums, fresh, stretch);
          else
            Unit::template multiply<1, 1>(BLOCK, DEPTH, line.lane * 2, sums, fresh, stretch);
        }
      }
    }
    Unit::end();
  }
  if (first_image == last_image)
    for (float* w = partial + first_block * weight_block; w < partial + last_block * weight_block; w++) *w = 0;
}

}  // namespace

void run(const conv2d_weight_gradient_bf16_args& args, const Context& context, index_t piece) {
  with_unit([&](auto unit) { run_with<decltype(unit)>(args, context, piece); });
}

#else
index_t pieces(const conv2d_weight_gradient_bf16_args&) { return 1; }
index_t scratch(const conv2d_weight_gradient_bf16_args&) { return DAMAGED; }
void run(const conv2d_weight_gradient_bf16_args&, const Context&, index_t) { __builtin_trap(); }
#endif

}  // namespace VARIANT
