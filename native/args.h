// Argument readers. JavaScript has validated already, with Python's words; this
// is the second lock: whatever arrives, no memory is touched that is not owned.
#ifndef BSD_SOCKET_ARGS_H_
#define BSD_SOCKET_ARGS_H_

#include <string>
#include <vector>

#include "addon.h"

namespace bsd {

struct Span {
  uint8_t* data = nullptr;
  size_t size = 0;
};

// Reads arguments in turn. The first bad one throws a JavaScript TypeError or
// RangeError and makes failed() true; the rest then read as zero.
class Args {
 public:
  static constexpr size_t kMost = 9;  // arguments that a function has

  // Napi::CallbackInfo costs more than some system calls' arguments are worth; and
  // those that are not given are made undefined one by one, so ask for no more than
  // `count`.
  Args(napi_env env, napi_callback_info info, size_t count) : env_(env) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  Napi::Env env() const { return env_; }
  bool failed() const { return failed_; }
  Napi::Value operator[](size_t index) const { return {env_, values_[index]}; }
  Environment& environment() const { return *environment_; }
  Scratch& scratch() const { return *environment().scratch; }

  int Int(size_t index) {
    int32_t value = 0;
    if (napi_get_value_int32(env_, values_[index], &value) != napi_ok) Fail("an integer", index);
    return value;
  }

  double Double(size_t index) {
    double value = 0;
    if (napi_get_value_double(env_, values_[index], &value) != napi_ok) Fail("a number", index);
    return value;
  }

  bool Bool(size_t index) {
    bool value = false;
    if (napi_get_value_bool(env_, values_[index], &value) != napi_ok) Fail("a boolean", index);
    return value;
  }

  std::string String(size_t index) {
    if (!(*this)[index].IsString()) {
      Fail("a string", index);
      return {};
    }
    return (*this)[index].As<Napi::String>().Utf8Value();
  }

  bool IsNull(size_t index) const { return (*this)[index].IsNull(); }

  // The whole of a Uint8Array. A detached or shrunk one has size 0 here.
  Span Whole(size_t index) { return ByteView(values_[index], index); }

  // A Uint8Array and how much of its beginning is meant: two arguments. Null is
  // no memory.
  Span Head(size_t index) { return Head(index, IsNull(index) ? 0 : Int(index + 1)); }

  Span Head(size_t index, int length) {
    if (IsNull(index)) return {};
    const Span whole = Whole(index);
    if (length < 0 || static_cast<size_t>(length) > whole.size) {
      Outside("length lies outside the buffer");
      return {};
    }
    return {whole.data, static_cast<size_t>(length)};
  }

  // A Uint8Array, or an array of them. All elements are read before any memory is
  // looked at: a getter among them could detach what was looked at already. What
  // this gives lasts until it is called again, by a getter too.
  std::vector<iovec>& Vectors(size_t index) {
    auto& vectors = environment().pieces;
    bool many = false;
    napi_is_array(env_, values_[index], &many);
    if (many) {
      const std::vector<napi_value> elements = Elements(values_[index]);
      vectors.clear();
      for (napi_value element : elements) Append(vectors, element, index);
    } else {
      vectors.clear();
      Append(vectors, values_[index], index);
    }
    return vectors;
  }

  // A number of a quick call. JavaScript may give the scratch memory to a thread
  // that changes it, so this reads it once.
  int Number(size_t index) const {
    const volatile int32_t* number = scratch().number;
    return number[index];
  }

  // The part of a typed array that a quick call means. It is not asked whether its
  // elements are bytes, which takes as long as a hundredth of a small send(2): those of
  // any other kind are as long or longer, so what lies outside is never touched.
  Span Part(size_t index) {
    const Span whole = View(values_[index], index, nullptr);
    const volatile double* part = scratch().part;
    const double offset = part[0];
    const double length = part[1];
    if (failed_) return {};
    const double end = static_cast<double>(whole.size) + 1;
    if (offset >= 0 && offset < end && length >= 0 && length < end) {
      const auto begin = static_cast<size_t>(offset);
      const auto size = static_cast<size_t>(length);
      if (size <= whole.size - begin) return {whole.data + begin, size};
    }
    Outside("offset and length lie outside the buffer");
    return {};
  }

