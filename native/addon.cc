// The Node addon: pools of threads and the programs they run. JavaScript's thread never computes. A pool has helpers
// and a leader, which takes runs from a queue in order. Everything belongs to one environment (each worker of Node has
// its own), whose end stops and joins the threads.
#define NAPI_CPP_EXCEPTIONS
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL  // failed allocations throw too, instead of ending the process
#include <napi.h>

#include <cmath>
#include <condition_variable>
#include <cstdio>
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
#include "program.h"
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

constexpr double MOST_SAFE_INTEGER = 9007199254740991.0;

struct Variant {
  const char* name;
  const Dispatch* kernels;
};

// The variants that this processor and its operating system can run, fastest first. The compiler's check covers both.
// scripts/build-addon.mjs may leave instruction sets out.
std::vector<Variant> variants() {
  std::vector<Variant> list;
#if defined(__x86_64__)
  __builtin_cpu_init();
  [[maybe_unused]] const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  [[maybe_unused]] const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#if !defined(WITHOUT_avx512)
  if (avx2 && avx512) list.push_back({"avx512", &avx512::dispatch});
#endif
#if !defined(WITHOUT_avx2)
  if (avx2) list.push_back({"avx2", &avx2::dispatch});
#endif
#endif
#if !defined(WITHOUT_baseline)
  list.push_back({"baseline", &baseline::dispatch});
#endif
  return list;
}

struct Job {
  std::shared_ptr<Program> program;
  bool setup;
  Napi::Promise::Deferred deferred;
  bool finished = false;
};

// The system did not start another thread: a limit is reached, or there is no memory for more.
struct TooFewThreads {
  std::size_t started;
};

// The threads of a pool. They call `report` on the leader's thread when a job is done.
class Threads {
 public:
  // Throws TooFewThreads, after ending all that started.
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

  // Ends after the queued jobs if `finish` is set; else a run stops at its next instruction and the rest is dropped.
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

  // Runs on JavaScript's thread.
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

// Elements of a typed array. Another kind of numbers is refused, because its elements may be longer.
struct Elements {
  const void* data = nullptr;
  std::size_t length = 0;
  napi_typedarray_type type = napi_uint8_array;

  explicit Elements(const Napi::Value& value) {
    bool typed = false;
    napi_is_typedarray(value.Env(), value, &typed);
    if (!typed) return;
    void* start = nullptr;
    if (napi_get_typedarray_info(value.Env(), value, &type, &length, &start, nullptr, nullptr) != napi_ok) length = 0;
    data = start;
  }
};

std::vector<double> tape_of(const Napi::Value& value) {
  const Elements tape(value);
  if (tape.type != napi_float64_array) throw Napi::TypeError::New(value.Env(), "load: a tape must be a Float64Array");
  const auto* words = static_cast<const double*>(tape.data);
  return std::vector<double>(words, words + tape.length);
}

// A whole number in the allowed range; nothing for anything else, never a rounded or clamped number.
std::optional<double> whole(const Napi::Value& value, double least, double most) {
  if (!value.IsNumber()) return std::nullopt;
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= least && number <= most) || number != std::floor(number)) return std::nullopt;
  return number;
}

std::string text_of(const Napi::Value& value) { return value.ToString().Utf8Value(); }

