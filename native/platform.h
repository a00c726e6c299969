// What this system has. With headers.h the only file of ours with conditional
// compilation: fallbacks, and the few calls whose signature differs between
// systems. Everything else is written once.
#ifndef BSD_SOCKET_PLATFORM_H_
#define BSD_SOCKET_PLATFORM_H_

#include "headers.h"

namespace bsd {

// Whether this is the first thread of the process. A worker's never is.
#if defined(__linux__)
inline bool OnMainThread() { return syscall(SYS_gettid) == getpid(); }
#else
inline bool OnMainThread() { return pthread_main_np() != 0; }
#endif

}  // namespace bsd

// Descriptors are born close-on-exec. Where a call cannot do that at birth,
// the fcntl(2) that follows leaves a gap that only a concurrent fork can see.
namespace bsd {

inline int CloseOnExec(int fd) {
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

inline int SetNonblocking(int fd, bool on) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -1;
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return wanted == flags ? 0 : fcntl(fd, F_SETFL, wanted);
}

#if defined(SOCK_CLOEXEC)
inline int SocketCloexec(int domain, int type, int protocol) {
  return socket(domain, type | SOCK_CLOEXEC, protocol);
}
inline int SocketpairCloexec(int domain, int type, int protocol, int fds[2]) {
  return socketpair(domain, type | SOCK_CLOEXEC, protocol, fds);
}
inline int PipeCloexec(int fds[2], int flags) { return pipe2(fds, flags | O_CLOEXEC); }
inline ssize_t RecvmsgCloexec(int fd, msghdr* header, int flags) {
  ssize_t received = recvmsg(fd, header, flags | MSG_CMSG_CLOEXEC);
  // AF_PACKET, some of AF_CAN and others, which pass no descriptors, refuse the
  // flag before they look at anything else.
  if (received < 0 && (errno == EINVAL || errno == EOPNOTSUPP)) {
    received = recvmsg(fd, header, flags);
  }
  // Linux echoes the flag; who did not ask for it should not see it.
  if ((flags & MSG_CMSG_CLOEXEC) == 0) header->msg_flags &= ~MSG_CMSG_CLOEXEC;
  return received;
}
inline int AcceptCloexec(int fd, sockaddr* address, socklen_t* length, bool nonblocking) {
  return accept4(fd, address, length, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
}
#else
inline int SocketCloexec(int domain, int type, int protocol) {
  return CloseOnExec(socket(domain, type, protocol));
}
inline int SocketpairCloexec(int domain, int type, int protocol, int fds[2]) {
  const int result = socketpair(domain, type, protocol, fds);
  if (result == 0) CloseOnExec(fds[0]), CloseOnExec(fds[1]);
  return result;
}
inline int PipeCloexec(int fds[2], int flags) {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) return errno = EINVAL, -1;
  const int result = pipe(fds);
  for (int i = 0; result == 0 && i < 2; i++) {
    CloseOnExec(fds[i]);
    SetNonblocking(fds[i], (flags & O_NONBLOCK) != 0);
  }
  return result;
}
// Without the flag each descriptor has to be found and marked.
inline ssize_t RecvmsgCloexec(int fd, msghdr* header, int flags) {
  const ssize_t received = recvmsg(fd, header, flags);
  if (received < 0) return received;
  for (cmsghdr* row = CMSG_FIRSTHDR(header); row != nullptr; row = CMSG_NXTHDR(header, row)) {
    if (row->cmsg_level != SOL_SOCKET || row->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (row->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int passed = -1;
      memcpy(&passed, CMSG_DATA(row) + i * sizeof passed, sizeof passed);
      CloseOnExec(passed);
    }
  }
  return received;
}
// A BSD kernel hands O_NONBLOCK down from the listener, so it is always set.
inline int AcceptCloexec(int fd, sockaddr* address, socklen_t* length, bool nonblocking) {
  const int accepted = CloseOnExec(accept(fd, address, length));
  if (accepted >= 0) SetNonblocking(accepted, nonblocking);
  return accepted;
}
#endif

// sendto(2) and recvfrom(2). libc's are points of cancellation, which in a process with
// threads takes two locked instructions a call; nobody cancels a thread of JavaScript's.
#if defined(__linux__) && defined(SYS_sendto) && defined(SYS_recvfrom)
inline ssize_t SendTo(int fd, const void* data, size_t size, int flags, const sockaddr* address,
                      socklen_t length) {
  return syscall(SYS_sendto, fd, data, size, flags, address, length);
}
inline ssize_t RecvFrom(int fd, void* data, size_t size, int flags, sockaddr* address,
                        socklen_t* length) {
  return syscall(SYS_recvfrom, fd, data, size, flags, address, length);
}
#else
inline ssize_t SendTo(int fd, const void* data, size_t size, int flags, const sockaddr* address,
                      socklen_t length) {
  return sendto(fd, data, size, flags, address, length);
}
inline ssize_t RecvFrom(int fd, void* data, size_t size, int flags, sockaddr* address,
                        socklen_t* length) {
  return recvfrom(fd, data, size, flags, address, length);
}
#endif

// sendmmsg(2) and recvmmsg(2); many.h does without them.
#if defined(__linux__)
constexpr bool kHaveMany = true;
using ManyHeader = mmsghdr;
#else
constexpr bool kHaveMany = false;
struct ManyHeader {
  msghdr msg_hdr;
  unsigned msg_len;
};
constexpr int MSG_WAITFORONE = 0, MSG_CMSG_CLOEXEC = 0;
inline int sendmmsg(int, ManyHeader*, unsigned, int) { return errno = ENOSYS, -1; }
inline int recvmmsg(int, ManyHeader*, unsigned, int, timespec*) { return errno = ENOSYS, -1; }
#endif

// gethostbyname(3) and gethostbyaddr(3): re-entrant on Linux; elsewhere the
// result is thread-local (macOS) and the caller's buffer stays unused.
#if defined(__linux__)
inline int HostByName(const char* name, hostent* entry, char* buffer, size_t size, hostent** result,
                      int* h_error) {
  return gethostbyname_r(name, entry, buffer, size, result, h_error);
}
inline int HostByAddress(const void* address, socklen_t length, int family, hostent* entry,
                         char* buffer, size_t size, hostent** result, int* h_error) {
  return gethostbyaddr_r(address, length, family, entry, buffer, size, result, h_error);
}
#else
inline int HostByName(const char* name, hostent*, char*, size_t, hostent** result, int* h_error) {
  *result = gethostbyname(name);
  *h_error = h_errno;
  return 0;
}
inline int HostByAddress(const void* address, socklen_t length, int family, hostent*, char*, size_t,
                         hostent** result, int* h_error) {
  *result = gethostbyaddr(address, length, family);
  *h_error = h_errno;
  return 0;
}
#endif

// sendfile(2) from a place in a file to a socket: how many bytes went.
#if defined(__linux__)
inline ssize_t SendFile(int out, int in, off_t offset, size_t count) {
  return sendfile(out, in, &offset, count);
}
#else
inline ssize_t SendFile(int out, int in, off_t offset, size_t count) {
  auto length = static_cast<off_t>(count);
  const int result = sendfile(in, out, offset, &length, nullptr, 0);
  return result < 0 && length == 0 ? -1 : static_cast<ssize_t>(length);
}
#endif

// splice(2). An offset below 0 is none: from where the file is.
#if defined(__linux__)
inline ssize_t SpliceBytes(int in, int64_t in_offset, int out, int64_t out_offset, size_t count,
                           unsigned flags) {
  return splice(in, in_offset < 0 ? nullptr : &in_offset, out,
                out_offset < 0 ? nullptr : &out_offset, count, flags);
}
#else
inline ssize_t SpliceBytes(int, int64_t, int, int64_t, size_t, unsigned) {
  return errno = ENOSYS, -1;
}
#endif

// epoll(7). Where it is missing its functions are not exported.
#if __has_include(<sys/epoll.h>)
constexpr bool kHaveEpoll = true;
inline int EpollOpen() { return epoll_create1(EPOLL_CLOEXEC); }
inline int EpollChange(int set, int operation, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(set, operation, fd, &event);
}
inline int EpollTake(int set, int32_t* pairs, int most) {
  std::vector<epoll_event> events(static_cast<size_t>(most));
  const int count = epoll_wait(set, events.data(), most, 0);
  for (int i = 0; i < count; i++) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    pairs[2 * i] = event.data.fd;
    pairs[2 * i + 1] = static_cast<int32_t>(event.events);
  }
  return count;
}
#else
constexpr bool kHaveEpoll = false;
inline int NoEpoll() { return errno = ENOSYS, -1; }
inline int EpollOpen() { return NoEpoll(); }
inline int EpollChange(int, int, int, uint32_t) { return NoEpoll(); }
inline int EpollTake(int, int32_t*, int) { return NoEpoll(); }
#endif

// A set of descriptors that tells readiness once, when it begins: epoll(7) or
// kqueue(2). Events are given in the bits of poll(2), as [token, events] pairs.
#if defined(__linux__)
inline int ReadySet() { return epoll_create1(EPOLL_CLOEXEC); }
inline int ReadyAdd(int set, int fd, int token) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | static_cast<uint32_t>(EPOLLET);
  event.data.u32 = static_cast<uint32_t>(token);
  return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}
