// Initialisation: the export list, in the order of the man pages.
#include "args.h"

namespace bsd {
namespace {

// JavaScript's view of the scratch memory; the finalizer drops its share.
Napi::Value ScratchBuffer(Napi::Env env, const std::shared_ptr<Scratch>& scratch) {
  auto* share = new std::shared_ptr<Scratch>(scratch);
  return Napi::ArrayBuffer::New(
      env, scratch.get(), sizeof(Scratch),
      [](Napi::Env, void*, std::shared_ptr<Scratch>* held) { delete held; }, share);
}

template <Function function, size_t count>
napi_value Call(napi_env env, napi_callback_info info) {
  Args args(env, info, count);
  return function(args);
}

class Exports {
 public:
  Exports(Napi::Env env, Napi::Object object, Environment* environment)
      : env_(env), object_(object), environment_(environment) {}

  template <Function function, size_t count = Args::kMost>
  void Add(const char* name) {
    napi_value value = nullptr;
    napi_create_function(env_, name, NAPI_AUTO_LENGTH, Call<function, count>, environment_, &value);
    object_.Set(name, value);
  }

 private:
  Napi::Env env_;
  Napi::Object object_;
  Environment* environment_;
};

Napi::Object Init(Napi::Env env, Napi::Object object) {
  auto* environment = new Environment{
      std::make_shared<Scratch>(), nullptr, std::make_shared<std::set<int>>(), {}, {}, {}};
  env.SetInstanceData<Environment>(environment);
  // A plain cleanup hook: asynchronous ones are freed twice on Deno.
  env.AddCleanupHook([scratch = environment->scratch, owned = environment->owned] {
    UnwatchSignals(scratch.get());
    for (const int fd : *owned) close(fd);
  });

  object.Set("constants", Constants(env));
  object.Set("errnos", Errnos(env));
  object.Set("polling", Polling(env));
  object.Set("layout", Layouts(env));
  object.Set("scratch", ScratchBuffer(env, environment->scratch));
  object.Set("mainThread", OnMainThread());

  Exports exports(env, object, environment);
  exports.Add<Socket, 0>("socket");
  exports.Add<Socketpair>("socketpair");
  exports.Add<Bind, 2>("bind");
  exports.Add<Listen>("listen");
  exports.Add<Accept, 3>("accept");
  exports.Add<Connect, 0>("connect");
  exports.Add<Shutdown>("shutdown");
  exports.Add<Close, 0>("close");
  exports.Add<Dup>("dup");
  exports.Add<Nonblocking, 2>("nonblocking");
  exports.Add<Cloexec>("cloexec");
  exports.Add<Own, 2>("own");
  exports.Add<Getsockname, 1>("getsockname");
  exports.Add<Getpeername, 1>("getpeername");

  exports.Add<Recv, 1>("recv");
  exports.Add<Recvfrom, 1>("recvfrom");
  exports.Add<Send, 1>("send");
  exports.Add<Sendto, 1>("sendto");
  exports.Add<Sendfile>("sendfile");
  exports.Add<Read>("read");
  exports.Add<Seek>("seek");
  exports.Add<Misalignment, 2>("misalignment");
  exports.Add<Pipe>("pipe");
  exports.Add<Splice>("splice");
  exports.Add<Sendmsg, 2>("sendmsg");
  exports.Add<Recvmsg, 2>("recvmsg");
  exports.Add<Sendmmsg>("sendmmsg");
  exports.Add<Recvmmsg>("recvmmsg");
  exports.Add<CmsgSize>("cmsgSize");
  exports.Add<CmsgWalk>("cmsgWalk");

  exports.Add<Getsockopt, 0>("getsockopt");
  exports.Add<GetsockoptBytes>("getsockoptBytes");
  exports.Add<Setsockopt, 4>("setsockopt");
  exports.Add<SetsockoptBytes>("setsockoptBytes");
  exports.Add<SetsockoptProgram>("setsockoptProgram");

  exports.Add<Poll>("poll");
  exports.Add<PollMany>("pollMany");
  exports.Add<Select>("select");
  if (kHaveEpoll) {
    exports.Add<EpollCreate>("epollCreate");
    exports.Add<EpollCtl>("epollCtl");
    exports.Add<EpollWait>("epollWait");
  }
  exports.Add<ReactorOpen>("reactorOpen");
  exports.Add<ReactorAdd>("reactorAdd");
  exports.Add<ReactorRemove>("reactorRemove");
  exports.Add<ReactorNext>("reactorNext");
  exports.Add<ReactorRef>("reactorRef");
  exports.Add<WatchSignal>("watchSignal");
  exports.Add<TakeSignals>("takeSignals");
  exports.Add<SignalPipe>("signalPipe");

  exports.Add<Getaddrinfo>("getaddrinfo");
  exports.Add<Getnameinfo>("getnameinfo");
  exports.Add<Gethostbyname>("gethostbyname");
  exports.Add<Gethostbyaddr>("gethostbyaddr");
  exports.Add<Getservbyname>("getservbyname");
  exports.Add<Getservbyport>("getservbyport");
  exports.Add<Getprotobyname>("getprotobyname");

  exports.Add<Gethostname>("gethostname");
  exports.Add<Sethostname>("sethostname");
  exports.Add<IfNameindex>("ifNameindex");
  exports.Add<IfNametoindex>("ifNametoindex");
  exports.Add<IfIndextoname>("ifIndextoname");
  exports.Add<InetAton>("inetAton");
  exports.Add<InetPton>("inetPton");
  exports.Add<InetNtop>("inetNtop");
  exports.Add<Strerror>("strerror");
  exports.Add<GaiStrerror>("gaiStrerror");
  exports.Add<Hstrerror>("hstrerror");
  return object;
}

}  // namespace
}  // namespace bsd

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return bsd::Init(env, exports);
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, InitAddon)
