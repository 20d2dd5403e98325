// The kernels of one instruction set, by number. Plain functions, so that the code of a variant is reached only through
// the table that was chosen for this processor.
#pragma once
#include <stddef.h>

// Floats that an arena, or the scratch of a thread, has at most.
constexpr ptrdiff_t MOST_FLOATS = sizeof(ptrdiff_t) > 4 ? static_cast<ptrdiff_t>(1LL << 44) : ptrdiff_t{1} << 30;

struct Dispatch {
  int count;
  const int* arguments;  // number of arguments of each kernel
  int (*pieces)(int kernel, const double* arguments);
  // Floats of scratch that a thread needs, for arguments that can be meant in an arena of so many floats; -1 for others,
  // -2 where what they ask for is more than can be addressed. Nothing else may be asked of a kernel before that.
  ptrdiff_t (*scratch)(int kernel, const double* arguments, double arena_floats);
  void (*run)(int kernel, const double* arguments, float* arena, float* scratch, int piece);
};
