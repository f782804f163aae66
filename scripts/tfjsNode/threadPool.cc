/*
 * Threads for TensorFlow's operations on a processor, in place of its own: `setup:tfjs-node` compiles this into the
 * addon.
 *
 * An operation of TensorFlow's hands its work to threads and sleeps until they have done it. Of the thousand operations
 * of a training step most take less than the waking of two threads and of itself. Here the thread that calls an
 * operation does its share of the work, so there is one thread less; and who has nothing to do looks out for work
 * awhile before it sleeps. The work is cut into the same pieces, so results are the same to the last bit.
 *
 * TFJS_NODE_THREADS=tensorflow in the environment leaves TensorFlow its own.
 */
#define EIGEN_USE_THREADS
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <typeinfo>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/eager/tfe_context_internal.h"
#include "tensorflow/core/framework/device.h"
#include "tensorflow/core/lib/core/threadpool.h"

namespace {

using Task = std::function<void()>;
using Clock = std::chrono::steady_clock;

/** How long somebody without work stays awake: longer than what JavaScript takes between two operations. */
constexpr std::chrono::microseconds AWAKE(1000);

/** Waits without sleeping until `done`, AWAKE at most; whoever else wants this core meanwhile has it. */
template <typename Condition>
bool stayAwake(Condition done) {
  const Clock::time_point end = Clock::now() + AWAKE;
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      _mm_pause();
    }
    sched_yield();
  } while (Clock::now() < end);
  return false;
}

/**
 * Whether a task is a whole loop, which schedules its parts and for whose end its caller then waits: the type of the
 * closure says where it was made. What is not known here is done by the threads, as TensorFlow would.
 */
bool isLoop(const Task& task) {
  static const char* const eigen =
      "ZNK5Eigen16ThreadPoolDevice11parallelForElRKNS_12TensorOpCostESt8functionIFllEES4_IFvllEEEUlvE_";
  // As g++ numbers it, which compiles what `layers.h` has.
  static const char* const own =
      "ZNK5Eigen16ThreadPoolDevice11parallelForElRKNS_12TensorOpCostESt8functionIFllEES4_IFvllEEEUlvE0_";
  static const char* const oneDnn = "ZN3tsl16OneDnnThreadPool12parallel_forEiRKSt8functionIFviiEEEUlvE0_";
  const char* name = task.target_type().name();
  return std::strcmp(name, eigen) == 0 || std::strcmp(name, own) == 0 || std::strcmp(name, oneDnn) == 0;
}

class ThreadPool : public tsl::thread::ThreadPoolInterface {
 public:
  /** `size` counts the thread that calls. The pool stays as long as the process. */
  explicit ThreadPool(int size) : size_(size) {
    for (int id = 0; id < size - 1; ++id) std::thread([this, id] { work(id); }).detach();
  }

  int NumThreads() const override { return size_; }
  int CurrentThreadId() const override { return id_; }

  void Schedule(Task task) override {
    if (id_ >= 0 || busy_ || !isLoop(task)) {
      push(std::move(task));
      return;
    }
    busy_ = true;
    task();
    stayAwake([&] {
      while (pop(task)) run(task);
      return unfinished_.load(std::memory_order_acquire) == 0;
    });
    busy_ = false;
  }

 private:
  void push(Task task) {
    unfinished_.fetch_add(1, std::memory_order_relaxed);
    lock();
    queue_.push_back(std::move(task));
    queued_.fetch_add(1);
    unlock();
    // Either this sees who fell asleep, or that one saw the task before.
    if (asleep_.load() == 0) return;
    std::lock_guard<std::mutex> guard(mutex_);
    wake_.notify_one();
  }

  bool pop(Task& task) {
    if (queued_.load(std::memory_order_acquire) == 0) return false;
    lock();
    const bool found = !queue_.empty();
    if (found) {
      task = std::move(queue_.front());
      queue_.pop_front();
      queued_.fetch_sub(1);
    }
    unlock();
    return found;
  }

  void run(Task& task) {
    task();
    task = nullptr;
    unfinished_.fetch_sub(1, std::memory_order_release);
  }

  void work(int id) {
    id_ = id;
    pthread_setname_np(pthread_self(), "tfjs_node_pool");
    // As in TensorFlow's own threads, numbers too small to be normal are zero.
    _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
    _mm_setcsr(_mm_getcsr() | 0x0040);
    for (Task task;;) {
      if (stayAwake([&] { return pop(task); })) {
        run(task);
        continue;
      }
      std::unique_lock<std::mutex> guard(mutex_);
      asleep_.fetch_add(1);
      wake_.wait(guard, [this] { return queued_.load() > 0; });
      asleep_.fetch_sub(1);
    }
  }

  void lock() {
    while (locked_.test_and_set(std::memory_order_acquire)) _mm_pause();
  }
  void unlock() { locked_.clear(std::memory_order_release); }

  const int size_;
  std::atomic_flag locked_ = ATOMIC_FLAG_INIT;
  std::deque<Task> queue_;
  alignas(64) std::atomic<int> queued_{0};
  alignas(64) std::atomic<int> unfinished_{0};
  alignas(64) std::atomic<int> asleep_{0};
  std::mutex mutex_;
  std::condition_variable wake_;

  /** Of a thread of a pool its number, of others -1. */
  static thread_local int id_;
  /** Whether this thread, which is none of the pool's, is within a loop. */
  static thread_local bool busy_;
};

thread_local int ThreadPool::id_ = -1;
thread_local bool ThreadPool::busy_ = false;

void replaceThreads(tensorflow::Device* device) {
  const int size = device->tensorflow_cpu_worker_threads()->num_threads;
  if (device->device_type() != "CPU" || size < 2) return;
  auto* pool = new ThreadPool(size);
  auto* workers = new tensorflow::DeviceBase::CpuWorkerThreads;
  workers->num_threads = size;
  workers->workers = new tsl::thread::ThreadPool(pool);
  Eigen::Allocator* allocator = device->eigen_cpu_device()->allocator();
  device->set_tensorflow_cpu_worker_threads(workers);
  device->set_eigen_cpu_device(new Eigen::ThreadPoolDevice(pool, size, allocator));
}

}  // namespace

extern "C" {

TFE_Context* __real_TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status);

/** Stands before TensorFlow's function of the name, by the linker's --wrap. */
TFE_Context* __wrap_TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status) {
  TFE_Context* context = __real_TFE_NewContext(options, status);
  const char* threads = std::getenv("TFJS_NODE_THREADS");
  if (context == nullptr || (threads != nullptr && std::string(threads) == "tensorflow")) return context;
  for (auto* device : tensorflow::unwrap(context)->ListLocalTfDevices()) replaceThreads(device);
  return context;
}
}
