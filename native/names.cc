// The host's own names, its interfaces, numeric addresses and error texts.
#include "syscall.h"

namespace bsd {

// gethostname(2). () -> name or -errno
Napi::Value Gethostname(Args& args) {
  char name[1024] = {};
  if (gethostname(name, sizeof name - 1) < 0) return Result(args, -1);
  return Napi::String::New(args.env(), name);
}

// sethostname(2). (bytes) -> 0
Napi::Value Sethostname(Args& args) {
  const Span name = args.Whole(0);
  if (args.failed()) return {};
  return Result(args, sethostname(reinterpret_cast<const char*>(name.data),
                                  static_cast<HostnameLength>(name.size)));
}

// if_nameindex(3). () -> [[index, name]] or -errno
Napi::Value IfNameindex(Args& args) {
  struct if_nameindex* const interfaces = if_nameindex();
  if (interfaces == nullptr) return Result(args, -1);
  auto rows = Napi::Array::New(args.env());
  for (uint32_t i = 0; interfaces[i].if_index != 0 || interfaces[i].if_name != nullptr; i++) {
    auto row = Napi::Array::New(args.env(), 2);
    row[0u] = Number(args.env(), interfaces[i].if_index);
    row[1u] = Napi::String::New(args.env(), interfaces[i].if_name);
    rows[i] = row;
  }
  if_freenameindex(interfaces);
  return rows;
}

// if_nametoindex(3). (name) -> index or -errno
Napi::Value IfNametoindex(Args& args) {
  const std::string name = args.String(0);
  if (args.failed()) return {};
  const unsigned index = if_nametoindex(name.c_str());
  return Result(args, index == 0 ? -1 : static_cast<int64_t>(index));
}

// if_indextoname(3). (index) -> name or -errno
Napi::Value IfIndextoname(Args& args) {
  const double index = args.Double(0);
  if (args.failed()) return {};
  char name[IF_NAMESIZE] = {};
  const bool fits = index >= 0 && index <= UINT32_MAX;
  if (!fits) return Number(args.env(), -ENXIO);
  if (if_indextoname(static_cast<unsigned>(index), name) == nullptr) return Result(args, -1);
  return Napi::String::New(args.env(), name);
}

// inet_aton(3). (text, out: 4 bytes) -> 1 or 0
Napi::Value InetAton(Args& args) {
  const std::string text = args.String(0);
  const Span out = args.Whole(1);
  if (args.failed()) return {};
  in_addr address = {};
  const int valid = inet_aton(text.c_str(), &address);
  if (valid != 0 && out.size >= sizeof address) memcpy(out.data, &address, sizeof address);
  return Number(args.env(), out.size >= sizeof address ? valid : -EINVAL);
}

// inet_pton(3). (family, text, out: 4 or 16 bytes) -> 1, 0 or -errno
Napi::Value InetPton(Args& args) {
  const int family = args.Int(0);
  const std::string text = args.String(1);
  const Span out = args.Whole(2);
  if (args.failed()) return {};
  uint8_t address[sizeof(in6_addr)] = {};
  const size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  if (out.size < size) return Number(args.env(), -EINVAL);
  const int valid = inet_pton(family, text.c_str(), address);
  if (valid == 1) memcpy(out.data, address, size);
  return Result(args, valid);
}

// inet_ntop(3). (family, bytes) -> text or -errno
Napi::Value InetNtop(Args& args) {
  const int family = args.Int(0);
  const Span address = args.Whole(1);
  if (args.failed()) return {};
  char text[INET6_ADDRSTRLEN];
  const size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  if (address.size != size) return Number(args.env(), -EINVAL);
  if (inet_ntop(family, address.data, text, sizeof text) == nullptr) return Result(args, -1);
  return Napi::String::New(args.env(), text);
}

// strerror(3). (errno) -> text
Napi::Value Strerror(Args& args) {
  const int code = args.Int(0);
  if (args.failed()) return {};
  return Napi::String::New(args.env(), strerror(code));
}

// gai_strerror(3). (EAI_ code) -> text
Napi::Value GaiStrerror(Args& args) {
  const int code = args.Int(0);
  if (args.failed()) return {};
  return Napi::String::New(args.env(), gai_strerror(code));
}

// hstrerror(3). (h_errno code) -> text
Napi::Value Hstrerror(Args& args) {
  const int code = args.Int(0);
  if (args.failed()) return {};
  return Napi::String::New(args.env(), hstrerror(code));
}

}  // namespace bsd
