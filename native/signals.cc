// Tells a blocked main thread that a signal came for which JavaScript listens.
//
// libuv's handler only writes to a pipe that its loop reads, and the loop does
// not run while a call blocks. So a handler of ours stands in front of it: it
// notes the signal, wakes poll(2) through a pipe (the kernel may have run it on
// any thread), and passes on to libuv's, whose listener then runs as ever.
#include "syscall.h"

namespace bsd {
namespace {

struct Link {
  struct sigaction previous;
  bool watched;
};

Link g_links[NSIG];
int g_pipe[2] = {-1, -1};
// The main environment's scratch; null until it first watches a signal.
std::atomic<Scratch*> g_scratch{nullptr};

extern "C" void OnSignal(int signo, siginfo_t* detail, void* context) {
  const int saved = errno;
  if (Scratch* scratch = g_scratch.load()) {
    scratch->signal = signo;
    // The pipe is non-blocking: when it is full, poll(2) wakes anyway.
    const ssize_t ignored = write(g_pipe[1], "", 1);
    static_cast<void>(ignored);
  }
  errno = saved;
  const struct sigaction& previous = g_links[signo].previous;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signo, detail, context);
  } else {
    previous.sa_handler(signo);
  }
}

bool Ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

bool HasHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

// Stands in front of the handler that is there; with none, there is no listener.
int Watch(int signo) {
  struct sigaction current = {};
  if (sigaction(signo, nullptr, &current) < 0) return -1;
  if (Ours(current) || !HasHandler(current)) return 0;
  Link& link = g_links[signo];
  link.previous = current;
  link.watched = true;
  struct sigaction action = current;
  action.sa_flags |= SA_SIGINFO;
  action.sa_sigaction = OnSignal;
  return sigaction(signo, &action, nullptr);
}

void Unwatch(int signo) {
  Link& link = g_links[signo];
  struct sigaction current = {};
  if (link.watched && sigaction(signo, nullptr, &current) == 0 && Ours(current)) {
    sigaction(signo, &link.previous, nullptr);
  }
  link.watched = false;
}

}  // namespace

// sigaction(2). (an array of signal numbers) -> 0. Main thread only: in a worker
// JavaScript has no signal listeners.
Napi::Value WatchSignals(const Napi::CallbackInfo& info) {
  Args args(info);
  if (!info[0].IsArray()) {
    Napi::TypeError::New(info.Env(), "an array is required").ThrowAsJavaScriptException();
    return {};
  }
  Scratch* owner = nullptr;
  Scratch* mine = &args.scratch();
  if (!g_scratch.compare_exchange_strong(owner, mine) && owner != mine) {
    return Number(info.Env(), -EBUSY);
  }
  if (g_pipe[0] < 0 && PipeCloexec(g_pipe) < 0) return Result(info, -1);
  const auto wanted = info[0].As<Napi::Array>();
  for (uint32_t i = 0; i < wanted.Length(); i++) {
    const Napi::Value value = wanted.Get(i);
    const int signo = value.IsNumber() ? value.As<Napi::Number>().Int32Value() : 0;
    if (signo <= 0 || signo >= NSIG) return Number(info.Env(), -EINVAL);
    if (Watch(signo) < 0) return Result(info, -1);
  }
  return Number(info.Env(), 0);
}

// () -> the last signal that came, or 0; nothing is pending afterwards
Napi::Value TakeSignal(const Napi::CallbackInfo& info) {
  Args args(info);
  Scratch& scratch = args.scratch();
  if (g_scratch.load() != &scratch) return Number(info.Env(), 0);
  char drained[64];
  while (read(g_pipe[0], drained, sizeof drained) > 0) {
  }
  const int signo = scratch.signal;
  scratch.signal = 0;
  return Number(info.Env(), signo);
}

// The end of the environment: the handlers that stood there before come back.
void UnwatchSignals(const Scratch* scratch) {
  if (g_scratch.load() != scratch) return;
  for (int signo = 1; signo < NSIG; signo++) Unwatch(signo);
  g_scratch.store(nullptr);
}

// The descriptor that becomes readable with a signal, or -1.
int SignalPipe(const Scratch& scratch) { return g_scratch.load() == &scratch ? g_pipe[0] : -1; }

}  // namespace bsd
