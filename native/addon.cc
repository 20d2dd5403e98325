// The Node addon: pools of threads and the programs they run. JavaScript's thread never computes; a pool has a leader
// thread that takes runs from a queue, in order, and helpers. Everything belongs to one environment (a worker of Node's
// has its own), whose end stops and joins the threads.
#define NAPI_CPP_EXCEPTIONS
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL  // memory that cannot be had is an error too, not the end of the process
#include <napi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "bf16_unit.h"
#include "native.h"
#include "runtime.h"

#if defined(__x86_64__)
namespace avx512 {
extern const Dispatch dispatch;
}
namespace avx2 {
extern const Dispatch dispatch;
}
#endif
namespace baseline {
extern const Dispatch dispatch;
}

namespace {

struct Variant {
  const char* name;
  const Dispatch* kernels;
};

// What this processor and its operating system can run, fastest first. The compiler's check covers the latter too.
std::vector<Variant> variants() {
  std::vector<Variant> list;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (avx2 && avx512) list.push_back({"avx512", &avx512::dispatch});
  if (avx2) list.push_back({"avx2", &avx2::dispatch});
#endif
  list.push_back({"baseline", &baseline::dispatch});
  return list;
}

// Zeroed memory straight from the system, aligned to 2 MiB so that it can lie in large pages.
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
    if (start_) munmap(start_, size_);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  float* floats() const { return floats_; }

 private:
  static constexpr std::size_t ALIGNMENT = std::size_t{2} << 20;
  std::size_t size_;
  void* start_ = nullptr;
  float* floats_ = nullptr;
};

// One arena, its tapes and scratch. Shared by JavaScript's object and the runs under way.
struct Program {
  std::vector<double> setup, run;
  std::size_t arena_floats, scratch_stride, scratch_floats;
  Block memory;
  bool running = false;  // touched by JavaScript's thread only

  Program(std::vector<double> setup_tape, std::vector<double> run_tape, std::size_t arena, std::size_t stride,
          std::size_t threads)
      : setup(std::move(setup_tape)), run(std::move(run_tape)), arena_floats((arena + 15) / 16 * 16),
        scratch_stride(stride), scratch_floats(stride * threads), memory((arena_floats + scratch_floats) * 4) {}

  Crew::Memory crew_memory() const {
    return {memory.floats(), memory.floats() + arena_floats, scratch_stride};
  }
};

struct Job {
  std::shared_ptr<Program> program;
  bool setup;
  Napi::Promise::Deferred deferred;
  bool finished = false;
};

// The system would not start another thread: it has as many as its limits allow, or no memory for more.
struct TooFewThreads {
  std::size_t started;
};

// The threads of a pool. `report` is called on the leader's thread when a job is done.
class Threads {
 public:
  // Throws TooFewThreads; none is left then.
  Threads(const Variant& variant, int count, Napi::ThreadSafeFunction report)
      : variant(variant), count(count), report_(std::move(report)) {
    threads_.reserve(static_cast<std::size_t>(count));
    try {
      start([this] { lead(); });
      for (int k = 1; k < count; k++) start([this, k] { crew_.help(k); });
    } catch (const std::system_error&) {
      const TooFewThreads failure{threads_.size()};
      join(false);
      throw failure;
    }
  }
  ~Threads() { end(false); }

  const Variant variant;
  const int count;

  void submit(Job* job) {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(job);
    }
    changed_.notify_one();
  }

  // With `finish`, after the jobs in the queue; else a run stops at its next instruction and the rest is dropped.
  void end(bool finish) {
    if (threads_.empty()) return;
    join(finish);
    report_.Release();
  }

 private:
  Crew crew_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> queue_;
  bool ending_ = false;
  Napi::ThreadSafeFunction report_;
  std::vector<std::thread> threads_;

  template <typename Work>
  void start(Work work) {
    threads_.emplace_back([work] {
      flush_denormals();
      work();
    });
  }

  void join(bool finish) {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
      if (!finish) {
        for (Job* job : queue_) delete job;
        queue_.clear();
        crew_.stop();
      }
    }
    changed_.notify_one();
    if (!threads_.empty()) threads_.front().join();
    crew_.stop();
    for (std::size_t k = 1; k < threads_.size(); k++) threads_[k].join();
    threads_.clear();
  }

  void lead() {
    for (;;) {
      Job* job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (queue_.empty()) return;
        job = queue_.front();
        queue_.pop_front();
      }
      const std::vector<double>& tape = job->setup ? job->program->setup : job->program->run;
      job->finished = crew_.run(*variant.kernels, job->program->crew_memory(), {tape.data(), tape.size()});
      if (report_.NonBlockingCall(job, settle) != napi_ok) delete job;
    }
  }

  // Back on JavaScript's thread.
  static void settle(Napi::Env env, Napi::Function, Job* job) {
    const std::unique_ptr<Job> owned(job);
    job->program->running = false;
    if (env == nullptr) return;
    if (job->finished)
      job->deferred.Resolve(env.Undefined());
    else
      job->deferred.Reject(Napi::Error::New(env, "the run was stopped: its pool was disposed of").Value());
  }
};

