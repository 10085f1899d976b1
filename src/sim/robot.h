// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <vector>

#include "base/fake/memory_files.h"
#include "duty/detector.h"
#include "firmware/sampler.h"
#include "link/fake/memory_link.h"
#include "power/declared_meter.h"
#include "report/report_log.h"
#include "sim/stepped_world.h"
#include "window/queue_memory.h"

namespace torpor {

// One robot on stepped time: the real detector and the real sampler, each with its own
// contract, joined by a memory link. What a process gets from the operating system comes
// from here; everything else is the code that ships.
class Robot final : private DutyListener {
 public:
  struct Setup {
    Contract detector_contract;
    Contract sampler_contract;
    SampleSource* source = nullptr;       // outlives the robot
    Backend* backend = nullptr;           // loaded; outlives the robot
    Backend* fallback = nullptr;          // as backend; null: none
    ResidencyProbe* residency = nullptr;  // outlives the robot
    PowerModel power;                     // of a declared meter, unless there is another
    EnergyMeter* meter = nullptr;         // outlives the robot; null: declared
    MemoryLinkPair::Options link{};
    Duration peer_timeout = std::chrono::seconds(10);
    std::uint64_t cycle_limit = 0;
    PeerStopper* stopper = nullptr;     // the sampler's
    SystemSleep* sleep = nullptr;       // the sampler's
    const MemoryFiles* disk = nullptr;  // what the robot finds on its own; null: nothing
  };
  // The directory of its record log, on files().
  static constexpr const char* kReports = "/reports";

  // Ends the program when the detector's state cannot be taken up: from a disk that is well it can.
  Robot(const Setup& setup, FakeClock& clock);

  // The roles begin with the first call.
  void run_for(Duration time) { world_.run_until(clock_.now().boot + time); }
  void run_cycles(std::uint64_t cycles);

  // The detector is killed where it stands, and started again on what it left on disk.
  void restart_detector();

  SteppedWorld& world() { return world_; }
  MemoryLinkPair& link() { return link_; }
  MemoryFiles& files() { return files_; }
  StoredBudget& budget() { return *budget_; }
  const Detector& detector() const { return *detector_; }
  const SamplerRole& sampler() const { return *sampler_; }
  const Appraiser& appraiser() const { return *appraiser_; }
  // Of all cycles since the robot began, as they were told; what is durable lies in kReports.
  const std::vector<CycleReport>& reports() const { return reports_; }
  bool has_agreed() const { return agreements_ > 0; }
  std::optional<int> detector_exit() const { return world_.exit_code(detector_index_); }
  std::optional<int> sampler_exit() const { return world_.exit_code(sampler_index_); }
  std::size_t detector_index() const { return detector_index_; }
  std::size_t sampler_index() const { return sampler_index_; }

 private:
  void make_detector();
  Status agreed() override;
  Status reported(const CycleReport& report) override;

  const Setup setup_;
  FakeClock& clock_;
  Contract detector_contract_;
  Contract sampler_contract_;
  OwnSide detector_side_;
  OwnSide sampler_side_;
  MemoryFiles files_;
  MemoryLinkPair link_;
  QueueMemory detector_memory_;
  QueueMemory sampler_memory_;
  DeclaredMeter declared_;
  std::optional<ReportLog> log_;
  std::optional<StoredBudget> budget_;
  std::unique_ptr<Appraiser> appraiser_;
  std::unique_ptr<Appraiser> fallback_;
  std::unique_ptr<Detector> detector_;
  std::unique_ptr<SamplerRole> sampler_;
  SteppedWorld world_;
  std::size_t detector_index_ = 0;
  std::size_t sampler_index_ = 0;
  std::uint32_t agreements_ = 0;
  std::vector<CycleReport> reports_;
};

}  // namespace torpor
