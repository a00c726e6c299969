// The resolver and the databases of netdb.h. These may block for as long as a
// name server takes; nothing interrupts them.
#include <mutex>
#include <vector>

#include "syscall.h"

namespace bsd {
namespace {

// getservbyname(3), getservbyport(3) and getprotobyname(3) answer in static memory.
std::mutex g_databases;

Napi::Value Copy(Napi::Env env, const void* data, size_t size) {
  return Napi::Buffer<uint8_t>::Copy(env, static_cast<const uint8_t*>(data), size);
}

Napi::Value Entry(Napi::Env env, const addrinfo& row) {
  auto entry = Napi::Array::New(env, 5);
  entry[0u] = Number(env, row.ai_family);
  entry[1u] = Number(env, row.ai_socktype);
  entry[2u] = Number(env, row.ai_protocol);
  entry[3u] = Napi::String::New(env, row.ai_canonname == nullptr ? "" : row.ai_canonname);
  entry[4u] = Copy(env, row.ai_addr, row.ai_addrlen);
  return entry;
}

// A hostent: [name, aliases, addresses], the addresses as bytes.
Napi::Value Host(Napi::Env env, const hostent& host) {
  auto aliases = Napi::Array::New(env);
  for (uint32_t i = 0; host.h_aliases != nullptr && host.h_aliases[i] != nullptr; i++) {
    aliases[i] = Napi::String::New(env, host.h_aliases[i]);
  }
  auto addresses = Napi::Array::New(env);
  for (uint32_t i = 0; host.h_addr_list[i] != nullptr; i++) {
    addresses[i] = Copy(env, host.h_addr_list[i], static_cast<size_t>(host.h_length));
  }
  auto entry = Napi::Array::New(env, 3);
  entry[0u] = Napi::String::New(env, host.h_name);
  entry[1u] = aliases;
  entry[2u] = addresses;
  return entry;
}

// Calls a re-entrant look-up with more memory until its answer fits.
template <typename Lookup>
Napi::Value HostLookup(const Napi::CallbackInfo& info, Lookup lookup) {
  std::vector<char> buffer(4096);
  hostent entry = {};
  hostent* result = nullptr;
  int h_error = 0;
  while (lookup(&entry, buffer.data(), buffer.size(), &result, &h_error) == ERANGE) {
    buffer.resize(buffer.size() * 2);
  }
  if (result == nullptr) return Number(info.Env(), h_error);
  return Host(info.Env(), *result);
}

}  // namespace

// getaddrinfo(3). (host or null, service or null, family, type, protocol, flags)
// -> [[family, type, protocol, canonname, sockaddr]] or the EAI_ code; for
// EAI_SYSTEM errno is in scratch.value[0]
Napi::Value Getaddrinfo(const Napi::CallbackInfo& info) {
  Args args(info);
  const bool any_host = args.IsNull(0);
  const bool any_service = args.IsNull(1);
  const std::string host = any_host ? "" : args.String(0);
  const std::string service = any_service ? "" : args.String(1);
  addrinfo hints = {};
  hints.ai_family = args.Int(2);
  hints.ai_socktype = args.Int(3);
  hints.ai_protocol = args.Int(4);
  hints.ai_flags = args.Int(5);
  if (args.failed()) return {};
  addrinfo* found = nullptr;
  const int code = getaddrinfo(any_host ? nullptr : host.c_str(),
                               any_service ? nullptr : service.c_str(), &hints, &found);
  args.scratch().value[0] = errno;
  if (code != 0) return Number(info.Env(), code);
  auto entries = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (const addrinfo* row = found; row != nullptr; row = row->ai_next) {
    entries[count++] = Entry(info.Env(), *row);
  }
  freeaddrinfo(found);
  return entries;
}

// getnameinfo(3). (address length, flags) -> [host, service] or the EAI_ code;
// the address from scratch
Napi::Value Getnameinfo(const Napi::CallbackInfo& info) {
  Args args(info);
  const socklen_t length = args.AddressLength(0);
  const int flags = args.Int(1);
  if (args.failed()) return {};
  char host[NI_MAXHOST];
  char service[NI_MAXSERV];
  const int code = getnameinfo(Address(args.scratch()), length, host, sizeof host, service,
                               sizeof service, flags);
  args.scratch().value[0] = errno;
  if (code != 0) return Number(info.Env(), code);
  auto names = Napi::Array::New(info.Env(), 2);
  names[0u] = Napi::String::New(info.Env(), host);
  names[1u] = Napi::String::New(info.Env(), service);
  return names;
}

// gethostbyname(3). (name) -> [name, aliases, addresses] or the h_errno code
Napi::Value Gethostbyname(const Napi::CallbackInfo& info) {
  Args args(info);
  const std::string name = args.String(0);
  if (args.failed()) return {};
  return HostLookup(info, [&name](auto... rest) { return HostByName(name.c_str(), rest...); });
}

// gethostbyaddr(3). (address bytes, family) -> as gethostbyname
Napi::Value Gethostbyaddr(const Napi::CallbackInfo& info) {
  Args args(info);
  const Span address = args.Whole(0);
  const int family = args.Int(1);
  if (args.failed()) return {};
  return HostLookup(info, [&address, family](auto... rest) {
    return HostByAddress(address.data, static_cast<socklen_t>(address.size), family, rest...);
  });
}

// getservbyname(3). (name, protocol or null) -> port or -1
Napi::Value Getservbyname(const Napi::CallbackInfo& info) {
  Args args(info);
  const std::string name = args.String(0);
  const std::string protocol = args.IsNull(1) ? "" : args.String(1);
  const bool any = args.IsNull(1);
  if (args.failed()) return {};
  const std::lock_guard<std::mutex> lock(g_databases);
  const servent* entry = getservbyname(name.c_str(), any ? nullptr : protocol.c_str());
  return Number(info.Env(), entry == nullptr ? -1 : ntohs(static_cast<uint16_t>(entry->s_port)));
}

// getservbyport(3). (port, protocol or null) -> name or null
Napi::Value Getservbyport(const Napi::CallbackInfo& info) {
  Args args(info);
  const int port = args.Int(0);
  const std::string protocol = args.IsNull(1) ? "" : args.String(1);
  const bool any = args.IsNull(1);
  if (args.failed()) return {};
  const std::lock_guard<std::mutex> lock(g_databases);
  const servent* entry =
      getservbyport(htons(static_cast<uint16_t>(port)), any ? nullptr : protocol.c_str());
  if (entry == nullptr) return info.Env().Null();
  return Napi::String::New(info.Env(), entry->s_name);
}

// getprotobyname(3). (name) -> number or -1
Napi::Value Getprotobyname(const Napi::CallbackInfo& info) {
  Args args(info);
  const std::string name = args.String(0);
  if (args.failed()) return {};
  const std::lock_guard<std::mutex> lock(g_databases);
  const protoent* entry = getprotobyname(name.c_str());
  return Number(info.Env(), entry == nullptr ? -1 : entry->p_proto);
}

}  // namespace bsd
