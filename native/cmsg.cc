// sendmsg(2), recvmsg(2) and the control messages that go with them. The CMSG_
// macros do the walking, and say how large a header and its padding are.
#include "syscall.h"

namespace bsd {
namespace {

msghdr Header(std::vector<iovec>& vectors, const Span& control) {
  msghdr header = {};
  header.msg_iov = vectors.data();
  header.msg_iovlen = static_cast<decltype(header.msg_iovlen)>(vectors.size());
  // Linux looks at the pointer even when the length is 0.
  header.msg_control = control.size == 0 ? nullptr : control.data;
  header.msg_controllen = static_cast<decltype(header.msg_controllen)>(control.size);
  return header;
}

}  // namespace

// sendmsg(2). Quick: (buffers, control); fd, flags, address length, length of the
// control data -> bytes; the address from scratch, none if its length is 0; the
// control data too, if control is null
Napi::Value Sendmsg(Args& args) {
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  const int address = args.Number(2);
  const int room = args.Number(3);  // all before Vectors, which may run a getter
  std::vector<iovec>& vectors = args.Vectors(0);
  const Span control = args.IsNull(1) ? args.Control(room) : args.Head(1, room);
  const socklen_t length = args.Storage(address);
  if (args.failed()) return {};
  msghdr header = Header(vectors, control);
  header.msg_name = length == 0 ? nullptr : &args.scratch().address;
  header.msg_namelen = length;
  return Quick(args, sendmsg(fd, &header, flags));
}

// recvmsg(2). Quick: (buffers, control); fd, flags, length of the control data ->
// bytes; the sender in scratch, msg_flags in value[0], the length of what came as
// control in value[1].
// Descriptors that come along are close-on-exec.
Napi::Value Recvmsg(Args& args) {
  const int fd = args.Number(0);
  const int flags = args.Number(1);
  const int room = args.Number(2);
  std::vector<iovec>& vectors = args.Vectors(0);
  const Span control = args.Head(1, room);
  if (args.failed()) return {};
  Scratch& scratch = args.scratch();
  msghdr header = Header(vectors, control);
  header.msg_namelen = AddressRoom(scratch);
  header.msg_name = &scratch.address;
  const ssize_t received = RecvmsgCloexec(fd, &header, flags);
  scratch.length = static_cast<int32_t>(header.msg_namelen);
  scratch.value[0] = header.msg_flags;
  scratch.value[1] = static_cast<int32_t>(header.msg_controllen);
  return Quick(args, received);
}

// CMSG_LEN and CMSG_SPACE of a data length. (length, space) -> bytes
Napi::Value CmsgSize(Args& args) {
  const double length = args.Double(0);
  const bool space = args.Bool(1);
  if (args.failed()) return {};
  if (!(length >= 0 && length <= INT32_MAX)) return Number(args.env(), -EINVAL);
  const auto size = static_cast<size_t>(length);
  return Number(args.env(), static_cast<int64_t>(space ? CMSG_SPACE(size) : CMSG_LEN(size)));
}

// Finds the control messages. (control, its length) -> [level, type, offset, length, …]
// of their data. A message that the kernel cut off ends where the buffer ends.
Napi::Value CmsgWalk(Args& args) {
  const Span control = args.Head(0);
  if (args.failed()) return {};
  auto found = Napi::Array::New(args.env());
  if (control.size == 0) return found;
  // A copy, because the macros want it aligned and JavaScript may not have it so.
  std::vector<max_align_t> aligned(control.size / sizeof(max_align_t) + 1);
  memcpy(aligned.data(), control.data, control.size);
  std::vector<iovec> none;
  msghdr header = Header(none, {reinterpret_cast<uint8_t*>(aligned.data()), control.size});
  uint32_t count = 0;
  for (cmsghdr* row = CMSG_FIRSTHDR(&header); row != nullptr; row = CMSG_NXTHDR(&header, row)) {
    const auto start = reinterpret_cast<uint8_t*>(row) - reinterpret_cast<uint8_t*>(aligned.data());
    const auto offset = static_cast<size_t>(start) + CMSG_LEN(0);
    const size_t claimed = row->cmsg_len < CMSG_LEN(0) ? 0 : row->cmsg_len - CMSG_LEN(0);
    const size_t length = offset >= control.size ? 0 : std::min(claimed, control.size - offset);
    found[count++] = Number(args.env(), row->cmsg_level);
    found[count++] = Number(args.env(), row->cmsg_type);
    found[count++] = Number(args.env(), static_cast<int64_t>(std::min(offset, control.size)));
    found[count++] = Number(args.env(), static_cast<int64_t>(length));
    if (row->cmsg_len < CMSG_LEN(0)) break;  // malformed: the walk would not move on
  }
  return found;
}

}  // namespace bsd
