// Tells a blocked main thread that a signal came for which JavaScript listens.
//
// libuv's handler only writes to a pipe that its loop reads, and the loop does
// not run while a call blocks. So a handler of ours stands in front of it: it
// passes the signal on, so that the listener runs as ever, notes it, and wakes
// poll(2) through a pipe (the kernel may have run it on any thread). A second pipe
// is read by the loop (lib/signals.ts), as libuv's own is: when it has been, the
// loop runs the listener of what was noted.
#include "syscall.h"

namespace bsd {
namespace {

constexpr int kSignals = 32;  // a bit of a note for each that JavaScript can listen for

struct Link {
  struct sigaction previous;
  bool chained;
};

Link g_links[kSignals];
int g_wakeup[2] = {-1, -1};
int g_loop[2] = {-1, -1};
// The main environment's scratch; null until it first watches a signal.
std::atomic<Scratch*> g_scratch{nullptr};
// A share of it that is never given up: a handler may be running on another
// thread when the environment ends.
std::shared_ptr<Scratch>* g_share = nullptr;

extern "C" void OnSignal(int signo, siginfo_t* detail, void* context) {
  const int saved = errno;
  // First of all: once the loop finds our pipe readable, it finds libuv's so too.
  const struct sigaction& previous = g_links[signo].previous;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signo, detail, context);
  } else {
    previous.sa_handler(signo);
  }
  if (Scratch* scratch = g_scratch.load()) {
    scratch->signals.fetch_or(1U << signo);
    // The pipes are non-blocking: a full one is readable, and no more is needed.
    for (const int pipe : {g_wakeup[1], g_loop[1]}) {
      const ssize_t ignored = write(pipe, "", 1);
      static_cast<void>(ignored);
    }
  }
  errno = saved;
}

bool Ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

bool HasHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

bool Same(const struct sigaction& a, const struct sigaction& b) {
  if (((a.sa_flags ^ b.sa_flags) & SA_SIGINFO) != 0) return false;
  return (a.sa_flags & SA_SIGINFO) != 0 ? a.sa_sigaction == b.sa_sigaction
                                        : a.sa_handler == b.sa_handler;
}

// Stands in front of the handler that is there: 1. With none there is no
// listener (yet): 0.
int Watch(int signo) {
  struct sigaction current = {};
  if (sigaction(signo, nullptr, &current) < 0) return -1;
  if (Ours(current)) return 1;
  if (!HasHandler(current)) return 0;
  Link& link = g_links[signo];
  // Somebody, a second copy of this addon say, has put a handler in front of
  // ours. In front of that one we would be called by ourselves, without end.
  if (link.chained && !Same(current, link.previous)) return 1;
  link.previous = current;
  link.chained = true;
  struct sigaction action = current;
  action.sa_flags |= SA_SIGINFO;
  action.sa_sigaction = OnSignal;
  return sigaction(signo, &action, nullptr) < 0 ? -1 : 1;
}

void Unwatch(int signo) {
  Link& link = g_links[signo];
  struct sigaction current = {};
  if (link.chained && sigaction(signo, nullptr, &current) == 0 && Ours(current)) {
    sigaction(signo, &link.previous, nullptr);
  }
  link.chained = false;
}

}  // namespace

// sigaction(2). (signal number) -> 1 when it is noted from here on, 0 while it
// has no handler. Main thread only: in a worker JavaScript has no signal listeners.
Napi::Value WatchSignal(Args& args) {
  const int signo = args.Int(0);
  if (args.failed()) return {};
  if (signo <= 0 || signo >= kSignals) return Number(args.env(), -EINVAL);
  if (g_wakeup[0] < 0 && PipeCloexec(g_wakeup, O_NONBLOCK) < 0) return Result(args, -1);
  if (g_loop[0] < 0) {
    if (SocketpairCloexec(AF_UNIX, SOCK_STREAM, 0, g_loop) < 0) return Result(args, -1);
    SetNonblocking(g_loop[0], true);
    SetNonblocking(g_loop[1], true);
  }
  Scratch* owner = nullptr;
  Scratch* mine = &args.scratch();
  if (g_scratch.compare_exchange_strong(owner, mine)) {
    g_share = new std::shared_ptr<Scratch>(args.environment().scratch);
  } else if (owner != mine) {
    return Number(args.env(), -EBUSY);
  }
  return Result(args, Watch(signo));
}

// () -> the signals that came, as bits; none is noted afterwards
Napi::Value TakeSignals(Args& args) {
  Scratch& scratch = args.scratch();
  if (g_scratch.load() != &scratch) return Number(args.env(), 0);
  char drained[64];
  while (read(g_wakeup[0], drained, sizeof drained) > 0) {
  }
  return Number(args.env(), static_cast<int32_t>(scratch.signals.exchange(0)));
}

// fcntl(2) F_DUPFD_CLOEXEC. () -> the end of the pipe that the loop shall read. A
// duplicate: the loop closes it at its end, when signals may still come.
Napi::Value SignalPipe(Args& args) { return Result(args, fcntl(g_loop[0], F_DUPFD_CLOEXEC, 0)); }

// The end of the environment: the handlers that stood there before come back.
void UnwatchSignals(const Scratch* scratch) {
  if (g_scratch.load() != scratch) return;
  for (int signo = 1; signo < kSignals; signo++) Unwatch(signo);
  g_scratch.store(nullptr);
}

// The descriptor that becomes readable with a signal, or -1.
int WakeupFd(const Scratch& scratch) { return g_scratch.load() == &scratch ? g_wakeup[0] : -1; }

}  // namespace bsd
