// Weights of grouped convolutions: the transpose for the input gradient, and gradients without the values between
// groups.
#include "groups.h"

namespace VARIANT {

// [oblocks][most][taps][16 i][16 o] to [iblocks][most'][taps][16 o][16 i]. A piece is a block of input channels.
index_t pieces(const transpose_grouped_weight_args& args) { return blocks_of(args.c); }

void run(const transpose_grouped_weight_args& args, const Context& context, index_t i) {
  const Connections forward(args.o, args.c, args.groups), backward(args.c, args.o, args.groups);
  const index_t taps = static_cast<index_t>(args.taps), size = taps * BLOCK * BLOCK;
  const index_t most = forward.most(), most_back = backward.most();
  const Span outputs = backward.span(i);
  for (index_t o = outputs.from; o < outputs.to; o++) {
    const float* from = context.at(args.weight) + (o * most + i - forward.span(o).from) * size;
    float* to = context.at(args.y) + (i * most_back + o - outputs.from) * size;
    for (index_t k = 0; k < taps; k++, from += BLOCK * BLOCK, to += BLOCK * BLOCK)
      for (int row = 0; row < BLOCK; row++)
        for (int column = 0; column < BLOCK; column++) to[column * BLOCK + row] = from[row * BLOCK + column];
  }
}

// Sets weights between channels of different groups to zero: products that were summed along with the others, and
// blocks that are stored only because other blocks have more. A piece is a block of output channels.
index_t pieces(const keep_groups_args& args) { return blocks_of(args.o); }

void run(const keep_groups_args& args, const Context& context, index_t block) {
  const Connections forward(args.o, args.c, args.groups);
  const index_t taps = static_cast<index_t>(args.taps), most = forward.most();
  const index_t first = forward.span(block).from;
  float* weight = context.at(args.weight) + block * most * taps * BLOCK * BLOCK;
  for (index_t plane = 0; plane < most; plane++)
    for (index_t k = 0; k < taps; k++)
      for (index_t row = 0; row < BLOCK; row++, weight += BLOCK) {
        const index_t input = (first + plane) * BLOCK + row;
        for (index_t column = 0; column < BLOCK; column++) {
          const index_t output = block * BLOCK + column;
          const bool kept =
              output < forward.outputs && input < forward.inputs && output / forward.wide == input / forward.deep;
          if (!kept) weight[column] = 0;
        }
      }
}

}  // namespace VARIANT
