// One function per system call that moves bytes.
#include "syscall.h"

namespace bsd {

// recv(2). (fd, buffer, offset, length, flags) -> bytes
Napi::Value Recv(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0);
  const Span span = args.Bytes(1);
  const int flags = args.Int(4);
  if (args.failed()) return {};
  return Result(info, recv(fd, span.data, span.size, flags));
}

// recvfrom(2). (fd, buffer, offset, length, flags) -> bytes; the sender in scratch
Napi::Value Recvfrom(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0);
  const Span span = args.Bytes(1);
  const int flags = args.Int(4);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  socklen_t length = AddressRoom(scratch);
  const ssize_t received = recvfrom(fd, span.data, span.size, flags, Address(scratch), &length);
  scratch.length = static_cast<int32_t>(length);
  return Result(info, received);
}

// send(2). (fd, buffer, offset, length, flags) -> bytes
Napi::Value Send(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0);
  const Span span = args.Bytes(1);
  const int flags = args.Int(4);
  if (args.failed()) return {};
  return Result(info, send(fd, span.data, span.size, flags));
}

// sendto(2). (fd, buffer, offset, length, flags, address length) -> bytes; the
// address from scratch
Napi::Value Sendto(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0);
  const Span span = args.Bytes(1);
  const int flags = args.Int(4);
  const socklen_t length = args.AddressLength(5);
  if (args.failed()) return {};
  return Result(info, sendto(fd, span.data, span.size, flags, Address(args.scratch()), length));
}

// sendfile(2). (socket, file, offset, count) -> bytes
Napi::Value Sendfile(const Napi::CallbackInfo& info) {
  Args args(info);
  const int out = args.Int(0);
  const int in = args.Int(1);
  const double offset = args.Double(2);
  const double count = args.Double(3);
  if (args.failed()) return {};
  if (!(offset >= 0 && offset <= kLargest && count >= 0 && count <= kLargest)) {
    return Number(info.Env(), -EINVAL);
  }
  return Result(info, SendFile(out, in, static_cast<off_t>(offset), static_cast<size_t>(count)));
}

// lseek(2) with SEEK_SET. (fd, offset) -> offset
Napi::Value Seek(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0);
  const double offset = args.Double(1);
  if (args.failed()) return {};
  if (!(offset >= 0 && offset <= kLargest)) return Number(info.Env(), -EINVAL);
  return Result(info, lseek(fd, static_cast<off_t>(offset), SEEK_SET));
}

}  // namespace bsd
