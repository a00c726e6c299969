// The one convention of every function here: the result, or -errno.
#ifndef BSD_SOCKET_SYSCALL_H_
#define BSD_SOCKET_SYSCALL_H_

#include "args.h"

namespace bsd {

constexpr double kLargest = 9007199254740991;  // 2^53 - 1: beyond it a double is no integer

inline Napi::Value Number(Napi::Env env, int64_t value) {
  napi_value result = nullptr;
  const auto small = static_cast<int32_t>(value);
  if (small == value) {
    napi_create_int32(env, small, &result);  // no detour by a double
  } else {
    napi_create_int64(env, value, &result);
  }
  return {env, result};
}

// Call at once after the system call: errno does not survive much.
inline Napi::Value Result(const Args& args, int64_t result) {
  return Number(args.env(), result < 0 ? -errno : result);
}

// The same for a quick call: nothing is made, the result goes to scratch.
inline Napi::Value Quick(const Args& args, int64_t result) {
  args.scratch().result = static_cast<int32_t>(result < 0 ? -errno : result);
  return {};
}

inline sockaddr* Address(Scratch& scratch) { return reinterpret_cast<sockaddr*>(&scratch.address); }

// Before a call that gives an address back: a kernel that stores none leaves
// AF_UNSPEC, and a length of 0 says so. Returns where the length goes.
inline socklen_t AddressRoom(Scratch& scratch) {
  scratch.address.ss_family = AF_UNSPEC;
  return sizeof(sockaddr_storage);
}

}  // namespace bsd

#endif  // BSD_SOCKET_SYSCALL_H_
