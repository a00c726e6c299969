// Waiting until descriptors are ready. These calls may sleep for long.

// On macOS select(2) refuses descriptors beyond FD_SETSIZE without this. The
// caller's never are; the signal pipe may be.
#define _DARWIN_UNLIMITED_SELECT 1

#include "wait.h"

namespace bsd {
namespace {

// An array of struct pollfd in JavaScript's memory, copied: what JavaScript does
// to its memory meanwhile cannot matter then. There is room for one row more.
std::vector<pollfd> Rows(const Span& memory) {
  const size_t count = memory.size / sizeof(pollfd);
  std::vector<pollfd> rows(count + 1);
  if (count > 0) memcpy(rows.data(), memory.data, count * sizeof(pollfd));
  return rows;
}

// Back to JavaScript's memory, which is looked up again: a worker's tick ran.
void Return(Args& args, size_t index, const std::vector<pollfd>& rows) {
  const Span memory = args.Whole(index);
  const size_t size = std::min(memory.size, (rows.size() - 1) * sizeof(pollfd));
  if (size > 0) memcpy(memory.data, rows.data(), size);
}

// The three sets of select(2), without its limit: fd_sets in a row are one large set.
class Sets {
 public:
  // 0 or -errno. EBADF is found here, because beyond the end of the process' table
  // of descriptors Linux does not look, and would wait on.
  int Build(const std::vector<pollfd>& rows, size_t count, int signals) {
    most_ = signals;
    for (size_t i = 0; i < count; i++) {
      if (rows[i].fd >= FD_SETSIZE) return -EINVAL;
      if (fcntl(rows[i].fd, F_GETFD) < 0) return -errno;
      most_ = std::max(most_, rows[i].fd);
    }
    for (auto& set : wanted_) set.assign(static_cast<size_t>(most_ / FD_SETSIZE + 1), fd_set{});
    for (size_t i = 0; i < count; i++) {
      for (size_t kind = 0; kind < kKinds; kind++) {
        if ((rows[i].events & kEvents[kind]) != 0) Add(kind, rows[i].fd);
      }
    }
    if (signals >= 0) Add(0, signals);
    return 0;
  }

  // select(2): how many are ready, or -1. Its time has microseconds.
  int Select(double milliseconds) {
    for (size_t kind = 0; kind < kKinds; kind++) found_[kind] = wanted_[kind];
    const double seconds = std::floor(milliseconds / 1e3);
    timeval time = {};
    time.tv_sec = static_cast<decltype(time.tv_sec)>(seconds);
    const double microseconds = std::ceil((milliseconds - seconds * 1e3) * 1e3);
    time.tv_usec = static_cast<decltype(time.tv_usec)>(std::fmin(microseconds, 999999));
    return select(most_ + 1, found_[0].data(), found_[1].data(), found_[2].data(), &time);
  }

  bool Has(size_t kind, int fd) const {
    return FD_ISSET(fd % FD_SETSIZE, &found_[kind][static_cast<size_t>(fd / FD_SETSIZE)]);
  }

  short Events(const pollfd& row) const {
    int events = 0;
    for (size_t kind = 0; kind < kKinds; kind++) {
      if ((row.events & kEvents[kind]) != 0 && Has(kind, row.fd)) events |= kEvents[kind];
    }
    return static_cast<short>(events);
  }

 private:
  static constexpr size_t kKinds = 3;
  static constexpr short kEvents[kKinds] = {POLLIN, POLLOUT, POLLPRI};

  void Add(size_t kind, int fd) {
    FD_SET(fd % FD_SETSIZE, &wanted_[kind][static_cast<size_t>(fd / FD_SETSIZE)]);
  }

  std::vector<fd_set> wanted_[kKinds];
  std::vector<fd_set> found_[kKinds];
  int most_ = -1;
};

}  // namespace

// poll(2) on one descriptor. (fd, events, milliseconds, tick) -> revents, 0 when
// the time is over, -errno. Negative milliseconds wait for ever; a negative fd
// only sleeps. For `tick` and EINTR see wait.h.
Napi::Value Poll(Args& args) {
  const int fd = args.Int(0);
  const int events = args.Int(1);
  const Deadline deadline(args.Double(2));
  if (args.failed()) return {};
  const Wait wait(args, 3);
  pollfd rows[2] = {{fd, static_cast<short>(events), 0}, {}};
  const int ready = wait.Poll(deadline, rows, 1);
  return wait.Value(ready > 0 ? rows[0].revents : ready);
}

// poll(2). (an array of struct pollfd, milliseconds, tick) -> how many are ready,
// with their revents in the array; 0 when the time is over.
Napi::Value PollMany(Args& args) {
  std::vector<pollfd> rows = Rows(args.Whole(0));
  const Deadline deadline(args.Double(1));
  if (args.failed()) return {};
  const Wait wait(args, 2);
  const int ready = wait.Poll(deadline, rows.data(), rows.size() - 1);
  if (ready >= 0) Return(args, 0, rows);
  return wait.Value(ready);
}

// select(2), on the same array: POLLIN, POLLOUT and POLLPRI stand for the three
// sets. It is not poll(2) in disguise: a hang-up makes nothing ready that was
// only watched for writing or for exceptional conditions.
Napi::Value Select(Args& args) {
  std::vector<pollfd> rows = Rows(args.Whole(0));
  const Deadline deadline(args.Double(1));
  if (args.failed()) return {};
  const Wait wait(args, 2);
  const size_t count = rows.size() - 1;
  Sets sets;
  const int built = sets.Build(rows, count, wait.signals());
  if (built < 0) return Number(args.env(), built);
  const int ready = wait.Until(deadline, [&](double left, bool* signalled) {
    const int found = sets.Select(left);
    *signalled = found > 0 && wait.signals() >= 0 && sets.Has(0, wait.signals());
    return *signalled ? found - 1 : found;
  });
  for (size_t i = 0; i < count; i++) rows[i].revents = ready > 0 ? sets.Events(rows[i]) : short{0};
  if (ready >= 0) Return(args, 0, rows);
  return wait.Value(ready);
}

}  // namespace bsd
