// Runs a tape with a crew of threads. The leader walks the tape. For each instruction every thread, including the
// leader, claims pieces until none is left, and the leader goes on when all are done. A piece computes the same on any
// thread, so results do not depend on the number of threads.
//
// One 64-bit word, the ticket, holds the number of the instruction and the number of its unclaimed pieces. A thread
// claims a piece by counting it down, so a late thread cannot take a piece of an instruction that it does not know. A
// thread without work looks again for a short while, then sleeps until the next instruction with more than one piece.
//
// A file that includes this provides `Word` and `Ticket` (atomic integers, Word with wait and notify_all, as in
// std::atomic) and `Spin` (construct it, then `while (spin.again())` loops for about 50 µs).
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"

struct Tape {
  const double* instructions;
  size_t length;
};

// Floats of scratch that a thread needs for a tape with an arena of so many floats; -1 if the tape is damaged, -2 if
// the scratch cannot be addressed.
inline ptrdiff_t scratch_floats(const Dispatch& kernels, const Tape& tape, double arena_floats) {
  ptrdiff_t most = 0;
  for (size_t at = 0; at < tape.length;) {
    const double number = tape.instructions[at];
    if (!(number >= 0 && number < kernels.count) || number != static_cast<int>(number)) return -1;
    const int kernel = static_cast<int>(number);
    if (at + 1 + kernels.arguments[kernel] > tape.length) return -1;
    const ptrdiff_t floats = kernels.scratch(kernel, tape.instructions + at + 1, arena_floats);
    if (floats < 0) return floats;
    if (floats > most) most = floats;
    at += 1 + kernels.arguments[kernel];
  }
  return most;
}

class Crew {
 public:
  // The memory of a run. The leader sets it before `run`.
  struct Memory {
    float* arena;
    float* scratch;          // `scratch_stride` floats for each thread
    size_t scratch_stride;
  };

  // The leader: runs the tape to its end. Returns false if the crew was told to stop.
  bool run(const Dispatch& kernels, const Memory& memory, const Tape& tape) {
    kernels_ = &kernels;
    memory_ = memory;
    for (size_t at = 0; at < tape.length && stop_.load() == 0;) {
      kernel_ = static_cast<int>(tape.instructions[at]);
      arguments_ = tape.instructions + at + 1;
      run_instruction();
      at += 1 + kernels.arguments[kernel_];
    }
    return stop_.load() == 0;
  }

  // Another thread, numbered from 1: helps until told to stop.
  void help(int thread) {
    while (stop_.load() == 0) {
      claim_all(thread);
      Spin spin;
      while (unclaimed() == 0 && stop_.load() == 0 && spin.again()) {
      }
      if (unclaimed() != 0 || stop_.load() != 0) continue;
      const int epoch = epoch_.load();
      sleepers_.fetch_add(1);
      if (unclaimed() == 0 && stop_.load() == 0) epoch_.wait(epoch);
      sleepers_.fetch_sub(1);
    }
  }

  // Ends `help` everywhere and a run at its next instruction.
  void stop() {
    stop_.store(1);
    wake();
  }

 private:
  Ticket ticket_{0};
  Word finished_{0};         // pieces of the instruction that are done
  Word leader_sleeps_{0};
  Word epoch_{0};            // changes when sleepers must look again
  Word sleepers_{0};
  Word stop_{0};
  // The instruction. Written by the leader while no piece is unclaimed or unfinished.
  const Dispatch* kernels_ = nullptr;
  Memory memory_ = {};
  int kernel_ = 0;
  const double* arguments_ = nullptr;
  int pieces_ = 0;
  uint32_t number_ = 0;

  uint32_t unclaimed() const { return static_cast<uint32_t>(ticket_.load()); }

  void wake() {
    epoch_.fetch_add(1);
    epoch_.notify_all();
  }

  void run_instruction() {
    pieces_ = kernels_->pieces(kernel_, arguments_);
    if (pieces_ <= 1) {
      if (pieces_ == 1) run_piece(0, 0);
      return;
    }
    finished_.store(0);
    number_++;
    ticket_.store(static_cast<uint64_t>(number_) << 32 | static_cast<uint32_t>(pieces_));
    if (sleepers_.load() > 0) wake();
    claim_all(0);
    Spin spin;
    while (finished_.load() != pieces_ && spin.again()) {
    }
    while (finished_.load() != pieces_) {
      leader_sleeps_.store(1);
      const int finished = finished_.load();
      if (finished != pieces_) finished_.wait(finished);
      leader_sleeps_.store(0);
    }
  }

  void claim_all(int thread) {
    uint64_t ticket = ticket_.load();
    while (static_cast<uint32_t>(ticket) != 0) {
      if (!ticket_.compare_exchange_weak(ticket, ticket - 1)) continue;
      // Until the piece is counted as finished, the leader cannot go on and the instruction stays valid.
      run_piece(pieces_ - static_cast<int>(static_cast<uint32_t>(ticket)), thread);
      const int pieces = pieces_;
      const bool last = finished_.fetch_add(1) + 1 == pieces;
      if (last && leader_sleeps_.load() != 0) finished_.notify_all();
      ticket = ticket_.load();
    }
  }

  void run_piece(int piece, int thread) {
    kernels_->run(kernel_, arguments_, memory_.arena, memory_.scratch + thread * memory_.scratch_stride, piece);
  }
};
