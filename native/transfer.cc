// One function per system call that moves bytes.
#include "syscall.h"

namespace bsd {

// recv(2). Quick: (buffer), part; fd, flags -> bytes
Napi::Value Recv(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  if (args.failed()) return {};
  return Quick(args, recv(fd, span.data, span.size, flags));
}

// recvfrom(2). Quick: (buffer), part; fd, flags -> bytes; the sender in scratch
Napi::Value Recvfrom(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  socklen_t length = AddressRoom(scratch);
  const ssize_t received = recvfrom(fd, span.data, span.size, flags, Address(scratch), &length);
  scratch.length = static_cast<int32_t>(length);
  return Quick(args, received);
}

// send(2). Quick: (buffer), part; fd, flags -> bytes
Napi::Value Send(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  if (args.failed()) return {};
  return Quick(args, send(fd, span.data, span.size, flags));
}

// sendto(2). Quick: (buffer), part; fd, flags, address length -> bytes; the
// address from scratch
Napi::Value Sendto(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  const socklen_t length = args.Storage(args.Number(2));
  if (args.failed()) return {};
  return Quick(args, sendto(fd, span.data, span.size, flags, Address(args.scratch()), length));
}

// sendfile(2). (socket, file, offset, count) -> bytes
Napi::Value Sendfile(Args& args) {
  const int out = args.Int(0);
  const int in = args.Int(1);
  const double offset = args.Double(2);
  const double count = args.Double(3);
  if (args.failed()) return {};
  if (!(offset >= 0 && offset <= kLargest && count >= 0 && count <= kLargest)) {
    return Number(args.env(), -EINVAL);
  }
  return Result(args, SendFile(out, in, static_cast<off_t>(offset), static_cast<size_t>(count)));
}

// lseek(2) with SEEK_SET. (fd, offset) -> offset
Napi::Value Seek(Args& args) {
  const int fd = args.Int(0);
  const double offset = args.Double(1);
  if (args.failed()) return {};
  if (!(offset >= 0 && offset <= kLargest)) return Number(args.env(), -EINVAL);
  return Result(args, lseek(fd, static_cast<off_t>(offset), SEEK_SET));
}

}  // namespace bsd
