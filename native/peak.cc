// Multiply-adds without any waiting, the best that a machine can do. No plan calls it; benchmarks compare others with
// it.
#include "kernel.h"

namespace VARIANT {

// Enough independent sums to hide the latency of a multiply-add, few enough to stay in the registers of any variant.
constexpr int CHAINS = 12;

index_t pieces(const multiply_adds_args& args) { return static_cast<index_t>(args.parts); }
void run(const multiply_adds_args& args, const Context& context, index_t piece) {
  const vec factor = splat(static_cast<float>(args.factor)), addend = splat(static_cast<float>(args.addend));
  vec sums[CHAINS];
  UNROLL for (int k = 0; k < CHAINS; k++) sums[k] = splat(static_cast<float>(k));
  const index_t rounds = static_cast<index_t>(args.count) / (CHAINS * VL);
  for (index_t round = 0; round < rounds; round++)
    UNROLL for (int k = 0; k < CHAINS; k++) sums[k] = sums[k] * factor + addend;
  vec sum{};
  UNROLL for (int k = 0; k < CHAINS; k++) sum += sums[k];
  store_unaligned(context.at(args.y) + piece * BLOCK, sum);
}

}  // namespace VARIANT