  // A part of a Uint8Array: the array, an offset and a length, three arguments.
  Span Bytes(size_t index) {
    const Span whole = Whole(index);
    int64_t offset = 0;
    int64_t length = 0;
    if (napi_get_value_int64(env_, values_[index + 1], &offset) != napi_ok) {
      Fail("an integer", index + 1);
    }
    if (napi_get_value_int64(env_, values_[index + 2], &length) != napi_ok) {
      Fail("an integer", index + 2);
    }
    if (failed_) return {};
    if (offset < 0 || length < 0 || static_cast<uint64_t>(offset) > whole.size ||
        static_cast<uint64_t>(length) > whole.size - static_cast<uint64_t>(offset)) {
      Outside("offset and length lie outside the buffer");
      return {};
    }
    return {whole.data + offset, static_cast<size_t>(length)};
  }

  // Control messages that JavaScript wrote into the scratch memory.
  Span Control(int length) {
    if (length >= 0 && static_cast<size_t>(length) <= sizeof(Scratch::control)) {
      return {scratch().control, static_cast<size_t>(length)};
    }
    Outside("control messages lie outside the scratch memory");
    return {};
  }

  // A condition on arguments that were read; throws where it does not hold.
  bool Inside(bool holds) {
    if (!holds) Outside("messages lie outside the memory");
    return holds;
  }

  // The length of an address that JavaScript wrote into the scratch memory.
  socklen_t AddressLength(size_t index) { return Storage(Int(index)); }

  socklen_t Storage(int length) {
    if (length < 0 || static_cast<size_t>(length) > sizeof(sockaddr_storage)) {
      Outside("address length lies outside the scratch memory");
      return 0;
    }
    return static_cast<socklen_t>(length);
  }

 private:
  // The memory of a typed array, and how many elements it has.
  Span View(napi_value value, size_t index, napi_typedarray_type* type) {
    void* data = nullptr;
    size_t size = 0;
    if (napi_get_typedarray_info(env_, value, type, &size, &data, nullptr, nullptr) == napi_ok) {
      return {static_cast<uint8_t*>(data), size};
    }
    Fail("a Uint8Array", index);
    return {};
  }

  Span ByteView(napi_value value, size_t index) {
    napi_typedarray_type type = napi_uint8_array;
    const Span span = View(value, index, &type);
    if (type == napi_uint8_array) return span;
    Fail("a Uint8Array", index);
    return {};
  }

  // Neither is inlined, so that they take no room in what runs each time.
  [[gnu::noinline, gnu::cold]] void Outside(const char* words) {
    Throw(Napi::RangeError::New(env_, words));
  }

  [[gnu::noinline, gnu::cold]] void Fail(const char* wanted, size_t index) {
    Throw(Napi::TypeError::New(env_,
                               "native argument " + std::to_string(index) + " must be " + wanted));
  }

  void Append(std::vector<iovec>& vectors, napi_value value, size_t index) {
    const Span span = ByteView(value, index);
    vectors.push_back({span.data, span.size});
  }

  std::vector<napi_value> Elements(napi_value list) {
    uint32_t length = 0;
    napi_get_array_length(env_, list, &length);
    // The kernel takes 1024; an array that claims billions must not cost memory.
    if (length > 0xffff) {
      Outside("too many buffers");
      return {};
    }
    std::vector<napi_value> elements(length);
    for (uint32_t i = 0; i < length; i++) {
      if (napi_get_element(env_, list, i, &elements[i]) != napi_ok) {
        failed_ = true;  // the getter's own exception is on its way
        return {};
      }
    }
    return elements;
  }

  void Throw(const Napi::Error& error) {
    if (!failed_) error.ThrowAsJavaScriptException();
    failed_ = true;
  }

  napi_env env_;
  napi_value values_[kMost];
  Environment* environment_ = nullptr;
  bool failed_ = false;
};

}  // namespace bsd

#endif  // BSD_SOCKET_ARGS_H_
