// getsockopt(2) and setsockopt(2), for an int and for bytes.
#include "syscall.h"

namespace bsd {
namespace {

// The row of an option whose value holds an address, or null.
const Option* AddressOption(int level, int name) {
  const auto* found = std::find_if(
      std::begin(kAddressOptions), std::end(kAddressOptions),
      [=](const Option& option) { return option.level == level && option.name == name; });
  return found == std::end(kAddressOptions) ? nullptr : found;
}

// How many bytes the kernel means by an option length of 1. SO_GET_FILTER counts
// instructions: given a number of bytes it would write eight times as many.
size_t Unit(int level, int name) {
  return level == SOL_SOCKET && name == kGetFilter ? kInstruction : 1;
}

}  // namespace

// Quick: (); fd, level, name -> 0; the int in scratch.value[0], since it may be negative.
// Of SO_GET_FILTER, whose instructions an int has no room for, their number.
Napi::Value Getsockopt(Args& args) {
  const int fd = args.Number(0);
  const int level = args.Number(1);
  const int name = args.Number(2);
  int value = 0;
  const size_t unit = Unit(level, name);
  auto length = static_cast<socklen_t>(sizeof value / unit);
  const int result = getsockopt(fd, level, name, &value, &length);
  args.scratch().value[0] = unit == 1 ? value : static_cast<int>(length);
  return Quick(args, result);
}

// (fd, level, name, buffer, offset, length) -> the length the kernel gave. The
// buffer is cleared first: some options (TCP_ZEROCOPY_RECEIVE) take addresses of
// memory from it, and those must not be JavaScript's to choose.
Napi::Value GetsockoptBytes(Args& args) {
  const int fd = args.Int(0);
  const int level = args.Int(1);
  const int name = args.Int(2);
  const Span span = args.Bytes(3);
  if (args.failed()) return {};
  if (span.size > 0) memset(span.data, 0, span.size);
  const size_t unit = Unit(level, name);
  auto length = static_cast<socklen_t>(span.size / unit);
  if (length == 0 && span.size > 0) return Number(args.env(), -EINVAL);
  const int result = getsockopt(fd, level, name, span.data, &length);
  return Result(args, result < 0 ? -1 : static_cast<int64_t>(length * unit));
}

// (fd, level, name, int) -> 0
Napi::Value Setsockopt(Args& args) {
  const int fd = args.Int(0);
  const int level = args.Int(1);
  const int name = args.Int(2);
  const int value = args.Int(3);
  if (args.failed()) return {};
  return Result(args, setsockopt(fd, level, name, &value, sizeof value));
}

// (fd, level, name, buffer or null, offset, length) -> 0. With null the length
// goes to the kernel as it is, with no memory behind it: AF_ALG's authsize. Of
// options whose value holds an address -EFAULT, and the kernel is not asked.
Napi::Value SetsockoptBytes(Args& args) {
  const int fd = args.Int(0);
  const int level = args.Int(1);
  const int name = args.Int(2);
  if (args.IsNull(3)) {
    const int length = args.Int(5);
    if (args.failed()) return {};
    return Result(args, setsockopt(fd, level, name, nullptr, static_cast<socklen_t>(length)));
  }
  const Span span = args.Bytes(3);
  if (args.failed()) return {};
  if (AddressOption(level, name) != nullptr) return Number(args.env(), -EFAULT);
  return Result(args, setsockopt(fd, level, name, span.data, static_cast<socklen_t>(span.size)));
}

// A classic BPF program as an option's value: SO_ATTACH_FILTER and its like.
// (fd, level, name, instructions) -> 0. Any other option would take the address
// that the struct holds for a value, and tell it.
Napi::Value SetsockoptProgram(Args& args) {
  const int fd = args.Int(0);
  const int level = args.Int(1);
  const int name = args.Int(2);
  const Span span = args.Whole(3);
  if (args.failed()) return {};
  const Option* option = AddressOption(level, name);
  if (option == nullptr || !option->program) return Number(args.env(), -ENOPROTOOPT);
  const size_t count = span.size / kInstruction;
  if (span.size % kInstruction != 0 || count > UINT16_MAX) return Number(args.env(), -EINVAL);
  return Result(args, SetProgram(fd, level, name, span.data, static_cast<uint16_t>(count)));
}

}  // namespace bsd