inline int ReadyRemove(int set, int fd) { return epoll_ctl(set, EPOLL_CTL_DEL, fd, nullptr); }
inline int ReadyWait(int set, int32_t* pairs, int most) {
  epoll_event events[256];
  const int count = epoll_wait(set, events, most < 256 ? most : 256, 0);
  for (int i = 0; i < count; i++) {
    pairs[2 * i] = static_cast<int32_t>(events[i].data.u32);
    pairs[2 * i + 1] = static_cast<int32_t>(events[i].events);
  }
  return count;
}
#else
inline int ReadySet() { return CloseOnExec(kqueue()); }
inline int ReadyAdd(int set, int fd, int token) {
  struct kevent changes[2];
  const auto ident = static_cast<uintptr_t>(fd);
  void* const data = reinterpret_cast<void*>(static_cast<intptr_t>(token));
  EV_SET(&changes[0], ident, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, data);
  EV_SET(&changes[1], ident, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0, data);
  return kevent(set, changes, 2, nullptr, 0, nullptr);
}
inline int ReadyRemove(int set, int fd) {
  struct kevent changes[2];
  const auto ident = static_cast<uintptr_t>(fd);
  EV_SET(&changes[0], ident, EVFILT_READ, EV_DELETE, 0, 0, nullptr);
  EV_SET(&changes[1], ident, EVFILT_WRITE, EV_DELETE, 0, 0, nullptr);
  return kevent(set, changes, 2, nullptr, 0, nullptr);
}
inline int ReadyWait(int set, int32_t* pairs, int most) {
  struct kevent events[256];
  const timespec now = {};
  const int count = kevent(set, nullptr, 0, events, most < 256 ? most : 256, &now);
  for (int i = 0; i < count; i++) {
    const int end = (events[i].flags & EV_EOF) != 0 ? POLLHUP : 0;
    pairs[2 * i] = static_cast<int32_t>(reinterpret_cast<intptr_t>(events[i].udata));
    pairs[2 * i + 1] = (events[i].filter == EVFILT_READ ? POLLIN : POLLOUT) | end;
  }
  return count;
}
#endif

