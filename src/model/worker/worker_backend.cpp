// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/worker/worker_backend.h"

#include <unistd.h>

#include "base/assertion.h"
#include "model/backends/backends.h"
#include "model/model_file.h"

namespace torpor {
namespace {

template <class T>
MutableBytes bytes_of(std::span<T> values) {
  return std::as_writable_bytes(values);
}

}  // namespace

bool WorkerBackend::exact() const {
  const BackendFacts* facts = find_backend(setup_.backend);
  return facts != nullptr && facts->exact;
}

Status WorkerBackend::load(const ModelFile& model, std::size_t max_batch) {
  if (max_batch == 0 || max_batch > kMaxWorkerBatch) {
    Error error{.reason = Reason::model_batch, .where = "worker"};
    error.found << max_batch;
    error.expected << "1 to " << kMaxWorkerBatch;
    return error;
  }
  process_.kill();  // it has another model, or there is none
  // The worker asks for its death with this process: by number, as it may have another parent by then.
  TORPOR_CHECK(
      process_.prepare(command_line(setup_.program, {.backend = setup_.backend,
                                                     .policy = setup_.policy,
                                                     .model = setup_.model_path,
                                                     .digest = model.digest(),
                                                     .feature_version = model.feature_version(),
                                                     .max_batch = static_cast<std::uint32_t>(max_batch),
                                                     .parent = ::getpid()})));
  max_batch_ = max_batch;
  state_ = State::ready;
  return {};
}

Status WorkerBackend::run(std::span<const TokenSet> batch, std::span<float> logits) {
  if (state_ == State::not_loaded) return Error{.reason = Reason::model_not_loaded, .where = "worker"};
  TORPOR_CHECK(check_batch("worker", batch.size(), logits.size(), max_batch_));
  TORPOR_CHECK(release());  // of a run before this one
  TORPOR_ASSERT(state_ == State::ready, "worker.a_run_starts_with_the_one_before_released");
  times_ = {};
  // After the release: what the cycle before took is not this one's inference.
  const BootTime asked = real_.now().boot;
  // One deadline for start, request and answer, as the contract has one number for it.
  const BootTime deadline = asked + setup_.infer_deadline;
  // A worker that died while it waited is replaced without a word: nothing was asked of it.
  if (!process_.running()) TORPOR_CHECK(process_.start());
  TORPOR_CHECK(ask(batch, asked, deadline));
  return hear(logits, deadline);
}

// What was said is not the protocol; nothing more of this process is believed.
Error WorkerBackend::broken(Error error) {
  process_.kill();
  return error;
}

Status WorkerBackend::ask(std::span<const TokenSet> batch, BootTime asked, BootTime deadline) {
  std::array<std::byte, kWorkerHeaderBytes + kRequestHeadBytes> head;
  const auto header = encode({WorkerMessage::request, static_cast<std::uint16_t>(batch.size())});
  const auto request = encode_asked(asked);
  std::copy(request.begin(), request.end(), std::copy(header.begin(), header.end(), head.begin()));
  // Head and sets apart: the sets go from where they lie, without a copy.
  TORPOR_CHECK(process_.send(head, deadline));
  return process_.send(std::as_bytes(batch), deadline);
}

Status WorkerBackend::hear(std::span<float> logits, BootTime deadline) {
  WorkerHeaderBytes bytes;
  TORPOR_CHECK(process_.receive(bytes, deadline));
  const auto header = decode_header(bytes, logits.size());
  // Every count was held by decode_header(): no length here is one the other side chose.
  if (!header) return broken(header.error());
  if (header->type == WorkerMessage::failed) return hear_failure(deadline);
  if (header->type != WorkerMessage::answer)
    return broken({.reason = Reason::worker_protocol, .where = "an answer that is none"});
  AnswerHead head;
  TORPOR_CHECK(process_.receive(head, deadline));
  TORPOR_CHECK(process_.receive(bytes_of(logits), deadline));
  // Read before it is believed: the logits already lie in place, but without the state nobody takes them.
  const auto times = decode_times(head);
  if (!times) return broken(times.error());
  times_ = *times;
  state_ = State::to_release;
  return {};
}

// A worker that failed has given back what it could, and ends.
Error WorkerBackend::hear_failure(BootTime deadline) {
  FailedBytes failed;
  const Status heard = process_.receive(failed, deadline);
  if (!heard) return heard.error();
  // It has said why it ends: what is left is to wait for that.
  state_ = State::to_exit;
  return decode_failure(failed);
}

Status WorkerBackend::hear_released(BootTime deadline) {
  WorkerHeaderBytes bytes;
  TORPOR_CHECK(process_.receive(bytes, deadline));
  const auto header = decode_header(bytes, 0);
  if (!header) return broken(header.error());
  if (header->type == WorkerMessage::failed) {
    const Error failure = hear_failure(deadline);
    // Its own failure is what is told.
    (void)release();
    return failure;
  }
  if (header->type != WorkerMessage::released)
    return broken({.reason = Reason::worker_protocol, .where = "a word of release that is none"});
  ReleasedBytes released;
  TORPOR_CHECK(process_.receive(released, deadline));
  const auto teardown = decode_teardown(released);
  if (!teardown) return broken(teardown.error());
  times_.teardown = *teardown;
  return {};
}

Status WorkerBackend::release() {
  // Set back first: a release that fails is owed no second time.
  const State state = state_;
  if (state != State::to_release && state != State::to_exit) return {};
  state_ = State::ready;
  // From now: what inference took of its deadline is no concern of the release.
  const BootTime deadline = real_.now().boot + setup_.release_deadline;
  if (state == State::to_release) {
    TORPOR_CHECK(hear_released(deadline));
    // A worker that stays has given back its device with that word; only one that goes is waited for.
    if (setup_.policy != WorkerPolicy::exit) return {};
  }
  const Status ended = process_.wait_for_exit(deadline);
  // How a worker ends that said why it failed adds nothing.
  if (state == State::to_exit && !ended && ended.error().reason == Reason::worker_died) return {};
  return ended;
}

}  // namespace torpor
