// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/worker/worker_service.h"

#include <sys/socket.h>

#include <cerrno>

#include "model/model_file.h"
#include "model/worker/worker_protocol.h"

namespace torpor {
namespace {

// The blocking end of the conversation.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}

  // False: the other end has closed, which before a message is an end and inside one is not.
  Result<bool> read(MutableBytes bytes) const {
    const std::size_t whole = bytes.size();
    while (!bytes.empty()) {
      // Blocking and without a deadline: the other end keeps the deadlines, and kills.
      const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error{.reason = Reason::io_failed, .where = "recv", .os_code = errno};
      if (n == 0 && bytes.size() == whole) return false;
      if (n == 0) return Error{.reason = Reason::worker_protocol, .where = "a request that breaks off"};
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

  Status write(Bytes bytes) const {
    while (!bytes.empty()) {
      // MSG_NOSIGNAL: a torpord that has gone is an error here, not the end by SIGPIPE before the device
      // is released.
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error{.reason = Reason::io_failed, .where = "send", .os_code = errno};
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  Status write(WorkerMessage type, std::size_t count, Bytes payload) const {
    TORPOR_CHECK(write(encode({type, static_cast<std::uint16_t>(count)})));
    return write(payload);
  }

 private:
  int fd_;
};

// What answers, and what it took to have it.
struct Opened {
  // In this order, so that the backend goes first.
  std::unique_ptr<ModelFile> model;  // outlives the backend
  std::unique_ptr<Backend> backend;
  BootTime ready{};  // model checked, backend made
  Duration load{};
};

Status open(const WorkerService& service, Opened& opened) {
  const WorkerArguments& arguments = service.arguments;
  // Digest and version of the contract again: the file may have changed since torpord opened it.
  TORPOR_TRY(opened.model,
             ModelFile::open(service.files, arguments.model,
                             {.digest = arguments.digest, .feature_version = arguments.feature_version}));
  TORPOR_TRY(opened.backend, service.make_backend(arguments.backend));
  TORPOR_CHECK(opened.backend->probe());
  opened.ready = service.clock.now().boot;
  TORPOR_CHECK(opened.backend->load(*opened.model, arguments.max_batch));
  opened.load = service.clock.now().boot - opened.ready;
  return {};
}

// Told, and then the end: a backend that failed once is not asked again.
Status fail(const Socket& peer, const Error& error) {
  TORPOR_CHECK(peer.write(WorkerMessage::failed, 0, encode_failure(error)));
  return error;
}

}  // namespace

Status WorkerService::serve() {
  const Socket peer(socket);
  // Before the first request: inference takes no heap of this room.
  std::vector<TokenSet> batch(arguments.max_batch);
  std::vector<float> logits(arguments.max_batch);
  Opened opened;
  // Kept for the first request, because a reason can only be told as an answer.
  Status fit = open(*this, opened);
  for (bool first = true;; first = false) {
    WorkerHeaderBytes bytes;
    TORPOR_TRY(const bool more, peer.read(bytes));
    if (!more) break;
    TORPOR_TRY(const WorkerHeader header, decode_header(bytes, arguments.max_batch));
    if (header.type != WorkerMessage::request)
      return Error{.reason = Reason::worker_protocol, .where = "a request that is none"};
    RequestHead head;
    TORPOR_TRY(const bool has_head, peer.read(head));
    const std::span sets = std::span(batch).first(header.count);
    TORPOR_TRY(const bool has_sets, peer.read(std::as_writable_bytes(sets)));
    if (!has_head || !has_sets)
      return Error{.reason = Reason::worker_protocol, .where = "a request that breaks off"};

    const BootTime began = clock.now().boot;
    const std::span answers = std::span(logits).first(header.count);
    if (fit) fit = opened.backend->run(sets, answers);
    // Its own error would hide the one that matters.
    if (!fit && opened.backend) (void)opened.backend->release();
    if (!fit) return fail(peer, fit.error());
    BackendTimes times = opened.backend->times();
    // What run() took beside waking: with a device that stayed awake that is all of it.
    times.infer = clock.now().boot - began - times.init - times.load;
    // Only the first was waited for: start of the process and the model's check count as init from when it
    // was asked.
    if (first) {
      // Any number may come: one that is not in this boot's past is no time, and would overflow.
      const BootTime asked = decode_asked(head);
      if (asked >= BootTime{} && asked <= opened.ready) times.init += opened.ready - asked;
      times.load += opened.load;
    }
    // The answer before the teardown: the verdict must not wait for it, and each has its own deadline.
    TORPOR_CHECK(peer.write(WorkerMessage::answer, header.count, encode_times(times)));
    TORPOR_CHECK(peer.write(std::as_bytes(answers)));

    const BootTime done = clock.now().boot;
    if (arguments.policy != WorkerPolicy::keep) fit = opened.backend->release();
    // Destroyed before the word is given: nothing of the device is left that a destructor could still
    // hold.
    if (arguments.policy == WorkerPolicy::exit) opened.backend.reset();
    if (!fit) return fail(peer, fit.error());
    TORPOR_CHECK(peer.write(WorkerMessage::released, 0, encode_teardown(clock.now().boot - done)));
    if (arguments.policy == WorkerPolicy::exit) return {};
  }
  // The other end has closed: keep's device goes now.
  return opened.backend ? opened.backend->release() : Status{};
}

}  // namespace torpor