// Options whose value holds an address of memory, which JavaScript must not
// choose: filters (read), the memory of AF_XDP (written), the tables of the
// packet filter (written), memory for RDMA.
struct Option {
  int level;
  int name;
  bool program;  // the value is a struct sock_fprog
};
#if defined(__linux__)
constexpr Option kAddressOptions[] = {
    {SOL_SOCKET, SO_ATTACH_FILTER, true},
    {SOL_SOCKET, 51, true},     // SO_ATTACH_REUSEPORT_CBPF
    {SOL_PACKET, 22, true},     // PACKET_FANOUT_DATA
    {283, 4, false},            // SOL_XDP, XDP_UMEM_REG
    {276, 2, false},            // SOL_RDS, RDS_GET_MR
    {276, 7, false},            // SOL_RDS, RDS_GET_MR_FOR_DEST
    {IPPROTO_IP, 64, false},    // IPT_SO_SET_REPLACE
    {IPPROTO_IP, 96, false},    // ARPT_SO_SET_REPLACE
    {IPPROTO_IP, 128, false},   // EBT_SO_SET_ENTRIES
    {IPPROTO_IPV6, 64, false},  // IP6T_SO_SET_REPLACE
};
#else
constexpr Option kAddressOptions[] = {{-1, -1, false}};
#endif

#if defined(SO_GET_FILTER)
constexpr int kGetFilter = SO_GET_FILTER;
#else
constexpr int kGetFilter = -1;
#endif

// setsockopt(2) with a struct sock_fprog, which holds the address and the number
// of classic BPF instructions.
#if defined(SO_ATTACH_FILTER)
constexpr size_t kInstruction = sizeof(sock_filter);
inline int SetProgram(int fd, int level, int name, uint8_t* instructions, uint16_t count) {
  sock_fprog program = {};
  program.len = count;
  program.filter = reinterpret_cast<sock_filter*>(instructions);
  return setsockopt(fd, level, name, &program, sizeof program);
}
#else
constexpr size_t kInstruction = 8;
inline int SetProgram(int, int, int, uint8_t*, uint16_t) {
  errno = ENOPROTOOPT;
  return -1;
}
#endif

#if defined(__linux__)
using HostnameLength = size_t;
#else
using HostnameLength = int;
#endif

}  // namespace bsd

#endif  // BSD_SOCKET_PLATFORM_H_
