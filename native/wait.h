// The loop in which every blocking wait sleeps: when it ends early, when it goes
// on, and how it notices the end of a worker.
#ifndef BSD_SOCKET_WAIT_H_
#define BSD_SOCKET_WAIT_H_

#include <climits>
#include <cmath>

#include "syscall.h"

namespace bsd {

// A moment on the monotonic clock, in ms. Negative milliseconds: never; NaN: now.
class Deadline {
 public:
  explicit Deadline(double milliseconds)
      : at_(milliseconds < 0 ? HUGE_VAL : Now() + std::fmax(milliseconds, 0)) {}

  double Left() const { return at_ - Now(); }

 private:
  static double Now() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  }

  double at_;
};

class Wait {
 public:
  static constexpr int kEnding = INT_MIN;  // the worker is being ended: touch nothing, return

  // `tick` is the index of an argument: an empty function in a worker, and null
  // on the main thread, which alone has signals to watch.
  Wait(const Args& args, size_t tick)
      : args_(args),
        tick_(tick),
        worker_(!args.IsNull(tick)),
        signals_(worker_ ? -1 : WakeupFd(args.scratch())) {}

  // What a sleep has to watch besides: it becomes readable with a signal for
  // which the program listens. -1 for nothing.
  int signals() const { return signals_; }

  // sleep(milliseconds, &signalled) sleeps once, and gives how many of the
  // caller's descriptors are ready, or -1 and errno. Gives the same, 0 when the
  // time is over; -errno; kEnding. EINTR ends the wait only when it was a
  // watched signal; after any other the rest of the time is waited.
  template <typename Sleep>
  int Until(const Deadline& deadline, Sleep sleep) const {
    const double longest = worker_ ? kSlice : kLongest;
    for (;;) {
      const double left = deadline.Left();
      const bool last = left <= longest;
      bool signalled = false;
      const int ready = sleep(std::fmax(std::fmin(left, longest), 0), &signalled);
      if (ready < 0 && errno != EINTR) return -errno;
      if (ready > 0) return ready;
      if (signalled) return -EINTR;
      if (worker_ && Ending()) return kEnding;
      if (ready == 0 && last) return 0;
    }
  }

  // poll(2) as a sleep: `rows` has `count` of the caller's and room for one more.
  int Poll(const Deadline& deadline, pollfd* rows, size_t count) const {
    rows[count] = {signals_, POLLIN, 0};
    const nfds_t all = static_cast<nfds_t>(signals_ < 0 ? count : count + 1);
    return Until(deadline, [rows, count, all](double left, bool* signalled) {
      // Rounded up, so that a wait is never shorter than it was asked to be.
      const int ready = poll(rows, all, static_cast<int>(std::ceil(left)));
      *signalled = ready > 0 && rows[count].revents != 0;
      return *signalled ? ready - 1 : ready;
    });
  }

  Napi::Value Value(int result) const {
    return result == kEnding ? Napi::Value() : Number(args_.env(), result);
  }

 private:
  static constexpr double kSlice = 100;           // ms: how long a worker's end may go unnoticed
  static constexpr double kLongest = 0x7fffffff;  // ms: what poll(2) can wait, 24 days

  // Any call into JavaScript fails once the worker is being terminated.
  bool Ending() const {
    napi_value result = nullptr;
    return napi_call_function(args_.env(), args_.env().Undefined(), args_[tick_], 0, nullptr,
                              &result) != napi_ok;
  }

  const Args& args_;
  size_t tick_;
  bool worker_;
  int signals_;
};

}  // namespace bsd

#endif  // BSD_SOCKET_WAIT_H_
