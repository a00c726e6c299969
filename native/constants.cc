// The generated tables as JavaScript objects.
#include "addon.h"

namespace bsd {
namespace {

struct Constant {
  const char* name;
  double value;
};

struct Member {
  const char* name;
  size_t offset;
  size_t size;
};

struct Struct {
  const char* name;
  size_t size;
  std::vector<Member> members;
};

#include "constants.gen.inc"
#include "layout.gen.inc"

template <size_t N>
Napi::Object Table(Napi::Env env, const Constant (&rows)[N]) {
  auto table = Napi::Object::New(env);
  for (const Constant& row : rows) table.Set(row.name, Napi::Number::New(env, row.value));
  return table;
}

}  // namespace

Napi::Object Constants(Napi::Env env) { return Table(env, kConstants); }

Napi::Object Errnos(Napi::Env env) { return Table(env, kErrnos); }

Napi::Object Polling(Napi::Env env) { return Table(env, kPolling); }

Napi::Object Layouts(Napi::Env env) {
  auto table = Napi::Object::New(env);
  const auto number = [env](size_t value) {
    return Napi::Number::New(env, static_cast<double>(value));
  };
  for (const Struct& row : kStructs) {
    auto members = Napi::Object::New(env);
    members.Set("size", number(row.size));
    for (const Member& member : row.members) {
      auto field = Napi::Object::New(env);
      field.Set("offset", number(member.offset));
      field.Set("size", number(member.size));
      members.Set(member.name, field);
    }
    table.Set(row.name, members);
  }
  return table;
}

}  // namespace bsd
