// Dropout and noise by hash (src/ops/dropout.ts, add-noise.ts): an element's fate follows from its place alone.
#include "kernel.h"

namespace VARIANT {
namespace {

typedef unsigned word;
typedef unsigned words __attribute__((vector_size(VL * 4), may_alias));

// The hash of src/util/hash.ts, for one number or for many.
template <class T>
INLINE T mix(T z) {
  z = z + 0x9e3779b9u;
  z = (z ^ (z >> 16)) * 0x21f0aaadu;
  z = (z ^ (z >> 15)) * 0x735a2d97u;
  return z ^ (z >> 15);
}
template <class T>
INLINE T hash(word key, T number) {
  return mix(mix(number) ^ key);
}

enum Granularity { ELEMENT, ROW, BATCH };

struct Rule {
  word threshold, batch;
  float factor;
  int granularity;

  template <class Args>
  Rule(const Args& args, const Context& context)
      : threshold(static_cast<word>(args.threshold)),
        batch(hash(static_cast<word>(args.key), *reinterpret_cast<const word*>(context.at(args.step)))),
        factor(static_cast<float>(args.factor)), granularity(static_cast<int>(args.granularity)) {}

  word row(index_t number) const { return hash(batch, static_cast<word>(number)); }
  // The factor of a whole row, if elements are not dropped one by one.
  float whole(word row) const { return (granularity == ROW ? row : batch) < threshold ? 0 : factor; }
};

}  // namespace

index_t pieces(const dropout_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const dropout_args& args, const Context& context, index_t piece) {
  const Rule rule(args, context);
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece), size = planes.size / BLOCK;
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const float* x = context.at(args.x) + planes.offset(image, block);
    float* y = context.at(args.y) + planes.offset(image, block);
    const word row = rule.row(image);
    if (rule.granularity != ELEMENT) {
      // A dropped element is zero whatever x holds: 0 · infinity would be NaN.
      const Lanes factor = lanes(rule.whole(row));
      const bool dropped = rule.whole(row) == 0;
      for (index_t p = 0; p < planes.size; p += BLOCK) store(y + p, dropped ? lanes(0) : load_lanes(x + p) * factor);
      continue;
    }
    words number[PARTS];
    for (int lane = 0; lane < BLOCK; lane++)
      number[lane / VL][lane % VL] = static_cast<word>((block * BLOCK + lane) * size);
    const vec factor = splat(rule.factor);
    for (index_t p = 0; p < size; p++) {
      Lanes v = load_lanes(x + p * BLOCK);
      EACH_PART {
        v.part[k] = hash(row, number[k]) < rule.threshold ? vec{} : v.part[k] * factor;
        number[k] += 1;
      }
      store(y + p * BLOCK, v);
    }
  }
}

index_t pieces(const add_noise_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const add_noise_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece), size = planes.size / BLOCK;
  const word batch = hash(static_cast<word>(args.key), *reinterpret_cast<const word*>(context.at(args.step)));
  const vec factor = splat(static_cast<float>(args.factor));
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const float* x = context.at(args.x) + planes.offset(image, block);
    float* y = context.at(args.y) + planes.offset(image, block);
    const word row = hash(batch, static_cast<word>(image));
    words number[PARTS];
    for (int lane = 0; lane < BLOCK; lane++)
      number[lane / VL][lane % VL] = static_cast<word>((block * BLOCK + lane) * size);
    for (index_t p = 0; p < size; p++) {
      Lanes v = load_lanes(x + p * BLOCK);
      EACH_PART {
        const words bits = hash(row, number[k]);
        const words sum = (bits & 255u) + (bits >> 8 & 255u) + (bits >> 16 & 255u) + (bits >> 24);
        v.part[k] += factor * __builtin_convertvector(reinterpret_cast<mask>(sum - 510u), vec);
        number[k] += 1;
      }
      store(y + p * BLOCK, v);
    }
  }
}

index_t pieces(const dropout_rows_args& args) { return static_cast<index_t>(args.n); }

void run(const dropout_rows_args& args, const Context& context, index_t image) {
  const Rule rule(args, context);
  const index_t length = static_cast<index_t>(args.length);
  const float* x = context.at(args.x) + image * length;
  float* y = context.at(args.y) + image * length;
  const word row = rule.row(image);
  const bool each = rule.granularity == ELEMENT;
  const float whole = rule.whole(row);
  for (index_t k = 0; k < length; k++) {
    const float factor = !each ? whole : hash(row, static_cast<word>(k)) < rule.threshold ? 0 : rule.factor;
    y[k] = factor == 0 ? 0 : x[k] * factor;
  }
}

}  // namespace VARIANT
