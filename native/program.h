// The memory of a run of the addon: its tapes, and one block for the arena and each thread's scratch.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "runtime.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

// Zeroed memory from the system, aligned to 2 MiB so that it can use large pages.
class Block {
 public:
  explicit Block(std::size_t bytes) : size_(bytes + ALIGNMENT) {
    const std::size_t physical =
        static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (bytes > physical) return;
    void* start = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return;
    start_ = start;
    const auto address = reinterpret_cast<std::uintptr_t>(start);
    floats_ = reinterpret_cast<float*>((address + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
#if defined(MADV_HUGEPAGE)
    madvise(floats_, bytes, MADV_HUGEPAGE);
#endif
  }
  ~Block() {
    forbid(0, 0);
    if (start_) munmap(start_, size_);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  float* floats() const { return floats_; }

  // Tells AddressSanitizer, which does not know this memory, that `count` floats from `from` on must not be touched;
  // with a count of 0, that all may be.
  void forbid([[maybe_unused]] std::size_t from, [[maybe_unused]] std::size_t count) {
#if defined(__SANITIZE_ADDRESS__)
    if (!start_) return;
    if (count > 0)
      __asan_poison_memory_region(floats_ + from, count * sizeof(float));
    else
      __asan_unpoison_memory_region(start_, size_);
#endif
  }

 private:
  static constexpr std::size_t ALIGNMENT = std::size_t{2} << 20;
  std::size_t size_;
  void* start_ = nullptr;
  float* floats_ = nullptr;
};

// Floats between the arena and the threads' scratch: some only when a sanitizer looks for accesses beyond the arena.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t GAP = 1024;
#else
constexpr std::size_t GAP = 0;
#endif

// The size of a program in floats. `bytes` is empty if it is more than can be addressed.
struct Sizes {
  std::size_t arena, scratch, stride, threads;
  std::optional<std::size_t> bytes;

  // Scratch areas must not share cache lines, nor lie a power of two apart, because they would then share cache sets.
  Sizes(double arena_floats, ptrdiff_t scratch_floats, int count)
      : arena((static_cast<std::size_t>(arena_floats) + 15) / 16 * 16), scratch(static_cast<std::size_t>(scratch_floats)),
        stride((scratch + 1023) / 1024 * 1024 + 64), threads(static_cast<std::size_t>(count)) {
    std::size_t all;
    if (!__builtin_mul_overflow(stride, threads, &all) && !__builtin_add_overflow(all, arena + GAP, &all) &&
        !__builtin_mul_overflow(all, sizeof(float), &all))
      bytes = all;
  }
  // A number to print, without an upper limit.
  double wanted() const {
    const double scratch_of_all = static_cast<double>(stride) * static_cast<double>(threads);
    return (static_cast<double>(arena + GAP) + scratch_of_all) * sizeof(float);
  }
};

// One arena, its tapes and scratch. JavaScript's object and active runs share it.
struct Program {
  std::vector<double> setup, run;
  std::size_t arena_floats, scratch_stride, scratch_floats;
  Block memory;
  bool running = false;  // touched by JavaScript's thread only

  Program(std::vector<double> setup_tape, std::vector<double> run_tape, const Sizes& sizes)
      : setup(std::move(setup_tape)), run(std::move(run_tape)), arena_floats(sizes.arena), scratch_stride(sizes.stride),
        scratch_floats(sizes.stride * sizes.threads), memory(*sizes.bytes) {
    memory.forbid(arena_floats, GAP);
    for (std::size_t k = 0; k < sizes.threads; k++)
      memory.forbid(arena_floats + GAP + k * sizes.stride + sizes.scratch, sizes.stride - sizes.scratch);
  }

  Crew::Memory crew_memory() const {
    return {memory.floats(), memory.floats() + arena_floats + GAP, scratch_stride};
  }
};
