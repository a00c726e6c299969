// Waiting. poll(2) is the only call here that may sleep for long.
#include <cmath>

#include "syscall.h"

namespace bsd {
namespace {

constexpr double kSlice = 100;           // ms: how long the end of a worker may go unnoticed
constexpr double kLongest = 0x7fffffff;  // ms: what poll(2) can wait, 24 days

double Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Rounded up, so that a wait is never shorter than it was asked to be.
int Milliseconds(double left) { return static_cast<int>(std::ceil(std::fmax(left, 0))); }

// Any call into JavaScript fails once the worker is being terminated.
bool Ending(const Napi::CallbackInfo& info, size_t tick) {
  napi_value result = nullptr;
  return napi_call_function(info.Env(), info.This(), info[tick], 0, nullptr, &result) != napi_ok;
}

}  // namespace

// poll(2) on one descriptor. (fd, events, milliseconds, tick) -> revents, 0 when
// the time is over, -errno. Negative milliseconds wait for ever; a negative fd
// only sleeps. EINTR ends the wait only when it was a watched signal; after any
// other the rest of the time is waited. `tick` is an empty function in a worker
// and null on the main thread, which alone has signals to watch.
Napi::Value Poll(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0);
  const int events = args.Int(1);
  const double milliseconds = args.Double(2);
  const bool worker = !args.IsNull(3);
  if (args.failed()) return {};

  const int signals = worker ? -1 : WakeupFd(args.scratch());
  pollfd fds[2] = {{fd, static_cast<short>(events), 0}, {signals, POLLIN, 0}};
  const bool forever = milliseconds < 0;
  const double deadline = forever ? 0 : Now() + milliseconds;
  const double longest = worker ? kSlice : kLongest;
  for (;;) {
    const double left = forever ? longest : deadline - Now();
    const bool last = !forever && left <= longest;
    const int ready = poll(fds, 2, Milliseconds(std::fmin(left, longest)));
    if (ready < 0 && errno != EINTR) return Result(info, -1);
    if (ready > 0 && fds[0].revents != 0) return Number(info.Env(), fds[0].revents);
    if (ready > 0) return Number(info.Env(), -EINTR);
    if (worker && Ending(info, 3)) return {};
    if (ready == 0 && last) return Number(info.Env(), 0);
  }
}

}  // namespace bsd
