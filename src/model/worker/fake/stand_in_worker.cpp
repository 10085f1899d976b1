// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// For tests: a worker with its command line, that serves as torpor-infer does or fails in
// the way named by the environment (TORPOR_STAND_IN), on whatever backend it is told to be.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "model/cpu/cpu_backend.h"
#include "model/worker/worker_process.h"
#include "model/worker/worker_protocol.h"
#include "model/worker/worker_service.h"

namespace torpor {
namespace {

using std::chrono::microseconds;

constexpr int kSocket = WorkerProcess::kSocket;

[[noreturn]] void hang() {
  for (;;) ::pause();
}

void write_all(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(kSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) std::_Exit(9);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void read_all(MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::recv(kSocket, bytes.data(), bytes.size(), 0);
    if (n <= 0) std::_Exit(9);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::size_t read_request() {
  WorkerHeaderBytes bytes;
  read_all(bytes);
  const auto header = decode_header(bytes, kMaxWorkerBatch);
  if (!header) std::_Exit(9);
  RequestHead head;
  read_all(head);
  std::vector<TokenSet> sets(header->count);
  read_all(std::as_writable_bytes(std::span(sets)));
  return header->count;
}

void answer(std::size_t count, std::size_t claimed) {
  write_all(encode({WorkerMessage::answer, static_cast<std::uint16_t>(claimed)}));
  write_all(encode_times({microseconds(1), microseconds(2), microseconds(3), {}}));
  const std::vector<float> logits(count, 0.5f);
  write_all(std::as_bytes(std::span(logits)));
}

// Answers well; the device it stands for stays awake, as in the incident.
Result<std::unique_ptr<Backend>> leaving_hot(const char* status_file) {
  std::FILE* file = std::fopen(status_file, "w");
  if (file == nullptr) return Error{.reason = Reason::device_failed, .where = status_file};
  std::fputs("active\n", file);
  std::fclose(file);
  return std::unique_ptr<Backend>(std::make_unique<CpuBackend>());
}

int serve(const WorkerArguments& arguments, const char* hot) {
  PosixFiles files;
  const PosixClock clock = PosixClock::unscaled();
  WorkerService service{.arguments = arguments,
                        .files = files,
                        .clock = clock,
                        .socket = kSocket,
                        .make_backend = [hot](std::string_view) -> Result<std::unique_ptr<Backend>> {
                          if (hot != nullptr) return leaving_hot(hot);
                          return std::unique_ptr<Backend>(std::make_unique<CpuBackend>());
                        }};
  const Status served = service.serve();
  return served ? 0 : exit_code(served.error().reason);
}

int run(const WorkerArguments& arguments) {
  const char* given = std::getenv("TORPOR_STAND_IN");
  const std::string how = given == nullptr ? "serve" : given;
  if (how == "hang") hang();
  if (how == "serve") return serve(arguments, nullptr);
  if (how == "leak") return serve(arguments, std::getenv("TORPOR_STAND_IN_DEVICE"));
  if (how == "die") return 3;
  const std::size_t count = read_request();
  if (how == "hang_after_request") hang();
  if (how == "die_mid_answer") {
    write_all(encode({WorkerMessage::answer, static_cast<std::uint16_t>(count)}));
    return 3;
  }
  if (how == "crash") std::abort();
  if (how == "hang_up_and_stay") {
    ::close(kSocket);
    hang();
  }
  if (how == "garbage") {
    const std::array<std::byte, 64> garbage{std::byte{0x5a}};
    write_all(garbage);
    hang();
  }
  if (how == "too_many_logits") {
    answer(count + 1, count + 1);
    hang();
  }
  if (how == "no_device") {
    write_all(encode({WorkerMessage::failed, 0}));
    write_all(
        encode_failure({.reason = Reason::device_failed, .where = "stand-in", .found = "it sleeps on"}));
    return exit_code(Reason::device_failed);
  }
  answer(count, count);
  if (how == "hang_in_release") hang();
  if (how == "fail_in_release") {
    write_all(encode({WorkerMessage::failed, 0}));
    write_all(
        encode_failure({.reason = Reason::device_failed, .where = "stand-in", .found = "it stays awake"}));
    return exit_code(Reason::device_failed);
  }
  write_all(encode({WorkerMessage::released, 0}));
  write_all(encode_teardown(microseconds(4)));
  if (how == "hang_after_release") hang();
  return 0;
}

}  // namespace
}  // namespace torpor

int main(int argc, char** argv) {
  ::signal(SIGTERM, SIG_IGN);
  const auto arguments = torpor::parse_worker_arguments({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!arguments || !torpor::die_with_parent(arguments->parent)) return 64;
  return torpor::run(*arguments);
}
