// sendmmsg(2) and recvmmsg(2): many messages in one system call. JavaScript and
// C++ share a table with a row of int32 for each message. JavaScript may change
// it at any time, from another thread too, so each number is read once, into a
// local variable, and checked there.
#include "many.h"
#include "syscall.h"

namespace bsd {
namespace {

// The columns of a row.
enum : size_t {
  kOffset,   // in: where in the memory the message lies
  kRoom,     // in: how many bytes it may take there
  kLength,   // bytes of data
  kAddress,  // bytes of address
  kControl,  // bytes of control messages
  kFlags,    // out: msg_flags
  kSent,     // out: bytes that the kernel took
  kColumns,
};

// The arguments that the two functions share.
struct Rows {
  int fd = -1;
  Span memory;
  Span addresses;  // a sockaddr_storage for each message
  Span control;    // as many bytes for each
  size_t control_room = 0;
  volatile int32_t* table = nullptr;
  size_t first = 0;
  size_t count = 0;
  int flags = 0;
};

// (fd, memory, addresses, control, room for the control messages of one message,
// table, first, count, flags)
bool ReadRows(Args& args, Rows* rows) {
  rows->fd = args.Int(0);
  rows->memory = args.Whole(1);
  rows->addresses = args.Whole(2);
  rows->control = args.IsNull(3) ? Span{} : args.Whole(3);
  const int room = args.Int(4);
  const Span table = args.Whole(5);
  const int first = args.Int(6);
  const int count = args.Int(7);
  rows->flags = args.Int(8);
  if (args.failed()) return false;
  const uint64_t end = static_cast<uint64_t>(first) + static_cast<uint64_t>(count);
  const bool inside = room >= 0 && first >= 0 && count >= 0 &&
                      end * kColumns * sizeof(int32_t) <= table.size &&
                      end * sizeof(sockaddr_storage) <= rows->addresses.size &&
                      end * static_cast<uint64_t>(room) <= rows->control.size &&
                      reinterpret_cast<uintptr_t>(table.data) % alignof(int32_t) == 0;
  if (!args.Inside(inside)) return false;
  rows->control_room = static_cast<size_t>(room);
  rows->table = reinterpret_cast<volatile int32_t*>(table.data);
  rows->first = static_cast<size_t>(first);
  rows->count = std::min(static_cast<size_t>(count), kMostMessages);
  return true;
}

// Headers for the messages, without their lengths; their memory is kept from
// call to call. False if a row leads outside the memory.
bool Headers(Environment& environment, const Rows& rows) {
  auto& headers = environment.headers;
  auto& vectors = environment.vectors;
  if (headers.size() < rows.count) headers.resize(rows.count), vectors.resize(rows.count);
  for (size_t i = 0; i < rows.count; i++) {
    const size_t at = rows.first + i;
    volatile int32_t* row = rows.table + at * kColumns;
    const int32_t offset = row[kOffset];
    const int32_t room = row[kRoom];
    if (offset < 0 || room < 0 ||
        static_cast<uint64_t>(offset) + static_cast<uint64_t>(room) > rows.memory.size) {
      return false;
    }
    vectors[i] = {rows.memory.data + offset, static_cast<size_t>(room)};
    msghdr header = {};
    header.msg_name = rows.addresses.data + at * sizeof(sockaddr_storage);
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    if (rows.control_room > 0) header.msg_control = rows.control.data + at * rows.control_room;
    headers[i].msg_hdr = header;
    headers[i].msg_len = 0;
  }
  return true;
}

bool Fits(int32_t length, size_t room) {
  return length >= 0 && static_cast<size_t>(length) <= room;
}

}  // namespace

// sendmmsg(2). (fd, memory, addresses, control, its room, table, first, count,
// flags) -> messages
Napi::Value Sendmmsg(Args& args) {
  Rows rows;
  if (!ReadRows(args, &rows)) return {};
  if (!Headers(args.environment(), rows)) return Number(args.env(), -EINVAL);
  ManyHeader* headers = args.environment().headers.data();
  for (size_t i = 0; i < rows.count; i++) {
    volatile int32_t* row = rows.table + (rows.first + i) * kColumns;
    msghdr& header = headers[i].msg_hdr;
    row[kSent] = 0;
    const int32_t length = row[kLength];
    const int32_t address = row[kAddress];
    const int32_t control = row[kControl];
    if (length < 0 || !Fits(address, sizeof(sockaddr_storage))) return Number(args.env(), -EINVAL);
    // MSG_TRUNC had it counted beyond what there is.
    header.msg_iov->iov_len = std::min(static_cast<size_t>(length), header.msg_iov->iov_len);
    header.msg_namelen = static_cast<socklen_t>(address);
    if (address == 0) header.msg_name = nullptr;
    if (rows.control_room > 0) {
      if (!Fits(control, rows.control_room)) return Number(args.env(), -EINVAL);
      header.msg_controllen = static_cast<decltype(header.msg_controllen)>(control);
      if (control == 0) header.msg_control = nullptr;
    }
  }
  const int sent = SendMany(rows.fd, headers, static_cast<unsigned>(rows.count), rows.flags);
  const int code = errno;
  for (int i = 0; i < sent; i++) {
    volatile int32_t* row = rows.table + (rows.first + static_cast<size_t>(i)) * kColumns;
    row[kSent] = static_cast<int32_t>(headers[i].msg_len);
  }
  return Number(args.env(), sent < 0 ? -code : sent);
}

// recvmmsg(2), which waits for the first message alone. (fd, memory, addresses,
// control, its room, table, first, count, flags) -> messages. Descriptors that
// come along are close-on-exec.
Napi::Value Recvmmsg(Args& args) {
  Rows rows;
  if (!ReadRows(args, &rows)) return {};
  if (!Headers(args.environment(), rows)) return Number(args.env(), -EINVAL);
  ManyHeader* headers = args.environment().headers.data();
  for (size_t i = 0; i < rows.count; i++) {
    msghdr& header = headers[i].msg_hdr;
    // A kernel that stores no address leaves AF_UNSPEC.
    reinterpret_cast<sockaddr*>(header.msg_name)->sa_family = AF_UNSPEC;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_controllen = static_cast<decltype(header.msg_controllen)>(rows.control_room);
  }
  const int count = RecvMany(rows.fd, headers, static_cast<unsigned>(rows.count), rows.flags);
  const int code = errno;
  for (int i = 0; i < count; i++) {
    volatile int32_t* row = rows.table + (rows.first + static_cast<size_t>(i)) * kColumns;
    const msghdr& header = headers[i].msg_hdr;
    row[kLength] = static_cast<int32_t>(headers[i].msg_len);
    row[kAddress] = static_cast<int32_t>(header.msg_namelen);
    row[kControl] = static_cast<int32_t>(header.msg_controllen);
    row[kFlags] = header.msg_flags;
  }
  return Number(args.env(), count < 0 ? -code : count);
}

}  // namespace bsd