// program.write(offset, data), .read(offset, length), .run(setup), .dispose(), .scratchBytes
class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Program",
                       {InstanceMethod<&ProgramObject::write>("write"), InstanceMethod<&ProgramObject::read>("read"),
                        InstanceMethod<&ProgramObject::run>("run"), InstanceMethod<&ProgramObject::dispose>("dispose"),
                        InstanceAccessor<&ProgramObject::scratch_bytes>("scratchBytes")});
  }

  // Only Pool makes programs: new Program(external with a Made).
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

  // The address of `length` floats from the offset, the first argument.
  float* place(const Napi::CallbackInfo& info, const char* action, double length) {
    Program& program = idle(info, action);
    const double end = static_cast<double>(program.arena_floats);
    const std::optional<double> offset = whole(info[0], 0, end - length);
    if (!offset)
      throw Napi::RangeError::New(info.Env(), std::string(action) + ": outside of the arena, or no whole number: " +
                                                  text_of(info[0]));
    return program.memory.floats() + static_cast<std::size_t>(*offset);
  }

  void write(const Napi::CallbackInfo& info) {
    const Elements from(info[1]);
    if (from.type != napi_float32_array && from.type != napi_int32_array)
      throw Napi::TypeError::New(info.Env(), "write: expected a Float32Array or an Int32Array");
    float* to = place(info, "write", static_cast<double>(from.length));
    if (from.length > 0) std::memcpy(to, from.data, from.length * sizeof(float));
  }

  Napi::Value read(const Napi::CallbackInfo& info) {
    const std::optional<double> length = whole(info[1], 0, static_cast<double>(idle(info, "read").arena_floats));
    if (!length)
      throw Napi::RangeError::New(info.Env(), "read: the arena has no such number of floats: " + text_of(info[1]));
    const float* from = place(info, "read", *length);
    const auto count = static_cast<std::size_t>(*length);
    auto copy = Napi::Float32Array::New(info.Env(), count);
    if (count > 0) std::memcpy(copy.Data(), from, count * sizeof(float));
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

// new Pool(threads, variant) with .bytes(arenaFloats, setup, run), .load(arenaFloats, setup, run) and .dispose(). If
// the system does not start all threads, the error's `started` says how many it did.
class PoolObject : public Napi::ObjectWrap<PoolObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Pool",
                       {InstanceMethod<&PoolObject::bytes>("bytes"), InstanceMethod<&PoolObject::load>("load"),
                        InstanceMethod<&PoolObject::dispose>("dispose"), InstanceMethod<&PoolObject::hold>("hold")});
  }

  explicit PoolObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PoolObject>(info) {
    Napi::Env env = info.Env();
    const std::optional<double> threads = whole(info[0], 1, MOST_THREADS);
    if (!threads)
      throw Napi::RangeError::New(env, "a pool has from 1 to " + std::to_string(MOST_THREADS) + " threads, got " +
                                           text_of(info[0]));
    const int count = static_cast<int>(*threads);
    const std::string name = info[1].As<Napi::String>();
    std::optional<Variant> chosen;
    for (const Variant& variant : variants())
      if (name == variant.name) chosen = variant;
    if (!chosen) throw Napi::Error::New(env, "this processor cannot run the variant " + name);
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
  static constexpr int MOST_THREADS = 65536;
  std::shared_ptr<Threads> threads_;
  Napi::ThreadSafeFunction report_;

  // The memory of a program: an arena of the size that JavaScript gives, and the scratch that its tapes need.
  Sizes sizes_of(const Napi::Value& floats, std::initializer_list<const std::vector<double>*> tapes) const {
    const Napi::Env env = floats.Env();
    const std::optional<double> arena = whole(floats, 0, MOST_SAFE_INTEGER);
    if (!arena) throw Napi::RangeError::New(env, "load: an arena cannot have so many floats: " + text_of(floats));
    if (*arena > static_cast<double>(MOST_FLOATS)) throw refused(env, *arena * sizeof(float));
    ptrdiff_t most = 0;
    for (const auto* tape : tapes) {
      const ptrdiff_t count = scratch_floats(*threads_->variant.kernels, {tape->data(), tape->size()}, *arena);
      if (count == -1) throw Napi::Error::New(env, "load: the tape does not fit the kernels of this build; build again");
      if (count < 0) throw Napi::Error::New(env, "load: the plan asks for more memory than can be addressed");
      most = std::max(most, count);
    }
    const Sizes sizes(*arena, most, threads_->count);
    if (!sizes.bytes) throw refused(env, sizes.wanted());
    return sizes;
  }

  static Napi::Error refused(Napi::Env env, double bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f", bytes);
    return Napi::Error::New(env, std::string("load: this computer cannot give ") + text +
                                     " bytes of memory; use a smaller batch or smaller pictures");
  }

  // The bytes that `load` would take for arena, scratch and tapes.
  Napi::Value bytes(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!threads_) throw Napi::Error::New(env, "load: the pool was disposed of");
    const std::vector<double> setup = tape_of(info[1]), run = tape_of(info[2]);
    const double tapes = static_cast<double>(setup.size() + run.size()) * sizeof(double);
    return Napi::Number::New(env, static_cast<double>(*sizes_of(info[0], {&setup, &run}).bytes) + tapes);
  }

  Napi::Value load(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!threads_) throw Napi::Error::New(env, "load: the pool was disposed of");
    std::vector<double> setup = tape_of(info[1]), run = tape_of(info[2]);
    const Sizes sizes = sizes_of(info[0], {&setup, &run});
    auto program = std::make_shared<Program>(std::move(setup), std::move(run), sizes);
    if (!program->memory.floats()) throw refused(env, sizes.wanted());
    ProgramObject::Made made{threads_, std::move(program)};
    return env.GetInstanceData<Classes>()->program.New({Napi::External<ProgramObject::Made>::New(env, &made)});
  }

  // Keeps the process alive during runs.
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
  // A function, because it may ask the system for more state per thread: only callers who need it should cause that.
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
