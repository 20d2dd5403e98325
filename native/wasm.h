// The parts of threads and time that runtime.h needs, in WebAssembly: the atomics of the threads proposal. Modules without
// shared memory run on one thread and never wait.
#pragma once
#include <stdint.h>

class Word {
 public:
  explicit Word(int value) : value_(value) {}
  int load() const { return __atomic_load_n(&value_, __ATOMIC_SEQ_CST); }
  void store(int value) { __atomic_store_n(&value_, value, __ATOMIC_SEQ_CST); }
  int fetch_add(int value) { return __atomic_fetch_add(&value_, value, __ATOMIC_SEQ_CST); }
  int fetch_sub(int value) { return __atomic_fetch_sub(&value_, value, __ATOMIC_SEQ_CST); }
  void wait(int value) { __builtin_wasm_memory_atomic_wait32(&value_, value, -1); }
  void notify_all() { __builtin_wasm_memory_atomic_notify(&value_, ~0u); }

 private:
  int value_;
};

class Ticket {
 public:
  explicit Ticket(uint64_t value) : value_(value) {}
  uint64_t load() const { return __atomic_load_n(&value_, __ATOMIC_SEQ_CST); }
  void store(uint64_t value) { __atomic_store_n(&value_, value, __ATOMIC_SEQ_CST); }
  bool compare_exchange_weak(uint64_t& expected, uint64_t value) {
    return __atomic_compare_exchange_n(&value_, &expected, value, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }

 private:
  alignas(8) uint64_t value_;
};

// There is no clock, so it counts; that takes about 50 µs.
class Spin {
 public:
  bool again() { return left_-- > 0; }

 private:
  int left_ = 20000;
};
