// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/cpu/cpu_backend.h"
#include "model/fake/models.h"
#include "power/fake/fake_residency.h"
#include "sim/robot.h"

// The night of the incident, rebuilt around the real roles: what the old firmware, the old
// loop and the old device did, as parts a test can put in the place of ours. Test code only.
namespace torpor {

// A contract with cheap windows: half a second of one axis at 1600 Hz.
Contract incident_contract(std::uint32_t sleep_ms);

// A source that says which window it is sampling, in Context::temperature_mdeg.
class TaggedSource final : public SampleSource {
 public:
  explicit TaggedSource(const Contract& contract);
  SensorFacts describe() const override { return inner_->describe(); }
  Status start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) override;
  Result<SourceStep> poll(const TimeStamp& now) override { return inner_->poll(now); }
  void stop() override { inner_->stop(); }
  Context context() const override;
  bool ended() const override { return false; }

 private:
  std::unique_ptr<SampleSource> inner_;
  std::uint64_t window_ = 0;
};

// The CPU backend on a device that is watched: every run is logged with its time, holds the
// device, and takes a while.
class WatchedBackend final : public Backend {
 public:
  explicit WatchedBackend(FakeClock& clock);
  std::string_view name() const override { return inner_.name(); }
  bool exact() const override { return inner_.exact(); }
  Status probe() override { return inner_.probe(); }
  Status load(const ModelFile& model, std::size_t max_batch) override {
    return inner_.load(model, max_batch);
  }
  Status run(std::span<const TokenSet> batch, std::span<float> logits) override;
  Status release() override;

  FakeResidency& device() { return device_; }
  const std::vector<BootTime>& runs() const { return runs_; }
  int releases() const { return releases_; }
  void takes(Duration time) { takes_ = time; }

 private:
  FakeClock& clock_;
  std::unique_ptr<ModelFile> model_;
  CpuBackend inner_;
  FakeResidency device_;
  std::vector<BootTime> runs_;
  Duration takes_ = std::chrono::milliseconds(20);
  int releases_ = 0;
};

// The old habit of the device's owner: believes release() and never looks.
class BelievingProbe final : public ResidencyProbe {
 public:
  ResidencyState check(FixedString<64>& note) override {
    note = "release() said so";
    return ResidencyState::released;
  }
};

// The old firmware: samples on by itself whenever nobody asks, keeps everything in RAM while
// the link takes nothing, and hands all of it over afterwards, oldest first.
class BufferingSampler final : public Role {
 public:
  BufferingSampler(Link& link, const Clock& clock, SampleSource& source, const OwnSide& own);
  Step wake(Wake why) override;
  std::size_t most_buffered() const { return most_buffered_; }

 private:
  struct Item {
    Frame frame;
    std::vector<std::int16_t> samples;
    bool end = false;
    std::uint32_t frames = 0;
  };
  void begin(std::uint64_t window, const TimeStamp& now);
  void collect(const TimeStamp& now);
  void flush(BootTime now);

  const Clock& clock_;
  SampleSource& source_;
  const Contract& contract_;
  Peer peer_;
  std::deque<Item> backlog_;
  std::size_t most_buffered_ = 0;
  std::uint64_t window_ = 0;
  std::uint32_t frames_ = 0;
  bool sampling_ = false;
  BootTime poll_at_ = BootTime::max();
  BootTime free_run_at_ = BootTime::max();
};

// The old loop: infers over every window that arrives, as it arrives.
class BacklogDetector final : public Role {
 public:
  BacklogDetector(Link& link, const Clock& clock, Backend& backend, const OwnSide& own);
  Step wake(Wake why) override;

 private:
  const Clock& clock_;
  Backend& backend_;
  const Contract& contract_;
  Peer peer_;
  std::uint64_t next_window_ = 1;
  BootTime next_at_ = BootTime::max();
  std::vector<TokenSet> tokens_;
};

// The old agreement: each side is shown its own digest, whatever the other holds.
class ForgingLink final : public Link {
 public:
  ForgingLink(Link& inner, const Contract& shown) : inner_(inner), shown_(shown) {}
  Status open() override;
  bool is_open() const override { return inner_.is_open(); }
  Result<std::size_t> read(MutableBytes into) override;
  Result<std::size_t> write(Bytes from) override { return inner_.write(from); }
  void close() override { inner_.close(); }
  bool holds_bytes() const { return !pending_.empty(); }

 private:
  Link& inner_;
  const Contract& shown_;
  bool forged_ = false;
  std::vector<std::byte> head_;
  std::deque<std::byte> pending_;
};

// What the incident did, as judges that know only what happened, not how.
std::vector<std::string> backlog_violations(const std::vector<BootTime>& inferences,
                                            const Contract& contract);
std::vector<std::string> residency_violations(
    const std::vector<CycleReport>& reports,
    const std::vector<std::uint64_t>& cycles_that_left_the_device_hot);

}  // namespace torpor
