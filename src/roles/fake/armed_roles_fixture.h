// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdlib>

#include "base/fake/fake_clock.h"
#include "base/posix/posix_clock.h"
#include "contract/host/admission.h"
#include "duty/appraiser.h"
#include "model/cpu/cpu_backend.h"
#include "model/model_file.h"
#include "roles/fake/roles_fixture.h"
#include "sensor/spec/source_spec.h"
#include "telemetry/spool_state.h"

namespace torpor {

// Set: the counts that a change of storage is judged by, in place of those of every day.
inline bool long_tests() { return std::getenv("TORPOR_LONG_TESTS") != nullptr; }

// Two roles on the fastest clock whose baseline is armed.
// Their counters know the first contract; the second one is a new sequence, so that a start
// under it has a counter to advance. What telemetry knows goes to a place of its own.
class ArmedRolesTest : public RolesTest {
 protected:
  static constexpr const char* kSpeed = "200";
  static constexpr const char* kSound = "sim:7";
  static constexpr const char* kDamaged = "sim:7,fault=outer,severity=100";
  static constexpr const char* kShocked = "sim:7,fault=outer,severity=1000";

  void SetUp() override {
    RolesTest::SetUp();
    std::string site = slurp(at("site.toml"));
    replace(site, "textfile = \"\"", "textfile = \"" + at("collector/torpor.prom") + "\"");
    std::ofstream(at("site.toml")) << site;
    std::filesystem::create_directory(at("collector"));
    for (const char* sequence : {"1", "2"}) ASSERT_NO_FATAL_FAILURE(sign_as(sequence));
    ASSERT_NO_FATAL_FAILURE(arm());
  }

  static void replace(std::string& text, const std::string& from, const std::string& to) {
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
  }
  // 60 ms a cycle at the speed of the test, of which the window may be 40 ms late.
  void sign_as(const std::string& sequence) {
    std::string text = slurp(source_file("examples/demo.toml"));
    replace(text, "interval_tolerance_ms = 600 ", "interval_tolerance_ms = 5900 ");
    replace(text, "sleep_ms = 5500", "sleep_ms = 11500");
    replace(text, "awake_limit_ms = 4000", "awake_limit_ms = 11500");
    replace(text, "age_ms = 4000", "age_ms = 60000");
    replace(text, "mj_per_hour = 900000", "mj_per_hour = 4000000000");
    replace(text, "cycles_between_false_alarms = 100000", "cycles_between_false_alarms = 100");
    replace(text, "interval_ms = 60000", "interval_ms = 12000");
    std::ofstream(at("contract.toml")) << text;
    run({bin("torpor"), "contract", "sign", at("contract.toml"), "--key", key_, "--out",
         at("bundle." + sequence), "--sequence", sequence, "--not-before", "2026-01-01T00:00:00Z",
         "--expires", "+90d"});
  }
  void work_under(const std::string& sequence) {
    for (const char* name : {"detector.bundle", "sampler.bundle"})
      std::filesystem::copy_file(at("bundle." + sequence), at(name),
                                 std::filesystem::copy_options::overwrite_existing);
  }

