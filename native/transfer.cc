// One function per system call that moves bytes.
#include "syscall.h"
#include "task.h"

namespace bsd {
namespace {

// What read(2) gives of a file, in memory of its own.
class FileRead final : public Task {
 public:
  // Until a thread gets to it, the number may have become another file's: it reads
  // from a duplicate.
  FileRead(int fd, size_t size, bool later)
      : fd_(later ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : fd),
        duplicate_(later && fd_ >= 0),
        result_(later && fd_ < 0 ? -errno : 0),
        bytes_(size) {}

  ~FileRead() override {
    if (duplicate_) close(fd_);
  }

  FileRead(const FileRead&) = delete;
  FileRead& operator=(const FileRead&) = delete;

  void Run() override {
    if (result_ < 0) return;
    do {
      result_ = read(fd_, bytes_.data(), bytes_.size());
    } while (result_ < 0 && errno == EINTR);
    if (result_ < 0) result_ = -errno;
  }

  Napi::Value Answer(Napi::Env env, Scratch&) override {
    if (result_ < 0) return Number(env, result_);
    return Napi::Buffer<uint8_t>::Copy(env, bytes_.data(), static_cast<size_t>(result_));
  }

 private:
  const int fd_;
  const bool duplicate_;
  ssize_t result_;
  std::vector<uint8_t> bytes_;
};

constexpr double kMostRead = 65536;

}  // namespace

// recv(2). Quick: (buffer), part; fd, flags -> bytes
Napi::Value Recv(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  if (args.failed()) return {};
  return Quick(args, RecvFrom(fd, span.data, span.size, flags, nullptr, nullptr));
}

// recvfrom(2). Quick: (buffer), part; fd, flags -> bytes; the sender in scratch
Napi::Value Recvfrom(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  socklen_t length = AddressRoom(scratch);
  const ssize_t received = RecvFrom(fd, span.data, span.size, flags, Address(scratch), &length);
  scratch.length = static_cast<int32_t>(length);
  return Quick(args, received);
}

// send(2). Quick: (buffer), part; fd, flags -> bytes
Napi::Value Send(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  if (args.failed()) return {};
  return Quick(args, SendTo(fd, span.data, span.size, flags, nullptr, 0));
}

// sendto(2). Quick: (buffer), part; fd, flags, address length -> bytes; the
// address from scratch
Napi::Value Sendto(Args& args) {
  const Span span = args.Part(0);
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  const socklen_t length = args.Storage(args.Number(2));
  if (args.failed()) return {};
  return Quick(args, SendTo(fd, span.data, span.size, flags, Address(args.scratch()), length));
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

// read(2) of 65536 bytes at most. (fd, size, later) -> the bytes in a Buffer, or a
// promise of them
Napi::Value Read(Args& args) {
  const int fd = args.Int(0);
  const double size = args.Double(1);
  const bool later = args.Bool(2);
  if (args.failed()) return {};
  if (!(size >= 0)) return Number(args.env(), -EINVAL);
  const auto room = static_cast<size_t>(std::min(size, kMostRead));
  return Start(args, std::make_unique<FileRead>(fd, room, later), later);
}

// lseek(2) with SEEK_SET. (fd, offset) -> offset
Napi::Value Seek(Args& args) {
  const int fd = args.Int(0);
  const double offset = args.Double(1);
  if (args.failed()) return {};
  if (!(offset >= 0 && offset <= kLargest)) return Number(args.env(), -EINVAL);
  return Result(args, lseek(fd, static_cast<off_t>(offset), SEEK_SET));
}

// How far behind a multiple of `alignment` memory begins, which decides how fast the
// kernel copies to it. (buffer, alignment) -> bytes
Napi::Value Misalignment(Args& args) {
  const Span memory = args.Whole(0);
  const int alignment = args.Int(1);
  if (args.failed()) return {};
  if (alignment <= 0) return Number(args.env(), -EINVAL);
  const auto address = reinterpret_cast<uintptr_t>(memory.data);
  return Number(args.env(), static_cast<int64_t>(address % static_cast<uintptr_t>(alignment)));
}

}  // namespace bsd