std::vector<double> tape_of(const Napi::Value& value) {
  const auto array = value.As<Napi::Float64Array>();
  return std::vector<double>(array.Data(), array.Data() + array.ElementLength());
}

// program.write(offset, data), .read(offset, length), .run(setup), .dispose(), .scratchBytes
class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Program",
                       {InstanceMethod<&ProgramObject::write>("write"), InstanceMethod<&ProgramObject::read>("read"),
                        InstanceMethod<&ProgramObject::run>("run"), InstanceMethod<&ProgramObject::dispose>("dispose"),
                        InstanceAccessor<&ProgramObject::scratch_bytes>("scratchBytes")});
  }

  // Made by Pool only: new Program(external with a Made).
  struct Made {
    std::shared_ptr<Threads> threads;
    std::shared_ptr<Program> program;
  };
  explicit ProgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ProgramObject>(info) {
    const Made& made = *info[0].As<Napi::External<Made>>().Data();
    threads_ = made.threads;
    program_ = made.program;
  }

 private:
  std::shared_ptr<Threads> threads_;
  std::shared_ptr<Program> program_;

  Program& idle(const Napi::CallbackInfo& info, const char* action) {
    if (!program_) throw Napi::Error::New(info.Env(), std::string(action) + ": the program was disposed of");
    if (program_->running)
      throw Napi::Error::New(info.Env(),
                             std::string(action) + ": a run of this program is in progress; await it first");
    return *program_;
  }

  float* place(const Napi::CallbackInfo& info, const char* action, std::size_t length) {
    Program& program = idle(info, action);
    const double offset = info[0].As<Napi::Number>().DoubleValue();
    if (!(offset >= 0) || offset + static_cast<double>(length) > static_cast<double>(program.arena_floats))
      throw Napi::RangeError::New(info.Env(), std::string(action) + ": outside of the arena");
    return program.memory.floats() + static_cast<std::size_t>(offset);
  }

  void write(const Napi::CallbackInfo& info) {
    const auto data = info[1].As<Napi::TypedArray>();
    const auto* bytes = static_cast<const char*>(data.ArrayBuffer().Data()) + data.ByteOffset();
    float* to = place(info, "write", data.ElementLength());
    if (data.ByteLength() > 0) std::memcpy(to, bytes, data.ByteLength());
  }

  Napi::Value read(const Napi::CallbackInfo& info) {
    const auto length = static_cast<std::size_t>(info[1].As<Napi::Number>().Int64Value());
    const float* from = place(info, "read", length);
    auto copy = Napi::Float32Array::New(info.Env(), length);
    if (length > 0) std::memcpy(copy.Data(), from, length * sizeof(float));
    return copy;
  }

  Napi::Value run(const Napi::CallbackInfo& info) {
    idle(info, "run");
    auto* job = new Job{program_, info[0].As<Napi::Boolean>().Value(), Napi::Promise::Deferred::New(info.Env())};
    const Napi::Promise promise = job->deferred.Promise();
    program_->running = true;
    threads_->submit(job);
    return promise;
  }

  void dispose(const Napi::CallbackInfo&) {
    program_.reset();
    threads_.reset();
  }

  Napi::Value scratch_bytes(const Napi::CallbackInfo& info) {
    if (!program_) return Napi::Number::New(info.Env(), 0);
    const Program& program = *program_;
    const std::size_t tapes = (program.setup.size() + program.run.size()) * sizeof(double);
    return Napi::Number::New(info.Env(), static_cast<double>(program.scratch_floats * sizeof(float) + tapes));
  }
};

struct Classes {
  Napi::FunctionReference program;
};

