// The resolver and the databases of netdb.h. A question may take as long as a name
// server does, and nothing interrupts it.
#include <mutex>
#include <vector>

#include "syscall.h"
#include "task.h"

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

class Addresses final : public Task {
 public:
  bool any_host = false;
  bool any_service = false;
  std::string host;
  std::string service;
  addrinfo hints = {};

  ~Addresses() override {
    if (found_ != nullptr) freeaddrinfo(found_);
  }

  void Run() override {
    code_ = getaddrinfo(any_host ? nullptr : host.c_str(), any_service ? nullptr : service.c_str(),
                        &hints, &found_);
    errno_ = errno;
  }

  Napi::Value Answer(Napi::Env env, Scratch& scratch) override {
    scratch.value[0] = errno_;
    if (code_ != 0) return Number(env, code_);
    auto entries = Napi::Array::New(env);
    uint32_t count = 0;
    for (const addrinfo* row = found_; row != nullptr; row = row->ai_next) {
      entries[count++] = Entry(env, *row);
    }
    return entries;
  }

 private:
  addrinfo* found_ = nullptr;
  int code_ = 0;
  int errno_ = 0;
};

class Names final : public Task {
 public:
  sockaddr_storage address = {};
  socklen_t length = 0;
  int flags = 0;

  void Run() override {
    code_ = getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host_, sizeof host_,
                        service_, sizeof service_, flags);
    errno_ = errno;
  }

  Napi::Value Answer(Napi::Env env, Scratch& scratch) override {
    scratch.value[0] = errno_;
    if (code_ != 0) return Number(env, code_);
    auto names = Napi::Array::New(env, 2);
    names[0u] = Napi::String::New(env, host_);
    names[1u] = Napi::String::New(env, service_);
    return names;
  }

 private:
  char host_[NI_MAXHOST] = {};
  char service_[NI_MAXSERV] = {};
  int code_ = 0;
  int errno_ = 0;
};

// gethostbyname(3), or gethostbyaddr(3) when there is an address.
class Hosts final : public Task {
 public:
  std::string name;
  std::vector<uint8_t> address;
  int family = AF_UNSPEC;

  void Run() override {
    // Again with more memory until the answer fits.
    while (AskOnce() == ERANGE) buffer_.resize(buffer_.size() * 2);
  }

  Napi::Value Answer(Napi::Env env, Scratch&) override {
    if (result_ == nullptr) return Number(env, h_error_);
    return Host(env, *result_);
  }

 private:
  int AskOnce() {
    if (family == AF_UNSPEC) {
      return HostByName(name.c_str(), &entry_, buffer_.data(), buffer_.size(), &result_, &h_error_);
    }
    return HostByAddress(address.data(), static_cast<socklen_t>(address.size()), family, &entry_,
                         buffer_.data(), buffer_.size(), &result_, &h_error_);
  }

  std::vector<char> buffer_ = std::vector<char>(4096);
  hostent entry_ = {};
  hostent* result_ = nullptr;
  int h_error_ = 0;
};

}  // namespace

// getaddrinfo(3). (host or null, service or null, family, type, protocol, flags,
// later) -> [[family, type, protocol, canonname, sockaddr]] or the EAI_ code; for
// EAI_SYSTEM errno is in scratch.value[0]
Napi::Value Getaddrinfo(Args& args) {
  auto lookup = std::make_unique<Addresses>();
  lookup->any_host = args.IsNull(0);
  lookup->any_service = args.IsNull(1);
  if (!lookup->any_host) lookup->host = args.String(0);
  if (!lookup->any_service) lookup->service = args.String(1);
  lookup->hints.ai_family = args.Int(2);
  lookup->hints.ai_socktype = args.Int(3);
  lookup->hints.ai_protocol = args.Int(4);
  lookup->hints.ai_flags = args.Int(5);
  const bool later = args.Bool(6);
  if (args.failed()) return {};
  return Start(args, std::move(lookup), later);
}

// getnameinfo(3). (address length, flags, later) -> [host, service] or the EAI_
// code; the address from scratch
Napi::Value Getnameinfo(Args& args) {
  auto lookup = std::make_unique<Names>();
  lookup->length = args.AddressLength(0);
  lookup->flags = args.Int(1);
  const bool later = args.Bool(2);
  if (args.failed()) return {};
  lookup->address = args.scratch().address;
  return Start(args, std::move(lookup), later);
}

// gethostbyname(3). (name, later) -> [name, aliases, addresses] or the h_errno code
Napi::Value Gethostbyname(Args& args) {
  auto lookup = std::make_unique<Hosts>();
  lookup->name = args.String(0);
  const bool later = args.Bool(1);
  if (args.failed()) return {};
  return Start(args, std::move(lookup), later);
}

// gethostbyaddr(3). (address bytes, family, later) -> as gethostbyname
Napi::Value Gethostbyaddr(Args& args) {
  auto lookup = std::make_unique<Hosts>();
  const Span address = args.Whole(0);
  lookup->family = args.Int(1);
  const bool later = args.Bool(2);
  if (args.failed()) return {};
  if (lookup->family == AF_UNSPEC) return Number(args.env(), HOST_NOT_FOUND);
  lookup->address.assign(address.data, address.data + address.size);
  return Start(args, std::move(lookup), later);
}

// getservbyname(3). (name, protocol or null) -> port or -1
Napi::Value Getservbyname(Args& args) {
  const std::string name = args.String(0);
  const std::string protocol = args.IsNull(1) ? "" : args.String(1);
  const bool any = args.IsNull(1);
  if (args.failed()) return {};
  const std::lock_guard<std::mutex> lock(g_databases);
  const servent* entry = getservbyname(name.c_str(), any ? nullptr : protocol.c_str());
  return Number(args.env(), entry == nullptr ? -1 : ntohs(static_cast<uint16_t>(entry->s_port)));
}

// getservbyport(3). (port, protocol or null) -> name or null
Napi::Value Getservbyport(Args& args) {
  const int port = args.Int(0);
  const std::string protocol = args.IsNull(1) ? "" : args.String(1);
  const bool any = args.IsNull(1);
  if (args.failed()) return {};
  const std::lock_guard<std::mutex> lock(g_databases);
  const servent* entry =
      getservbyport(htons(static_cast<uint16_t>(port)), any ? nullptr : protocol.c_str());
  if (entry == nullptr) return args.env().Null();
  return Napi::String::New(args.env(), entry->s_name);
}

// getprotobyname(3). (name) -> number or -1
Napi::Value Getprotobyname(Args& args) {
  const std::string name = args.String(0);
  if (args.failed()) return {};
  const std::lock_guard<std::mutex> lock(g_databases);
  const protoent* entry = getprotobyname(name.c_str());
  return Number(args.env(), entry == nullptr ? -1 : entry->p_proto);
}

}  // namespace bsd
