// What runtime.h needs of a thread and of time, on an operating system.
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

class Spin {
 public:
  bool again() {
    for (int k = 0; k < 16; k++) relax();
    return std::chrono::steady_clock::now() < end_;
  }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
};
