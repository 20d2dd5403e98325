// The kernels of one instruction set, by number. Plain functions, so that the code of a variant is reached only through
// the table that was chosen for this processor.
#pragma once
#include <stddef.h>

struct Dispatch {
  int count;
  const int* arguments;  // number of arguments of each kernel
  int (*pieces)(int kernel, const double* arguments);
  ptrdiff_t (*scratch)(int kernel, const double* arguments);
  void (*run)(int kernel, const double* arguments, float* arena, float* scratch, int piece);
};
