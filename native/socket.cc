// One function per system call that makes, names, joins or ends a socket.
#include "syscall.h"

namespace bsd {

// socket(2). Quick: domain, type, protocol -> fd, close-on-exec
Napi::Value Socket(Args& args) {
  return Quick(args, SocketCloexec(args.Number(0), args.Number(1), args.Number(2)));
}

// socketpair(2). (domain, type, protocol) -> 0; the descriptors in scratch.value
Napi::Value Socketpair(Args& args) {
  const int domain = args.Int(0);
  const int type = args.Int(1);
  const int protocol = args.Int(2);
  if (args.failed()) return {};
  int fds[2] = {-1, -1};
  const int result = SocketpairCloexec(domain, type, protocol, fds);
  args.scratch().value[0] = fds[0];
  args.scratch().value[1] = fds[1];
  return Result(args, result);
}

// bind(2). (fd, address length) -> 0; the address from scratch
Napi::Value Bind(Args& args) {
  const int fd = args.Int(0);
  const socklen_t length = args.AddressLength(1);
  if (args.failed()) return {};
  return Result(args, bind(fd, Address(args.scratch()), length));
}

// listen(2). (fd, backlog) -> 0
Napi::Value Listen(Args& args) {
  const int fd = args.Int(0);
  const int backlog = args.Int(1);
  if (args.failed()) return {};
  return Result(args, listen(fd, backlog));
}

// accept4(2). (fd, nonblocking, named) -> fd, close-on-exec; the peer in scratch.
// AF_ALG has no peer to name, and fails when asked for one.
Napi::Value Accept(Args& args) {
  const int fd = args.Int(0);
  const bool nonblocking = args.Bool(1);
  const bool named = args.Bool(2);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  socklen_t length = AddressRoom(scratch);
  const int accepted =
      AcceptCloexec(fd, named ? Address(scratch) : nullptr, named ? &length : nullptr, nonblocking);
  scratch.length = named ? static_cast<int32_t>(length) : 0;
  return Result(args, accepted);
}

// connect(2). Quick: fd, address length -> 0; the address from scratch
Napi::Value Connect(Args& args) {
  const int fd = args.Number(0);
  const socklen_t length = args.Storage(args.Number(1));
  if (args.failed()) return {};
  return Quick(args, connect(fd, Address(args.scratch()), length));
}

// shutdown(2). (fd, how) -> 0
Napi::Value Shutdown(Args& args) {
  const int fd = args.Int(0);
  const int how = args.Int(1);
  if (args.failed()) return {};
  return Result(args, shutdown(fd, how));
}

// close(2). Quick: fd -> 0. Never retried: after EINTR the descriptor is gone on
// Linux, and a second close could hit a stranger's.
Napi::Value Close(Args& args) { return Quick(args, close(args.Number(0))); }

// fcntl(2) F_DUPFD_CLOEXEC. (fd) -> fd
Napi::Value Dup(Args& args) {
  const int fd = args.Int(0);
  if (args.failed()) return {};
  return Result(args, fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

// fcntl(2) O_NONBLOCK. (fd, boolean or null) -> 0, or the flag when null
Napi::Value Nonblocking(Args& args) {
  const int fd = args.Int(0);
  const bool ask = args.IsNull(1);
  const bool on = ask ? false : args.Bool(1);
  if (args.failed()) return {};
  if (!ask) return Result(args, SetNonblocking(fd, on));
  const int flags = fcntl(fd, F_GETFL);
  return Result(args, flags < 0 ? -1 : (flags & O_NONBLOCK) != 0);
}

// fcntl(2) FD_CLOEXEC. (fd, boolean or null) -> 0, or the flag when null
Napi::Value Cloexec(Args& args) {
  const int fd = args.Int(0);
  const bool ask = args.IsNull(1);
  const bool on = ask ? false : args.Bool(1);
  if (args.failed()) return {};
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0) return Result(args, -1);
  if (ask) return Result(args, (flags & FD_CLOEXEC) != 0);
  return Result(args, fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC));
}

// (a descriptor or -1, another or -1) -> 0. The first is no longer closed with the
// environment, the second is. Without it the sockets of a terminated worker,
// where no JavaScript runs any more, would stay open.
Napi::Value Own(Args& args) {
  const int before = args.Int(0);
  const int after = args.Int(1);
  if (args.failed()) return {};
  std::set<int>& owned = *args.environment().owned;
  owned.erase(before);
  if (after >= 0) owned.insert(after);
  return Number(args.env(), 0);
}

// getsockname(2). (fd) -> 0; the address in scratch
Napi::Value Getsockname(Args& args) {
  const int fd = args.Int(0);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  socklen_t length = AddressRoom(scratch);
  const int result = getsockname(fd, Address(scratch), &length);
  scratch.length = static_cast<int32_t>(length);
  return Result(args, result);
}

// getpeername(2). (fd) -> 0; the address in scratch
Napi::Value Getpeername(Args& args) {
  const int fd = args.Int(0);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  socklen_t length = AddressRoom(scratch);
  const int result = getpeername(fd, Address(scratch), &length);
  scratch.length = static_cast<int32_t>(length);
  return Result(args, result);
}

}  // namespace bsd