  // Learns in this process what a robot learns in 240 cycles, and completes one under the first
  // contract for both sides.
  void arm() {
    PosixFiles files;
    const auto uid = static_cast<std::uint32_t>(::getuid());
    for (const char* name : {"sampler", "detector"}) {
      auto admission = admitted(files, at(name), "1");
      ASSERT_TRUE(admission.ok()) << one_line(admission.error()).view();
      ASSERT_TRUE(admission->store.cycle_completed(admission->contract).ok());
    }
    const auto admission = admitted(files, at("detector"), "1");
    const Contract& contract = admission->contract;
    const auto model = ModelFile::open(
        files, source_file("data/detector.model"),
        {.digest = contract.terms().model.digest, .feature_version = contract.terms().model.feature_version});
    ASSERT_TRUE(model.ok());
    CpuBackend backend;
    ASSERT_TRUE(backend.load(**model, Appraiser::batch_size(contract, 0)).ok());
    auto appraiser = Appraiser::make(contract, 0, {backend, files}, {at("detector"), uid}, nullptr);
    ASSERT_TRUE(appraiser.ok()) << one_line(appraiser.error()).view();
    const auto spec = parse_source_spec(kSound);
    const auto source = make_source(*spec, contract, 0, files);
    ASSERT_TRUE(source.ok());
    std::uint64_t cycle = 0;
    while ((*appraiser)->judge().state() != JudgeState::armed) {
      ASSERT_LT(cycle, 300u);
      ASSERT_FALSE(latched_after(**appraiser, **source, contract, ++cycle));
    }
    ASSERT_TRUE((*appraiser)->save_learned(true).ok());
    ASSERT_TRUE((*appraiser)->save_evidence().ok());
    for (const char* name : {"sampler", "detector"})
      std::filesystem::copy(at(name), at(std::string(name) + ".armed"),
                            std::filesystem::copy_options::recursive);
    const auto damaged = make_source(*parse_source_spec(kDamaged), contract, 0, files);
    ASSERT_TRUE(damaged.ok());
    std::vector<EvidenceBytes> evidence = {(*appraiser)->evidence(), (*appraiser)->evidence()};
    while (!latched_after(**appraiser, **damaged, contract, ++cycle)) {
      ASSERT_LT(cycle, 400u);
      evidence.push_back((*appraiser)->evidence());
    }
    before_alarm_ = evidence[evidence.size() - 2];
  }
  static bool latched_after(Appraiser& appraiser, SampleSource& source, const Contract& contract,
                            std::uint64_t cycle) {
    const SensorTerms& sensor = contract.terms().sensors()[0];
    FakeClock clock;
    std::vector<std::int16_t> samples;
    std::int64_t scale_pg = 0;
    const auto wanted = static_cast<std::uint32_t>(window_samples(contract.terms().duty, sensor));
    EXPECT_TRUE(source.start(cycle, wanted, clock.now()).ok());
    for (BootTime next = clock.now().boot; next != BootTime::max();) {
      clock.advance_to(next);
      const auto step = source.poll(clock.now());
      if (!step) break;
      if (step->frame) {
        samples.insert(samples.end(), step->frame->samples.begin(), step->frame->samples.end());
        scale_pg = step->frame->scale_pg;
      }
      next = step->next;
    }
    const std::uint32_t start = 0;
    const Window window{.id = cycle,
                        .sensor = 0,
                        .rate_mhz = sensor.rate_mhz,
                        .axes = sensor.axes,
                        .scale_pg = scale_pg,
                        .samples = samples,
                        .block_starts = {&start, 1},
                        .context = source.context()};
    return appraiser.appraise(cycle, window, WindowQuality::good).verdict.latched;
  }
  Result<Admission> admitted(PosixFiles& files, const std::string& state, const std::string& sequence) {
    return admit(files, {.bundle = at("bundle." + sequence), .trust = at("trust"), .state_dir = state},
                 "warehouse-amr", static_cast<std::uint32_t>(::getuid()), PosixClock::unscaled().now());
  }

  // The armed robot, again.
  void begin_again() {
    for (const char* name : {"sampler", "detector"}) {
      std::filesystem::remove_all(at(name));
      std::filesystem::copy(at(std::string(name) + ".armed"), at(name),
                            std::filesystem::copy_options::recursive);
      std::filesystem::remove(at(std::string(name) + ".log"));
    }
    std::filesystem::remove_all(at("reports"));
    std::filesystem::remove(at("collector/torpor.prom"));
    work_under("2");
  }

  // Two damaged cycles before its alarm.
  void put_before_alarm() {
    for (const auto& file : std::filesystem::directory_iterator(at("detector/baseline"))) {
      if (file.path().extension() != ".evidence") continue;
      PosixFiles files;
      ASSERT_TRUE(files.replace(file.path(), before_alarm_.view(), 0644).ok());
    }
  }

  using Before = std::vector<std::string>;  // a program that starts the role
  ChildProcess start_sampling(const std::string& source, const Before& before = {}) {
    auto command = role("torpor-sampler", "sampler", kSpeed);
    command.insert(command.end(), {"--source", source});
    command.insert(command.begin(), before.begin(), before.end());
    auto child = ChildProcess::start(command, at("sampler.log"));
    if (!child) __builtin_trap();
    return *std::move(child);
  }

  // The sequence a role's counter has reached.
  std::uint64_t counter(const char* name) {
    PosixFiles files;
    const auto first = admitted(files, at(name), "1");
    EXPECT_TRUE(first || first.error().reason == Reason::rollback_lower) << one_line(first.error()).view();
    return first ? 1 : 2;
  }
  SpoolState cursor() {
    PosixFiles files;
    const std::string path = at("reports/telemetry.cursor");
    const auto bytes = files.read(path, kMaxSpoolStateBytes);
    if (!bytes) return {};
    auto state = decode_spool_state(*bytes, path);
    EXPECT_TRUE(state.ok()) << one_line(state.error()).view();
    return state ? *state : SpoolState{};
  }
  // Cycles of the snapshot that scrapers read: it goes on where nothing is recorded.
  std::uint64_t cycles_told() const {
    const std::string text = slurp(at("collector/torpor.prom"));
    const std::size_t line = text.find("\ntorpor_cycles_total{");
    if (line == std::string::npos) return 0;
    return std::strtoull(text.c_str() + text.find("} ", line) + 2, nullptr, 10);
  }

  EvidenceBytes before_alarm_;
};

}  // namespace torpor
