// The WebAssembly module: one program per memory. JavaScript lays out the memory above __heap_base (tapes, stacks,
// scratch, arena), gives each worker its own __stack_pointer, and calls `run` in one worker and `help` in the others.
#include "wasm.h"

#include "runtime.h"

namespace VARIANT {
extern const Dispatch dispatch;
}

#define EXPORT(name) extern "C" __attribute__((export_name(#name), visibility("default")))

namespace {
Crew crew;
}

// Floats of scratch that a thread needs for a tape; -1 if it is damaged, -2 if the scratch cannot be addressed.
EXPORT(scratchFloats) int scratch_for(const double* tape, size_t length, double arena_floats) {
  return static_cast<int>(scratch_floats(VARIANT::dispatch, {tape, length}, arena_floats));
}

// Runs a tape to its end, with the helpers of this memory if there are any. Returns 1 unless it was stopped.
EXPORT(run) int run_tape(const double* tape, size_t length, float* arena, float* scratch, size_t stride) {
  return crew.run(VARIANT::dispatch, {arena, scratch, stride}, {tape, length});
}

// Helps with all runs. Returns after `stop`.
EXPORT(help) void help(int thread) { crew.help(thread); }

EXPORT(stop) void stop() { crew.stop(); }
