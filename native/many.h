// Many messages in one call: sendmmsg(2) and recvmmsg(2), or a loop where the
// system has neither. The loops are compiled everywhere, so that a test can hold
// them against the kernel.
#ifndef BSD_SOCKET_MANY_H_
#define BSD_SOCKET_MANY_H_

#include "platform.h"

namespace bsd {

// The kernel takes no more at once: UIO_MAXIOV.
constexpr size_t kMostMessages = 1024;

// An error after the first message is not reported: what went before it counts,
// and the next call meets it again.
inline int SendEach(int fd, ManyHeader* headers, unsigned count, int flags) {
  for (unsigned i = 0; i < count; i++) {
    const ssize_t sent = sendmsg(fd, &headers[i].msg_hdr, flags);
    if (sent < 0) return i > 0 ? static_cast<int>(i) : -1;
    headers[i].msg_len = static_cast<unsigned>(sent);
    // What comes after a piece of a message would get into the middle of it.
    if (static_cast<size_t>(sent) < headers[i].msg_hdr.msg_iov->iov_len) {
      return static_cast<int>(i + 1);
    }
  }
  return static_cast<int>(count);
}

inline int RecvEach(int fd, ManyHeader* headers, unsigned count, int flags) {
  for (unsigned i = 0; i < count; i++) {
    const int wait = i == 0 ? 0 : MSG_DONTWAIT;  // for the first message alone
    const ssize_t received = RecvmsgCloexec(fd, &headers[i].msg_hdr, flags | wait);
    if (received < 0) return i > 0 ? static_cast<int>(i) : -1;
    headers[i].msg_len = static_cast<unsigned>(received);
  }
  return static_cast<int>(count);
}

inline int SendMany(int fd, ManyHeader* headers, unsigned count, int flags) {
  return kHaveMany ? sendmmsg(fd, headers, count, flags) : SendEach(fd, headers, count, flags);
}

// Waits for the first message alone. Descriptors that come along are close-on-exec.
inline int RecvMany(int fd, ManyHeader* headers, unsigned count, int flags) {
  if (!kHaveMany) return RecvEach(fd, headers, count, flags);
  // Without room for control messages no descriptor comes; and see RecvmsgCloexec.
  const bool control = count > 0 && headers[0].msg_hdr.msg_control != nullptr;
  const int first = flags | MSG_WAITFORONE;
  int received = recvmmsg(fd, headers, count, control ? first | MSG_CMSG_CLOEXEC : first, nullptr);
  if (received < 0 && control && (errno == EINVAL || errno == EOPNOTSUPP)) {
    received = recvmmsg(fd, headers, count, first, nullptr);
  }
  if ((flags & MSG_CMSG_CLOEXEC) == 0) {
    for (int i = 0; i < received; i++) headers[i].msg_hdr.msg_flags &= ~MSG_CMSG_CLOEXEC;
  }
  return received;
}

}  // namespace bsd

#endif  // BSD_SOCKET_MANY_H_
