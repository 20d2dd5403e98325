// The parts of threads and time that runtime.h needs, on an operating system.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>

using Word = std::atomic<int>;
using Ticket = std::atomic<std::uint64_t>;

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Treats numbers too small for a normal float as zero on this thread, as operands and as results. Processors take tens
// of times as long for them, and a net whose weights die away produces little else. No sum that matters changes.
inline void flush_denormals() {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);  // FTZ and DAZ
#elif defined(__aarch64__)
  std::uint64_t control;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("msr fpcr, %0" : : "r"(control | std::uint64_t{1} << 24));  // FZ
#endif
}

class Spin {
 public:
  bool again() {
    for (int k = 0; k < 16; k++) relax();
    return std::chrono::steady_clock::now() < end_;
  }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
};
