// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sim/fake/incident.h"

#include <algorithm>

#include "contract/fake/example_contract.h"
#include "sensor/simulated/simulated_bearing.h"

namespace torpor {
namespace {

constexpr std::uint32_t kRateMhz = 1'600'000;

template <class T>
T must(Result<T> result) {
  if (!result) __builtin_trap();
  return *std::move(result);
}

}  // namespace

Contract incident_contract(std::uint32_t sleep_ms) {
  Terms t = terms_for_test();
  t.duty = {.sample_ms = 500, .sleep_ms = sleep_ms, .interval_tolerance_ms = 500};
  t.sensor_list[0].rate_mhz = kRateMhz;
  t.sensor_list[0].axes = 1;
  t.queue = {.batches = 3, .bytes = 16'000, .age_ms = 2000};
  t.power.infer_deadline_ms = 1000;
  t.power.release_deadline_ms = 500;
  t.power.awake_limit_ms = 2500;
  t.power.mj_per_hour = 60'000'000;
  t.alarm.fit_cycles = 120;
  t.alarm.calibration_cycles = 120;
  return contract_for_test(t);
}

TaggedSource::TaggedSource(const Contract& contract)
    : inner_(must(SimulatedBearing::make(SimConfig{.seed = 5}, contract, 0))) {}

Status TaggedSource::start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) {
  window_ = window_id;
  return inner_->start(window_id, samples, now);
}

Context TaggedSource::context() const {
  Context context = inner_->context();
  context.temperature_mdeg = static_cast<std::int32_t>(window_);
  return context;
}

WatchedBackend::WatchedBackend(FakeClock& clock) : clock_(clock), model_(random_model_file(11)) {
  if (!inner_.load(*model_, 1)) __builtin_trap();
}

Status WatchedBackend::run(std::span<const TokenSet> batch, std::span<float> logits) {
  runs_.push_back(clock_.now().boot);
  device_.acquire();
  clock_.advance(takes_);
  return inner_.run(batch, logits);
}

Status WatchedBackend::release() {
  ++releases_;
  if (device_.holders() > 0) TORPOR_CHECK(device_.release());
  return inner_.release();
}

BufferingSampler::BufferingSampler(Link& link, const Clock& clock, SampleSource& source, const OwnSide& own)
    : clock_(clock),
      source_(source),
      contract_(*own.contract),
      peer_(link, own, Peer::End::listens, clock.now().boot) {}

void BufferingSampler::begin(std::uint64_t window, const TimeStamp& now) {
  const auto samples =
      static_cast<std::uint32_t>(window_samples(contract_.terms().duty, contract_.terms().sensors()[0]));
  if (!source_.start(window, samples, now)) __builtin_trap();
  window_ = window;
  frames_ = 0;
  sampling_ = true;
  poll_at_ = now.boot;
  free_run_at_ = now.boot + contract_.period();
}

void BufferingSampler::collect(const TimeStamp& now) {
  while (sampling_ && poll_at_ <= now.boot) {
    SourceStep step = must(source_.poll(now));
    poll_at_ = step.next;
    if (step.frame) {
      ++frames_;
      backlog_.push_back(
          {.frame = *step.frame, .samples = {step.frame->samples.begin(), step.frame->samples.end()}});
    }
    if (step.next == BootTime::max()) {
      sampling_ = false;
      backlog_.push_back(
          {.frame = {.window_id = window_, .samples = {}}, .samples = {}, .end = true, .frames = frames_});
    }
  }
  most_buffered_ = std::max(most_buffered_, backlog_.size());
}

void BufferingSampler::flush(BootTime now) {
  while (!backlog_.empty() && peer_.agreed() && peer_.has_room()) {
    Item& item = backlog_.front();
    item.frame.samples = item.samples;
    const Status sent =
        item.end ? peer_.send(WindowEnd{.window_id = item.frame.window_id, .frames = item.frames}, now)
                 : peer_.send(item.frame, now);
    if (!sent) return;
    backlog_.pop_front();
  }
}

Step BufferingSampler::wake(Wake why) {
  const TimeStamp now = clock_.now();
  if (why == Wake::stop) return Step{.wait = {}, .exit_code = 0};
  peer_.step(now.boot);
  if (peer_.failed()) return Step{.wait = {}, .exit_code = exit_code(peer_.error().reason)};
  while (const Message* message = peer_.receive(now.boot)) {
    if (message->type == MessageType::window_start) begin(message->window_start.window_id, now);
  }
  if (peer_.failed()) return Step{.wait = {}, .exit_code = exit_code(peer_.error().reason)};
  // Nobody asked for a period: go on all the same, that is what it was built for.
  if (!sampling_ && now.boot >= free_run_at_) begin(window_ + 1, now);
  collect(now);
  flush(now.boot);
  Step step{.wait = peer_.wait(), .exit_code = {}};
  step.wait.until = std::min({step.wait.until, sampling_ ? poll_at_ : free_run_at_});
  step.wait.link_out = step.wait.link_out || (!backlog_.empty() && peer_.agreed() && !peer_.has_room());
  return step;
}

BacklogDetector::BacklogDetector(Link& link, const Clock& clock, Backend& backend, const OwnSide& own)
    : clock_(clock),
      backend_(backend),
      contract_(*own.contract),
      peer_(link, own, Peer::End::dials, clock.now().boot),
      tokens_(random_tokens(3, 1)) {}

Step BacklogDetector::wake(Wake why) {
  const BootTime now = clock_.now().boot;
  if (why == Wake::stop) return Step{.wait = {}, .exit_code = 0};
  peer_.step(now);
  while (const Message* message = peer_.receive(clock_.now().boot)) {
    if (message->type != MessageType::window_end) continue;
    float logit = 0;
    if (!backend_.run(tokens_, {&logit, 1}) || !backend_.release()) __builtin_trap();
  }
  if (peer_.failed()) return Step{.wait = {}, .exit_code = exit_code(peer_.error().reason)};
  if (peer_.agreed() && next_at_ == BootTime::max()) next_at_ = now;
  if (now >= next_at_) {
    const auto samples =
        static_cast<std::uint32_t>(window_samples(contract_.terms().duty, contract_.terms().sensors()[0]));
    (void)peer_.send(WindowStart{.window_id = next_window_++, .samples = samples}, now);
    next_at_ += contract_.period();
  }
  Step step{.wait = peer_.wait(), .exit_code = {}};
  step.wait.until = std::min(step.wait.until, next_at_);
  return step;
}

Status ForgingLink::open() {
  forged_ = false;
  head_.clear();
  pending_.clear();
  return inner_.open();
}

Result<std::size_t> ForgingLink::read(MutableBytes into) {
  if (pending_.empty()) {
    if (forged_) return inner_.read(into);
    std::byte raw[512];
    TORPOR_TRY(const std::size_t n, inner_.read(raw));
    head_.insert(head_.end(), raw, raw + n);
    const auto end = std::find(head_.begin(), head_.end(), std::byte{0});
    if (end == head_.end()) return std::size_t{0};
    // The first message is HELLO; all that follows is passed on as it is.
    MessageReader reader;
    Bytes in(head_);
    const Message* message = reader.next(in);
    if (message == nullptr || message->type != MessageType::hello) __builtin_trap();
    Hello hello = message->hello;
    hello.digest = shown_.digest();
    hello.sequence = shown_.sequence();
    std::byte payload[kMaxMessageBytes];
    std::byte wire[kMaxWireBytes];
    TORPOR_TRY(const Bytes encoded, encode(hello, payload));
    TORPOR_TRY(const std::size_t size, frame_payload(encoded, wire));
    pending_.assign(wire, wire + size);
    pending_.insert(pending_.end(), in.begin(), in.end());
    forged_ = true;
  }
  const std::size_t n = std::min(into.size(), pending_.size());
  std::copy_n(pending_.begin(), n, into.begin());
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(n));
  return n;
}

std::vector<std::string> backlog_violations(const std::vector<BootTime>& inferences,
                                            const Contract& contract) {
  std::vector<std::string> found;
  const Duration least =
      contract.period() - std::chrono::milliseconds(contract.terms().duty.interval_tolerance_ms);
  for (std::size_t i = 1; i < inferences.size(); ++i) {
    const Duration interval = inferences[i] - inferences[i - 1];
    if (interval >= least) continue;
    found.push_back("inference " + std::to_string(i) + " came " +
                    std::to_string(interval.count() / 1'000'000) + " ms after the one before");
  }
  return found;
}

std::vector<std::string> residency_violations(
    const std::vector<CycleReport>& reports,
    const std::vector<std::uint64_t>& cycles_that_left_the_device_hot) {
  std::vector<std::string> found;
  for (const std::uint64_t cycle : cycles_that_left_the_device_hot) {
    const auto report =
        std::find_if(reports.begin(), reports.end(), [&](const CycleReport& r) { return r.cycle == cycle; });
    if (report == reports.end() || !report->has(Breach::residency)) {
      found.push_back("cycle " + std::to_string(cycle) + " left the device hot and its report says nothing");
    }
  }
  return found;
}

}  // namespace torpor
