// The dispatch table of one instruction set: arguments are read by laying a kernel's struct over the tape.
#include "dispatch.h"

#include "kernel.h"

namespace VARIANT {
namespace {

enum Number {
#define NUMBER(name) k_##name,
  FOR_EACH_KERNEL(NUMBER)
#undef NUMBER
  KERNELS
};

constexpr int ARGUMENTS[] = {
#define ARGUMENT_COUNT(name) sizeof(name##_args) / sizeof(double),
    FOR_EACH_KERNEL(ARGUMENT_COUNT)
#undef ARGUMENT_COUNT
};

int pieces_of(int kernel, const double* arguments) {
  switch (kernel) {
#define PIECES(name) \
  case k_##name:     \
    return static_cast<int>(pieces(*reinterpret_cast<const name##_args*>(arguments)));
    FOR_EACH_KERNEL(PIECES)
#undef PIECES
  }
  return 0;
}

ptrdiff_t scratch_of(int kernel, const double* arguments) {
  switch (kernel) {
#define SCRATCH(name) \
  case k_##name:      \
    return scratch(*reinterpret_cast<const name##_args*>(arguments));
    FOR_EACH_KERNEL(SCRATCH)
#undef SCRATCH
  }
  return 0;
}

void run_piece(int kernel, const double* arguments, float* arena, float* scratch, int piece) {
  const Context context{arena, scratch};
  switch (kernel) {
#define RUN(name) \
  case k_##name:  \
    return run(*reinterpret_cast<const name##_args*>(arguments), context, piece);
    FOR_EACH_KERNEL(RUN)
#undef RUN
  }
}

}  // namespace

extern const Dispatch dispatch;
const Dispatch dispatch = {KERNELS, ARGUMENTS, pieces_of, scratch_of, run_piece};

}  // namespace VARIANT
