// epoll(7) for a program that waits by itself. The promise twin's set is in
// reactor.cc.
#include "wait.h"

namespace bsd {

// epoll_create1(2), close-on-exec. () -> fd
Napi::Value EpollCreate(Args& args) { return Result(args, EpollOpen()); }

// epoll_ctl(2). (set, operation, fd, events) -> 0. The events are 32 bits, and
// the fd is what the set gives back with them.
Napi::Value EpollCtl(Args& args) {
  const int set = args.Int(0);
  const int operation = args.Int(1);
  const int fd = args.Int(2);
  const int events = args.Int(3);
  if (args.failed()) return {};
  return Result(args, EpollChange(set, operation, fd, static_cast<uint32_t>(events)));
}

// epoll_wait(2). (set, memory, milliseconds, tick) -> how many are ready; their
// [fd, events] pairs of 32 bits are in the memory, which bounds their number.
Napi::Value EpollWait(Args& args) {
  const int set = args.Int(0);
  const size_t room = args.Whole(1).size / (2 * sizeof(int32_t));
  const Deadline deadline(args.Double(2));
  if (args.failed()) return {};
  const Wait wait(args, 3);
  std::vector<int32_t> pairs(2 * room);
  pollfd rows[2] = {{set, POLLIN, 0}, {}};
  for (;;) {
    // The set is asked first, and again when it was ready: another thread may
    // have been quicker.
    const int count = EpollTake(set, pairs.data(), static_cast<int>(room));
    if (count < 0 && errno != EINTR) return Result(args, -1);
    if (count > 0) {
      const Span memory = args.Whole(1);
      memcpy(memory.data, pairs.data(),
             std::min(memory.size, static_cast<size_t>(count) * 2 * sizeof(int32_t)));
      return Number(args.env(), count);
    }
    const int ready = wait.Poll(deadline, rows, 1);
    if (ready <= 0) return wait.Value(ready);
  }
}

}  // namespace bsd
