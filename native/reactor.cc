// Readiness for the promise twin: one edge-triggered set per environment, and
// one callback into JavaScript for a batch of ready sockets.
//
// The set is itself a descriptor that becomes readable. Node's loop watches it
// with one uv_poll. Bun aborts on uv_poll and Deno fires it once, so there a
// thread waits for the set and wakes JavaScript through a thread-safe function.
// Everything else is the same: JavaScript's thread reads the set.
#include <dlfcn.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "syscall.h"

struct uv_loop_s;

namespace bsd {
namespace {

// The little of libuv that is used, looked up when it is needed: the addon must
// load where the host exports none of it, and uv.h comes with no napi headers.
struct Libuv {
  static constexpr int kPoll = 8;      // UV_POLL
  static constexpr int kReadable = 1;  // UV_READABLE

  // Null where the host lacks one of the functions.
  static const Libuv* Get() {
    static Libuv uv;
    static const bool found = uv.Load();
    return found ? &uv : nullptr;
  }

  size_t (*handle_size)(int type);
  int (*poll_init)(uv_loop_s* loop, void* handle, int fd);
  int (*poll_start)(void* handle, int events, void (*callback)(void*, int, int));
  void (*handle_set_data)(void* handle, void* data);
  void* (*handle_get_data)(const void* handle);
  void (*ref)(void* handle);
  void (*unref)(void* handle);
  void (*close)(void* handle, void (*callback)(void*));

 private:
  bool Load() {
    return Find(handle_size, "uv_handle_size") && Find(poll_init, "uv_poll_init") &&
           Find(poll_start, "uv_poll_start") && Find(handle_set_data, "uv_handle_set_data") &&
           Find(handle_get_data, "uv_handle_get_data") && Find(ref, "uv_ref") &&
           Find(unref, "uv_unref") && Find(close, "uv_close");
  }

  template <typename F>
  static bool Find(F& function, const char* name) {
    function = reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
    return function != nullptr;
  }
};

constexpr int kBatch = 256;
using Batch = std::array<int32_t, 2 * kBatch>;  // token and events, in turn

}  // namespace

class Reactor {
 public:
  explicit Reactor(Napi::Env env) : env_(env) {}
  ~Reactor() { Close(); }

  // 0 or -errno.
  int Open(Napi::Function dispatch, bool thread) {
    set_ = ReadySet();
    if (set_ < 0) return -errno;
    events_ = std::make_shared<Batch>();
    dispatch_ = Napi::Persistent(dispatch);
    context_ = std::make_unique<Napi::AsyncContext>(env_, "bsd-socket");
    return thread ? OpenThread() : OpenPoll();
  }

  int Add(int fd, int token) { return ReadyAdd(set_, fd, token) < 0 ? -errno : 0; }
  int Remove(int fd) { return ReadyRemove(set_, fd) < 0 ? -errno : 0; }

  // Whether the environment's loop has to stay alive for what waits here.
  void Ref(bool on) {
    if (handle_ != nullptr) (on ? uv_->ref : uv_->unref)(handle_);
    if (thread_.joinable()) on ? wake_.Ref(env_) : wake_.Unref(env_);
  }

  // The thread may wait for the next batch.
  void Read() {
    const std::lock_guard<std::mutex> lock(mutex_);
    unread_ = false;
    read_.notify_one();
  }

  const std::shared_ptr<Batch>& events() const { return events_; }

  void Close() {
    if (set_ < 0) return;
    if (handle_ != nullptr) {
      // libuv frees nothing: the memory goes when it has let go of the handle.
      uv_->close(handle_, [](void* handle) { operator delete(handle); });
      handle_ = nullptr;
    }
    if (thread_.joinable()) {
      CloseThread();
      // Deno makes a handle to end an async context, which is fatal here, where it
      // has no scope for one: what is left of the context ends with the environment.
      static_cast<void>(context_.release());
    }
    context_.reset();
    dispatch_.Reset();
    close(set_);
    set_ = -1;
  }

 private:
  int OpenPoll() {
    uv_loop_s* loop = nullptr;
    if (uv_ == nullptr || napi_get_uv_event_loop(env_, &loop) != napi_ok) return -ENOSYS;
    handle_ = operator new(uv_->handle_size(Libuv::kPoll));
    const int result = uv_->poll_init(loop, handle_, set_);
    if (result < 0) {
      operator delete(handle_);
      handle_ = nullptr;
      return result;
    }
    uv_->handle_set_data(handle_, this);
    uv_->unref(handle_);
    return uv_->poll_start(handle_, Libuv::kReadable, [](void* handle, int, int) {
      static_cast<Reactor*>(Libuv::Get()->handle_get_data(handle))->Dispatch();
    });
  }

  int OpenThread() {
    if (PipeCloexec(quit_, O_NONBLOCK) < 0) return -errno;
    wake_ = Wake::New(env_, "bsd-socket", 1, 1, this);
    wake_.Unref(env_);
    thread_ = std::thread([this] { Watch(); });
    return 0;
  }

