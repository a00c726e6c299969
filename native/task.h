// What may take as long as it likes: now, or on a thread while JavaScript goes on.
#ifndef BSD_SOCKET_TASK_H_
#define BSD_SOCKET_TASK_H_

#include "args.h"

namespace bsd {

// Run may be on any thread, Answer is on JavaScript's.
class Task {
 public:
  virtual ~Task() = default;
  virtual void Run() = 0;
  virtual Napi::Value Answer(Napi::Env env, Scratch& scratch) = 0;
};

// A task that runs on a thread of the pool, answered by a promise.
class Later final : public Napi::AsyncWorker {
 public:
  Later(Napi::Env env, std::unique_ptr<Task> task, std::shared_ptr<Scratch> scratch)
      : Napi::AsyncWorker(env),
        task_(std::move(task)),
        scratch_(std::move(scratch)),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { task_->Run(); }
  void OnOK() override { deferred_.Resolve(task_->Answer(Env(), *scratch_)); }

 private:
  std::unique_ptr<Task> task_;
  std::shared_ptr<Scratch> scratch_;
  Napi::Promise::Deferred deferred_;
};

// The answer now, or a promise of it.
inline Napi::Value Start(Args& args, std::unique_ptr<Task> task, bool later) {
  if (!later) {
    task->Run();
    return task->Answer(args.env(), args.scratch());
  }
  auto* worker = new Later(args.env(), std::move(task), args.environment().scratch);
  worker->Queue();  // deletes itself when it is done
  return worker->Promise();
}

}  // namespace bsd

#endif  // BSD_SOCKET_TASK_H_
