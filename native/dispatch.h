// The kernels of one instruction set, by number. They are plain functions, so that the code of a variant is reached
// only through the table that was chosen for this processor.
#pragma once
#include <stddef.h>

// The most floats of an arena, or of a thread's scratch.
constexpr ptrdiff_t MOST_FLOATS = sizeof(ptrdiff_t) > 4 ? static_cast<ptrdiff_t>(1LL << 44) : ptrdiff_t{1} << 30;

struct Dispatch {
  int count;
  const int* arguments;  // number of arguments of each kernel
  int (*pieces)(int kernel, const double* arguments);
  // Floats of scratch that a thread needs. -1 if the arguments are invalid for an arena of so many floats, -2 if the
  // scratch cannot be addressed. Call it before anything else of a kernel.
  ptrdiff_t (*scratch)(int kernel, const double* arguments, double arena_floats);
  void (*run)(int kernel, const double* arguments, float* arena, float* scratch, int piece);
};
