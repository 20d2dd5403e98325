// Softmax cross-entropy with label smoothing, and its gradient, computed in double. The loss is one piece, so that its
// sum has one order; the gradient has one piece per group of rows.
#include "elementary.h"
#include "kernel.h"

namespace VARIANT {
namespace {

constexpr index_t ROWS = 16;

struct Row {
  double largest, total;  // Σ exp(logit − largest)

  Row(const float* logits, index_t classes) : largest(logits[0]), total(0) {
    for (index_t k = 1; k < classes; k++)
      if (logits[k] > largest || logits[k] != logits[k]) largest = logits[k];
    for (index_t k = 0; k < classes; k++) total += exponential(logits[k] - largest);
  }
};

// An invalid label makes the result NaN instead of reading beyond the row.
bool valid(int label, index_t classes) { return label >= 0 && label < classes; }

}  // namespace

index_t pieces(const softmax_cross_entropy_args&) { return 1; }

void run(const softmax_cross_entropy_args& args, const Context& context, index_t) {
  const index_t n = static_cast<index_t>(args.n), classes = static_cast<index_t>(args.k);
  const int* labels = reinterpret_cast<const int*>(context.at(args.labels));
  float* rows = context.at(args.rows);
  double sum = 0;
  for (index_t r = 0; r < n; r++) {
    const float* logits = context.at(args.logits) + r * classes;
    const Row row(logits, classes);
    // −Σ target · log softmax = log total − Σ target · (logit − largest)
    double target = __builtin_nan("");
    if (valid(labels[r], classes)) {
      double all = 0;
      for (index_t k = 0; k < classes; k++) all += logits[k] - row.largest;
      target = (1 - args.smoothing) * (logits[labels[r]] - row.largest) + args.smoothing / args.k * all;
    }
    const double loss = logarithm(row.total) - target;
    if (rows) rows[r] = static_cast<float>(loss);
    sum += loss;
  }
  *context.at(args.loss) = static_cast<float>(sum / args.n);
}

index_t pieces(const softmax_cross_entropy_gradient_args& args) {
  return divide_up(static_cast<index_t>(args.n), ROWS);
}

void run(const softmax_cross_entropy_gradient_args& args, const Context& context, index_t piece) {
  const index_t n = static_cast<index_t>(args.n), classes = static_cast<index_t>(args.k);
  const int* labels = reinterpret_cast<const int*>(context.at(args.labels));
  const double factor = *context.at(args.dloss) / args.n;
  for (index_t r = piece * ROWS; r < smaller(n, (piece + 1) * ROWS); r++) {
    const float* logits = context.at(args.logits) + r * classes;
    float* dlogits = context.at(args.dlogits) + r * classes;
    const Row row(logits, classes);
    const double bad = valid(labels[r], classes) ? 0 : __builtin_nan("");
    for (index_t k = 0; k < classes; k++) {
      const double target = (k == labels[r] ? 1 - args.smoothing : 0) + args.smoothing / args.k + bad;
      dlogits[k] = static_cast<float>(factor * (exponential(logits[k] - row.largest) / row.total - target));
    }
  }
}

}  // namespace VARIANT