  // The thread: tells JavaScript that the set is ready, and waits until it was read.
  void Watch() {
    pollfd fds[2] = {{set_, POLLIN, 0}, {quit_[0], POLLIN, 0}};
    for (;;) {
      if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
      if (fds[1].revents != 0) return;
      if (fds[0].revents == 0) continue;
      std::unique_lock<std::mutex> lock(mutex_);
      if (ending_) return;
      unread_ = true;
      if (wake_.NonBlockingCall(this) != napi_ok) return;
      read_.wait(lock, [this] { return !unread_ || ending_; });
    }
  }

  void CloseThread() {
    // Signal before joining: the thread may be in poll(2), on its way out of it,
    // or wait to be read.
    const ssize_t ignored = write(quit_[1], "", 1);
    static_cast<void>(ignored);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      read_.notify_one();
    }
    thread_.join();
    wake_.Abort();
    close(quit_[0]);
    close(quit_[1]);
  }

  static void Woken(Napi::Env env, Napi::Function, Reactor* reactor, Reactor*) {
    if (env == nullptr || reactor->set_ < 0) return;
    // Node calls this up to a thousand times in one turn of its loop, while there is
    // something to be called for: so JavaScript says when the next batch may come.
    if (!reactor->Dispatch()) reactor->Read();
  }

  // One batch, or false for none. What does not fit is still in the set, which
  // stays readable.
  bool Dispatch() {
    const int count = ReadyWait(set_, events_->data(), kBatch);
    if (count <= 0) return false;
    const Napi::HandleScope scope(env_);
    // Through the async context: microtasks and process.nextTick run after it.
    const napi_value arguments[] = {Napi::Number::New(env_, count),
                                    Napi::Boolean::New(env_, thread_.joinable())};
    napi_value result = nullptr;
    const napi_status status = napi_make_callback(env_, *context_, env_.Global(), dispatch_.Value(),
                                                  2, arguments, &result);
    if (status == napi_pending_exception) Uncaught();
    return true;
  }

  // What a nextTick callback throws comes out of the call. Left pending, it would
  // be thrown by whichever native function is called next.
  void Uncaught() {
    bool pending = false;
    if (napi_is_exception_pending(env_, &pending) != napi_ok || !pending) return;
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
      napi_fatal_exception(env_, error);
    }
  }

  using Wake = Napi::TypedThreadSafeFunction<Reactor, Reactor, Woken>;

  Napi::Env env_;
  const Libuv* uv_ = Libuv::Get();
  int set_ = -1;
  std::shared_ptr<Batch> events_;
  Napi::FunctionReference dispatch_;
  std::unique_ptr<Napi::AsyncContext> context_;
  void* handle_ = nullptr;  // a uv_poll_t
  Wake wake_;
  std::thread thread_;
  int quit_[2] = {-1, -1};
  std::mutex mutex_;
  std::condition_variable read_;
  bool unread_ = false;
  bool ending_ = false;
};

namespace {

Reactor* Opened(const Args& args) { return args.environment().reactor.get(); }

}  // namespace

// (dispatch, thread) -> the memory in which a batch comes, or -errno. `dispatch`
// is called with the count of [token, events] pairs, and whether it has to call
// reactorNext for more; `thread` is for hosts whose loop cannot be asked to watch a
// descriptor.
Napi::Value ReactorOpen(Args& args) {
  const bool thread = args.Bool(1);
  if (args.failed()) return {};
  if (!args[0].IsFunction()) return Number(args.env(), -EINVAL);
  if (Opened(args) != nullptr) return Number(args.env(), -EALREADY);
  auto reactor = std::make_shared<Reactor>(args.env());
  const int result = reactor->Open(args[0].As<Napi::Function>(), thread);
  if (result < 0) return Number(args.env(), result);
  args.environment().reactor = reactor;
  args.env().AddCleanupHook([reactor] { reactor->Close(); });
  auto* share = new std::shared_ptr<Batch>(reactor->events());
  return Napi::ArrayBuffer::New(
      args.env(), share->get()->data(), sizeof(Batch),
      [](Napi::Env, void*, std::shared_ptr<Batch>* held) { delete held; }, share);
}

// epoll_ctl(2) EPOLL_CTL_ADD, edge-triggered. (fd, token) -> 0
Napi::Value ReactorAdd(Args& args) {
  const int fd = args.Int(0);
  const int token = args.Int(1);
  if (args.failed()) return {};
  Reactor* reactor = Opened(args);
  return Number(args.env(), reactor == nullptr ? -EBADF : reactor->Add(fd, token));
}

// epoll_ctl(2) EPOLL_CTL_DEL. (fd) -> 0
Napi::Value ReactorRemove(Args& args) {
  const int fd = args.Int(0);
  if (args.failed()) return {};
  Reactor* reactor = Opened(args);
  return Number(args.env(), reactor == nullptr ? -EBADF : reactor->Remove(fd));
}

// The batch was read: the thread may wait for the next one. () -> 0
Napi::Value ReactorNext(Args& args) {
  if (Reactor* reactor = Opened(args)) reactor->Read();
  return Number(args.env(), 0);
}

// Keeps the loop alive, or no longer. (boolean) -> 0
Napi::Value ReactorRef(Args& args) {
  const bool on = args.Bool(0);
  if (args.failed()) return {};
  if (Reactor* reactor = Opened(args)) reactor->Ref(on);
  return Number(args.env(), 0);
}

}  // namespace bsd
