// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sim/robot.h"

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr const char* kState = "/state";
constexpr const char* kBoot = "stepped";

ReportLog must_open_log(const Contract& contract, Files& files) {
  auto opened = ReportLog::open(files, Robot::kReports, log_bounds(contract.terms().telemetry));
  TORPOR_ASSERT(opened.ok(), "sim.a_record_log_takes_up_its_records");
  return *std::move(opened);
}

std::unique_ptr<Appraiser> must_make(const Contract& contract, Backend& backend, Files& files,
                                     const ReportLog& log) {
  const Status there = files.make_directories(kState);
  TORPOR_ASSERT(there.ok(), "sim.a_state_directory_can_be_made");
  auto made =
      Appraiser::make(contract, 0, {backend, files}, {kState, 0}, log.found() ? &*log.found() : nullptr);
  TORPOR_ASSERT(made.ok(), "sim.an_appraiser_takes_up_its_state");
  return *std::move(made);
}

StoredBudget must_open(const Contract& contract, Files& files, const Clock& clock) {
  auto opened = StoredBudget::open(files, kState, contract.terms(), kBoot, clock.now().boot);
  TORPOR_ASSERT(opened.ok(), "sim.a_budget_takes_up_its_state");
  return *std::move(opened);
}

}  // namespace

Robot::Robot(const Setup& setup, FakeClock& clock)
    : setup_(setup),
      clock_(clock),
      detector_contract_(setup.detector_contract),
      sampler_contract_(setup.sampler_contract),
      detector_side_{.role = LinkRole::detector,
                     .boot_epoch = 1,
                     .contract = &detector_contract_,
                     .bundle = {},
                     .peer_timeout = setup.peer_timeout},
      sampler_side_{.role = LinkRole::sampler,
                    .boot_epoch = 2,
                    .contract = &sampler_contract_,
                    .bundle = {},
                    .peer_timeout = setup.peer_timeout},
      files_(setup.disk != nullptr ? *setup.disk : MemoryFiles()),
      link_(setup.link),
      detector_memory_(detector_contract_),
      sampler_memory_(sampler_contract_),
      declared_(setup.power),
      sampler_(std::make_unique<SamplerRole>(SamplerRole::Parts{.link = link_.listener(),
                                                                .clock = clock_,
                                                                .source = *setup.source,
                                                                .own = sampler_side_,
                                                                .memory = sampler_memory_.memory(),
                                                                .stopper = setup.stopper,
                                                                .sleep = setup.sleep})),
      world_(clock_) {
  make_detector();
  const auto events = [this](Link& end) {
    return SteppedWorld::LinkEvents{.readable = [this, &end] { return link_.readable(end); },
                                    .writable = [this, &end] { return link_.writable(end); }};
  };
  sampler_index_ = world_.add(*sampler_, events(link_.listener()));
  detector_index_ = world_.add(*detector_, events(link_.dialer()));
}

void Robot::make_detector() {
  log_.reset();  // of the process before, with its hold on the directory
  log_.emplace(must_open_log(detector_contract_, files_));
  appraiser_ = must_make(detector_contract_, *setup_.backend, files_, *log_);
  if (setup_.fallback != nullptr) fallback_ = must_make(detector_contract_, *setup_.fallback, files_, *log_);
  budget_.emplace(must_open(detector_contract_, files_, clock_));
  detector_ =
      std::make_unique<Detector>(Detector::Parts{.link = link_.dialer(),
                                                 .clock = clock_,
                                                 .own = detector_side_,
                                                 .backend = *setup_.backend,
                                                 .residency = *setup_.residency,
                                                 .sensor = {.appraiser = *appraiser_,
                                                            .fallback = fallback_.get(),
                                                            .memory = detector_memory_.memory()},
                                                 .meter = setup_.meter != nullptr ? *setup_.meter : declared_,
                                                 .budget = *budget_,
                                                 .listener = *this},
                                 Detector::Run{.device = "robot",
                                               .boot_id = kBoot,
                                               .last_cycle = log_->last_cycle(),
                                               .cycle_limit = setup_.cycle_limit});
}

// The link falls first, as it does when a process dies: the sampler hears of it before the
// new detector dials, and the new boot epoch is neither side's.
void Robot::restart_detector() {
  link_.hang_up();
  ++detector_side_.boot_epoch;
  if (detector_side_.boot_epoch == sampler_side_.boot_epoch) ++detector_side_.boot_epoch;
  make_detector();
  world_.replace(detector_index_, *detector_);
}

void Robot::run_cycles(std::uint64_t cycles) {
  const std::size_t wanted = reports_.size() + cycles;
  // One period more than needed at most: a robot that does not report cannot hold us.
  for (std::uint64_t i = 0; i <= cycles && reports_.size() < wanted && !detector_exit(); ++i) {
    run_for(detector_contract_.period());
  }
}

Status Robot::agreed() {
  ++agreements_;
  return {};
}

Status Robot::reported(const CycleReport& report) {
  reports_.push_back(report);
  return log_->append(report);
}

}  // namespace torpor
