// Per-environment state and the declarations of every exported function.
#ifndef BSD_SOCKET_ADDON_H_
#define BSD_SOCKET_ADDON_H_

#include <napi.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include "platform.h"

namespace bsd {

// Memory that C++ and one JavaScript environment share, so that an address or a
// second result crosses without an allocation. C++ keeps a share of its own:
// whatever JavaScript does to the ArrayBuffer, these bytes stay valid.
//
// The calls of every day are quick ones: their numbers come here and not as
// arguments, and so does their result. To read a number of JavaScript's takes two
// calls into the engine, to make one as many; for five of them that is a tenth of
// the time of a small send(2).
struct Scratch {
  alignas(16) sockaddr_storage address;  // in: bind, connect, sendto; out: accept, recvfrom, …
  alignas(16) uint8_t control[256];      // in: sendmsg, if its control messages are not more
  double part[2];                        // of a quick call: offset and length of the memory meant
  int32_t number[7];                     // of a quick call: its other numbers
  int32_t result;                        // of a quick call
  int32_t length;                        // of the address that came out
  int32_t value[2];                      // getsockopt's integer; socketpair's two descriptors
  std::atomic<uint32_t> signals;         // bit n: signal n came; see signals.cc
};

static_assert(sizeof(Scratch) == sizeof(sockaddr_storage) + 256 + 64,
              "lib/native.ts has the places");
static_assert(sizeof(std::atomic<uint32_t>) == 4 && std::atomic<uint32_t>::is_always_lock_free,
              "a signal handler writes it, JavaScript reads it");

class Reactor;

struct Environment {
  std::shared_ptr<Scratch> scratch;
  std::shared_ptr<Reactor> reactor;      // once something waits
  std::shared_ptr<std::set<int>> owned;  // descriptors that are closed with the environment
  std::vector<ManyHeader> headers;       // of the messages of one sendmmsg or recvmmsg
  std::vector<iovec> vectors;            // and their data
  std::vector<iovec> pieces;             // of one sendmsg or recvmsg
};

class Args;
using Function = Napi::Value(Args&);

// signals.cc
Function WatchSignal, TakeSignals, SignalPipe;
void UnwatchSignals(const Scratch* scratch);
int WakeupFd(const Scratch& scratch);

// constants.cc
Napi::Object Constants(Napi::Env env);
Napi::Object Errnos(Napi::Env env);
Napi::Object Polling(Napi::Env env);
Napi::Object Layouts(Napi::Env env);

// socket.cc
Function Socket, Socketpair, Bind, Listen, Accept, Connect, Shutdown, Close, Dup, Getsockname,
    Getpeername, Nonblocking, Cloexec, Own;

// transfer.cc
Function Recv, Recvfrom, Send, Sendto, Sendfile, Read, Seek, Misalignment;

// splice.cc
Function Pipe, Splice;

// cmsg.cc
Function Sendmsg, Recvmsg, CmsgSize, CmsgWalk;

// batch.cc
Function Sendmmsg, Recvmmsg;

// sockopt.cc
Function Getsockopt, GetsockoptBytes, Setsockopt, SetsockoptBytes, SetsockoptProgram;

// multiplex.cc
Function Poll, PollMany, Select;

// epoll.cc
Function EpollCreate, EpollCtl, EpollWait;

// reactor.cc
Function ReactorOpen, ReactorAdd, ReactorRemove, ReactorNext, ReactorRef;

// netdb.cc and names.cc
Function Getaddrinfo, Getnameinfo, Gethostbyname, Gethostbyaddr, Getservbyname, Getservbyport,
    Getprotobyname;
Function Gethostname, Sethostname, IfNameindex, IfNametoindex, IfIndextoname, InetAton, InetPton,
    InetNtop, Strerror, GaiStrerror, Hstrerror;

}  // namespace bsd

#endif  // BSD_SOCKET_ADDON_H_
