// The blocks of channels that a grouped convolution connects (src/engine/cpu/groups.ts). One group connects all.
#pragma once
#include "kernel.h"

namespace VARIANT {

struct Connections {
  index_t outputs, inputs, wide, deep;  // channels, and channels of a group

  // Connections from `inputs` to `outputs` channels. Exchange the two for the input gradient.
  Connections(double output_channels, double input_channels, double groups)
      : outputs(static_cast<index_t>(output_channels)), inputs(static_cast<index_t>(input_channels)),
        wide(outputs / static_cast<index_t>(groups)), deep(inputs / static_cast<index_t>(groups)) {}

  // The input blocks that an output block reads.
  Span span(index_t block) const {
    const index_t first = block * BLOCK / wide, last = (smaller(outputs, (block + 1) * BLOCK) - 1) / wide;
    return {first * deep / BLOCK, divide_up((last + 1) * deep, BLOCK)};
  }

  // The most input blocks that any output block reads. So many are stored for each.
  index_t most() const {
    index_t count = 0;
    for (index_t block = 0; block < divide_up(outputs, BLOCK); block++) {
      const Span s = span(block);
      count = larger(count, s.to - s.from);
    }
    return count;
  }

  // The end of the blocks from `first` on, before `last`, that read the same input blocks.
  index_t alike(index_t first, index_t last) const {
    const Span s = span(first);
    index_t end = first + 1;
    for (; end < last; end++) {
      const Span other = span(end);
      if (other.from != s.from || other.to != s.to) break;
    }
    return end;
  }
};

}  // namespace VARIANT
