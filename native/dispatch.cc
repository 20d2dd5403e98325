// The dispatch table of one instruction set. It reads arguments by laying a kernel's struct over the tape.
#include "dispatch.h"

#include "sound.h"

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

constexpr const char* KINDS[] = {
#define KINDS_OF(name) KINDS_OF_##name,
    FOR_EACH_KERNEL(KINDS_OF)
#undef KINDS_OF
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

template <class Args>
ptrdiff_t needs(const Args& args, double arena_floats) {
  if (!sound(args, arena_floats)) return DOES_NOT_FIT;
  const index_t count = pieces(args);
  if (count < 0 || count > MOST_PIECES) return DOES_NOT_FIT;
  return scratch(args);
}

ptrdiff_t scratch_of(int kernel, const double* arguments, double arena_floats) {
  for (int k = 0; k < ARGUMENTS[kernel]; k++)
    if (!may_be(KINDS[kernel][k], arguments[k], arena_floats)) return DAMAGED;
  switch (kernel) {
#define NEEDS(name) \
  case k_##name:    \
    return needs(*reinterpret_cast<const name##_args*>(arguments), arena_floats);
    FOR_EACH_KERNEL(NEEDS)
#undef NEEDS
  }
  return DAMAGED;
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