// new Pool(threads, variant) with .bytes(arenaFloats, setup, run), .load(arenaFloats, setup, run) and .dispose(). Where the
// system does not start all threads, the error has `started`, how many it did.
class PoolObject : public Napi::ObjectWrap<PoolObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Pool",
                       {InstanceMethod<&PoolObject::bytes>("bytes"), InstanceMethod<&PoolObject::load>("load"),
                        InstanceMethod<&PoolObject::dispose>("dispose"), InstanceMethod<&PoolObject::hold>("hold")});
  }

  explicit PoolObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PoolObject>(info) {
    Napi::Env env = info.Env();
    const int count = info[0].As<Napi::Number>().Int32Value();
    const std::string name = info[1].As<Napi::String>();
    std::optional<Variant> chosen;
    for (const Variant& variant : variants())
      if (name == variant.name) chosen = variant;
    if (!chosen) throw Napi::Error::New(env, "this processor cannot run the variant " + name);
    if (count < 1) throw Napi::RangeError::New(env, "a pool needs at least one thread");
    report_ = Napi::ThreadSafeFunction::New(env, Napi::Function(), "resnet.ts", 0, 1);
    report_.Unref(env);
    try {
      threads_ = std::make_shared<Threads>(*chosen, count, report_);
    } catch (const TooFewThreads& failure) {
      report_.Release();
      Napi::Error error = Napi::Error::New(env, "the system starts no more threads");
      error.Set("started", Napi::Number::New(env, static_cast<double>(failure.started)));
      throw error;
    }
    env.AddCleanupHook(
        [](std::weak_ptr<Threads>* threads) {
          if (const auto alive = threads->lock()) alive->end(false);
          delete threads;
        },
        new std::weak_ptr<Threads>(threads_));
  }

 private:
  std::shared_ptr<Threads> threads_;
  Napi::ThreadSafeFunction report_;

  // Floats from one thread's scratch to the next's, for these tapes.
  std::size_t stride_for(Napi::Env env, std::initializer_list<const std::vector<double>*> tapes) const {
    ptrdiff_t most = 0;
    for (const auto* tape : tapes) {
      const ptrdiff_t floats = scratch_floats(*threads_->variant.kernels, {tape->data(), tape->size()});
      if (floats < 0) throw Napi::Error::New(env, "load: the tape does not fit the kernels of this build; build again");
      most = std::max(most, floats);
    }
    // Threads' scratch must not share cache lines, nor lie a power of two apart, where it would share cache sets.
    return (static_cast<std::size_t>(most) + 1023) / 1024 * 1024 + 64;
  }

  // What `load` would take, arena, scratch and tapes: known before it does.
  Napi::Value bytes(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!threads_) throw Napi::Error::New(env, "load: the pool was disposed of");
    const std::vector<double> setup = tape_of(info[1]), run = tape_of(info[2]);
    const double scratch = static_cast<double>(stride_for(env, {&setup, &run})) * threads_->count;
    const double tapes = static_cast<double>(setup.size() + run.size()) * sizeof(double);
    return Napi::Number::New(env, (info[0].As<Napi::Number>().DoubleValue() + scratch) * sizeof(float) + tapes);
  }

  Napi::Value load(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!threads_) throw Napi::Error::New(env, "load: the pool was disposed of");
    const auto arena = static_cast<std::size_t>(info[0].As<Napi::Number>().Int64Value());
    std::vector<double> setup = tape_of(info[1]), run = tape_of(info[2]);
    const std::size_t stride = stride_for(env, {&setup, &run});
    auto program = std::make_shared<Program>(std::move(setup), std::move(run), arena, stride,
                                             static_cast<std::size_t>(threads_->count));
    if (!program->memory.floats()) {
      const std::size_t bytes = (program->arena_floats + program->scratch_floats) * sizeof(float);
      throw Napi::Error::New(env, "load: this computer cannot give " + std::to_string(bytes) +
                                      " bytes of memory; use a smaller batch or smaller pictures");
    }
    ProgramObject::Made made{threads_, std::move(program)};
    return env.GetInstanceData<Classes>()->program.New({Napi::External<ProgramObject::Made>::New(env, &made)});
  }

  // Keeps the process alive while runs are under way.
  void hold(const Napi::CallbackInfo& info) {
    if (!threads_) return;
    if (info[0].As<Napi::Boolean>())
      report_.Ref(info.Env());
    else
      report_.Unref(info.Env());
  }

  void dispose(const Napi::CallbackInfo&) {
    if (threads_) threads_->end(true);
    threads_.reset();
  }
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto names = Napi::Array::New(env);
  for (const Variant& variant : variants()) names[names.Length()] = Napi::String::New(env, variant.name);
  auto* classes = new Classes{Napi::Persistent(ProgramObject::define(env))};
  env.SetInstanceData(classes);
  exports["variants"] = names;
  // A question, for its answer may ask the system for more of each thread's state: only who wants to know should.
  exports["bf16"] = Napi::Function::New(
      env,
      [](const Napi::CallbackInfo& info) -> Napi::Value {
        const Bf16Unit unit = bf16_unit();
        if (unit == Bf16Unit::none) return info.Env().Undefined();
        return Napi::String::New(info.Env(), unit == Bf16Unit::tiles ? "tiles" : "vectors");
      },
      "bf16");
  exports["Pool"] = PoolObject::define(env);
  return exports;
}

NODE_API_MODULE(resnet, init)

}  // namespace
