// Pipes, and bytes moved through them without a copy into this process.
#include "syscall.h"

namespace bsd {

// pipe2(2). (flags) -> 0; the two descriptors in scratch, the reading end first.
Napi::Value Pipe(Args& args) {
  const int flags = args.Int(0);
  if (args.failed()) return {};
  int fds[2] = {-1, -1};
  const int result = PipeCloexec(fds, flags);
  Scratch& scratch = args.scratch();
  scratch.value[0] = fds[0];
  scratch.value[1] = fds[1];
  return Result(args, result);
}

// splice(2). (source, its offset, target, its offset, count, flags) -> bytes; an
// offset of -1 is none
Napi::Value Splice(Args& args) {
  const int in = args.Int(0);
  const double in_offset = args.Double(1);
  const int out = args.Int(2);
  const double out_offset = args.Double(3);
  const double count = args.Double(4);
  const int flags = args.Int(5);
  if (args.failed()) return {};
  const bool sound = in_offset >= -1 && in_offset <= kLargest && out_offset >= -1 &&
                     out_offset <= kLargest && count >= 0 && count <= kLargest;
  if (!sound) return Number(args.env(), -EINVAL);
  return Result(
      args, SpliceBytes(in, static_cast<int64_t>(in_offset), out, static_cast<int64_t>(out_offset),
                        static_cast<size_t>(count), static_cast<unsigned>(flags)));
}

}  // namespace bsd
