// Batch norm on blocked tensors. Statistics and backward sums are taken image by image while the image is in cache, and
// merged in float64 in a fixed order. A piece is one block of 16 channels over some images.
#include "kernel.h"
#include "normaliser.h"
#include "reduction.h"
#include "statistics.h"

namespace VARIANT {

index_t pieces(const image_statistics_args& a) { return Planes(a.n, a.c, a.size).pieces(); }

void run(const image_statistics_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece), channels = planes.blocks * BLOCK;
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    float* mean = context.at(args.statistics) + image * 2 * channels + block * BLOCK;
    plane_statistics(context.at(args.x) + planes.offset(image, block), planes.size / BLOCK, mean, mean + channels);
  }
}

// Merging two sets of (count, mean, squared deviations) with difference d of means: the squared deviations grow by
// d² · count · added / total [Chan, Golub, LeVeque 1979].
index_t pieces(const merge_statistics_args& args) { return blocks_of(args.c); }

void run(const merge_statistics_args& args, const Context& context, index_t block) {
  const index_t images = static_cast<index_t>(args.n), bands = static_cast<index_t>(args.bands);
  const index_t rows = static_cast<index_t>(args.oh), channels = blocks_of(args.c) * BLOCK;
  double mean[BLOCK] = {}, squares[BLOCK] = {}, count = 0;
  const float* part = context.at(args.statistics) + block * BLOCK;
  for (index_t image = 0; image < images; image++)
    for (index_t band = 0; band < bands; band++, part += 2 * channels) {
      const double added = static_cast<double>(part_start(rows, bands, band + 1) - part_start(rows, bands, band)) * args.ow;
      if (added == 0) continue;
      const double total = count + added, share = added / total, weight = count * share;
      for (int k = 0; k < BLOCK; k++) {
        const double d = part[k] - mean[k];
        mean[k] += d * share;
        squares[k] += part[channels + k] + d * d * weight;
      }
      count = total;
    }
  for (int k = 0; k < BLOCK; k++) {
    context.at(args.mean)[block * BLOCK + k] = static_cast<float>(mean[k]);
    context.at(args.variance)[block * BLOCK + k] = static_cast<float>(squares[k] / count);
  }
}

index_t pieces(const normalise_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const normalise_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece);
  const bool relu_after = args.relu != 0;
  const Normaliser::Block norm = Normaliser(args, context).block(block);
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const index_t offset = planes.offset(image, block);
    const float* x = context.at(args.x) + offset;
    float* y = context.at(args.y) + offset;
    const auto each = [&](auto finish) __attribute__((always_inline)) {
      for (index_t k = 0; k < planes.size; k += BLOCK) store(y + k, finish(norm(load_lanes(x + k)), k));
    };
    if (const float* addend = context.at(args.addend)) {
      addend += offset;
      if (relu_after)
        each([&](Lanes v, index_t k) { return relu(v + load_lanes(addend + k)); });
      else
        each([&](Lanes v, index_t k) { return v + load_lanes(addend + k); });
    } else {
      each([](Lanes v, index_t) { return v; });
    }
  }
}

index_t pieces(const reduce_norm_gradient_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const reduce_norm_gradient_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece);
  const Reduction reduction(args, context);
  for (index_t image = planes.first(piece); image < planes.last(piece); image++)
    reduction.plane(context.at(args.dy), context.at(args.dz), planes.offset(image, block), planes.size, block,
                    planes.blocks * BLOCK, image);
}

index_t pieces(const merge_norm_gradient_args& args) { return blocks_of(args.c); }

void run(const merge_norm_gradient_args& args, const Context& context, index_t block) {
  const index_t parts = static_cast<index_t>(args.parts), channels = blocks_of(args.c) * BLOCK;
  double sum[BLOCK] = {}, product[BLOCK] = {};
  const float* part = context.at(args.sums) + block * BLOCK;
  for (index_t number = 0; number < parts; number++, part += 2 * channels)
    for (int k = 0; k < BLOCK; k++) {
      sum[k] += part[k];
      product[k] += part[channels + k];
    }
  const float* variance = context.at(args.variance) + block * BLOCK;
  for (int k = 0; k < BLOCK; k++) {
    context.at(args.dshift)[block * BLOCK + k] = static_cast<float>(sum[k]);
    context.at(args.dscale)[block * BLOCK + k] =
        static_cast<float>(product[k] / __builtin_sqrt(variance[k] + args.epsilon));
  }
}

index_t pieces(const apply_norm_gradient_args& args) { return Planes(args.n, args.c, args.size).pieces(); }

void run(const apply_norm_gradient_args& args, const Context& context, index_t piece) {
  const Planes planes(args.n, args.c, args.size);
  const index_t block = planes.block(piece), channel = block * BLOCK;
  const Lanes inverse = inverse_deviation(context.at(args.variance) + channel, args.epsilon);
  alignas(64) float of_sum[BLOCK], of_product[BLOCK];
  const double count = args.n * args.size;
  for (int k = 0; k < BLOCK; k++) {
    of_sum[k] = args.training != 0 ? static_cast<float>(context.at(args.dshift)[channel + k] / count) : 0;
    of_product[k] = args.training != 0 ? static_cast<float>(context.at(args.dscale)[channel + k] / count) : 0;
  }
  const Lanes factor = load_lanes(context.at(args.scale) + channel) * inverse;
  const Lanes mean = load_lanes(context.at(args.mean) + channel);
  const Lanes sum = load_lanes(of_sum), product = load_lanes(of_product) * inverse;
  const float* addend = context.at(args.addend);
  for (index_t image = planes.first(piece); image < planes.last(piece); image++) {
    const index_t offset = planes.offset(image, block);
    const float* dz = context.at(args.dz) + offset;
    const float* x = context.at(args.x) + offset;
    float* dx = context.at(args.dx) + offset;
    const auto each = [&](auto finish) __attribute__((always_inline)) {
      for (index_t k = 0; k < planes.size; k += BLOCK)
        store(dx + k, finish(factor * (load_lanes(dz + k) - sum - (load_lanes(x + k) - mean) * product), k));
    };
    if (addend)
      each([&](Lanes v, index_t k) { return v + load_lanes(addend + offset + k); });
    else
      each([](Lanes v, index_t) { return v; });
  }
}

index_t pieces(const running_average_args& args) { return span_pieces(args.count); }

void run(const running_average_args& args, const Context& context, index_t piece) {
  const float *running = context.at(args.running), *batch = context.at(args.batch);
  float* next = context.at(args.next);
  const Span s = span(args.count, piece);
  for (index_t k = s.from; k < s.to; k++)
    next[k] = static_cast<float>((1 - args.momentum) * running[k] + args.momentum * args.correction * batch[k]);
}

}  // namespace VARIANT
