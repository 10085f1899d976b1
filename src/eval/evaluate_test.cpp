// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Each protocol on a small pack made here, with the model that ships: figures, and where there is
// nothing to make one of, a reason.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/fake/places.h"
#include "base/posix/posix_files.h"
#include "eval/protocols.h"
#include "sensor/fake/pack.h"

namespace torpor::eval {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

constexpr std::uint32_t kRate = 2560;
constexpr const char* kProtocols[] = {"same", "loso", "dilute", "life", "replay"};

// Noise, and from a fault on a click ten times a turn.
std::vector<std::int16_t> vibration(double seconds, double rpm, bool faulty, std::uint32_t seed) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(std::lround(seconds * kRate)));
  const auto click = static_cast<std::size_t>(kRate / (rpm / 60 * 10));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    const double noise = 300 * (static_cast<double>(seed >> 8) / (1 << 23) - 1);
    const double ring = faulty ? 900 * std::exp(-0.2 * static_cast<double>(i % click)) *
                                     std::cos(1.9 * static_cast<double>(i % click))
                               : 0;
    samples[i] = static_cast<std::int16_t>(std::lround(noise + ring));
  }
  return samples;
}

class EvaluateTest : public testing::Test {
 protected:
  struct Row {
    Split split;
    double seconds;
    double rpm = 1800;
  };
  void record(const Row& row) {
    const bool faulty = row.split == Split::test_fault;
    const std::string file = std::to_string(++files_made_) + ".wav";
    Recording r = pack_.add(file, kRate, 1, vibration(row.seconds, row.rpm, faulty, files_made_));
    r.rpm = row.rpm;
    r.split = row.split;
    r.t0_s = t0_s_;
    if (faulty) {
      r.condition = "failing";
      r.fault = "inner";
    }
    t0_s_ += row.seconds;
    manifest_ += manifest_row(r);
  }
  // A pack every protocol can use: two speeds, and from healthy to failing in time.
  void record_all(double seconds) {
    for (double rpm : {1200.0, 1800.0}) record({Split::train_healthy, 12 * seconds, rpm});
    for (double rpm : {1200.0, 1800.0}) record({Split::test_healthy, seconds, rpm});
    record({Split::unlabelled, seconds});
    for (double rpm : {1200.0, 1800.0}) record({Split::test_fault, seconds, rpm});
  }
  Result<std::string> run(const char* protocol, double window_s) {
    const Bytes text = as_bytes(manifest_);
    pack_.write("MANIFEST.csv", {text.begin(), text.end()});
    return evaluate(files_,
                    {.protocol = protocol, .pack_dir = pack_.folder(), .load = {.window_s = window_s}},
                    in_source("data/detector.model"), [](const std::string&) {});
  }

  TempPack pack_;
  PosixFiles files_;
  std::string manifest_ = manifest_header();
  std::uint32_t files_made_ = 0;
  double t0_s_ = 0;
};

// Wherever a score stands, the windows behind it are counted beside it, and are some.
std::size_t figures_with_their_counts(const Json& node) {
  std::size_t figures = 0;
  if (node.is_object() && node.contains("scores") && node["scores"].contains("averaged") &&
      node["scores"]["averaged"].contains("auc")) {
    EXPECT_GT(node.value("healthy_windows", 0), 0) << node;
    EXPECT_GT(node.value("fault_windows", 0), 0) << node;
    for (const auto& [kind, score] : node["scores"].items())
      for (const char* column : {"auc", "tpr_at_fpr0", "fpr", "tpr"})
        EXPECT_TRUE(score[column].is_number()) << kind << " " << column;
    ++figures;
  }
  if (node.is_structured())
    for (const Json& child : node) figures += figures_with_their_counts(child);
  return figures;
}

TEST_F(EvaluateTest, every_figure_of_a_comparison_stands_beside_its_counts) {
  record_all(8);
  for (const auto& [protocol, least] :
       {std::pair("same", 1u), std::pair("loso", 2u), std::pair("dilute", 6u)}) {
    const auto document = run(protocol, 1);
    ASSERT_TRUE(document) << protocol << one_line(document.error()).view();
    EXPECT_GE(figures_with_their_counts(Json::parse(*document)), least) << protocol;
    EXPECT_THAT(table(*document), HasSubstr("healthy  faulty")) << protocol;
  }
}

TEST_F(EvaluateTest, dilute_measures_the_windows_it_mixed) {
  record_all(8);
  const auto document = run("dilute", 1);
  ASSERT_TRUE(document) << one_line(document.error()).view();
  const Json machine = Json::parse(*document)["machines"][0];
  ASSERT_EQ(machine["results"].size(), 6u);
  for (const Json& level : machine["results"]) EXPECT_EQ(level["fault_windows"], 16) << level;
  // What was mixed in at -4 dB is easier to tell than at -24 dB.
  EXPECT_GT(machine["results"][0]["scores"]["averaged"]["auc"], 0.8);
  EXPECT_LE(machine["results"][5]["scores"]["averaged"]["auc"],
            machine["results"][0]["scores"]["averaged"]["auc"]);
}

TEST_F(EvaluateTest, a_life_and_a_replay_count_what_they_judged) {
  record_all(12);
  const auto life = run("life", 1);
  ASSERT_TRUE(life) << one_line(life.error()).view();
  const Json played = Json::parse(*life)["machines"][0];
  EXPECT_GT(played["windows"], 0);
  EXPECT_GT(played["failing_windows"], 0);
  const auto replay = run("replay", 1);
  ASSERT_TRUE(replay) << one_line(replay.error()).view();
  const Json replayed = Json::parse(*replay)["machines"][0];
  EXPECT_GT(replayed["cycles_judged"], 0);
  for (const auto& [kind, grid] : replayed["scores"].items())
    for (const Json& row : grid) {
      if (row.contains("not_armed")) continue;
      EXPECT_GT(row["armed_cycles"], 0) << kind;
      EXPECT_EQ(row["alarm_s"].is_null(), row["alarm_share_of_life"].is_null()) << row;
    }
  EXPECT_THAT(table(*replay), Not(HasSubstr("-1.000")));
}

TEST_F(EvaluateTest, no_protocol_has_a_figure_of_windows_that_do_not_fit) {
  record_all(4);
  for (const char* protocol : kProtocols) {
    const auto document = run(protocol, 55);
    ASSERT_FALSE(document) << protocol << *document;
    EXPECT_EQ(document.error().reason, Reason::eval_nothing) << protocol;
    EXPECT_FALSE(document.error().found.empty()) << protocol;
  }
}

// Each test split in turn holds no whole window: what would be compared with nothing says so.
TEST_F(EvaluateTest, a_side_without_a_window_is_a_row_with_a_reason) {
  for (const auto& [healthy_s, fault_s] : {std::pair(8.0, 0.4), std::pair(0.4, 8.0)}) {
    manifest_ = manifest_header();
    for (double rpm : {1200.0, 1800.0}) record({Split::train_healthy, 60, rpm});
    for (double rpm : {1200.0, 1800.0}) record({Split::test_healthy, healthy_s, rpm});
    for (double rpm : {1200.0, 1800.0}) record({Split::test_fault, fault_s, rpm});
    for (const char* protocol : {"same", "loso", "dilute"}) {
      const auto document = run(protocol, 1);
      ASSERT_FALSE(document) << protocol << *document;
      EXPECT_THAT(std::string(document.error().found.view()),
                  testing::AnyOf(HasSubstr("no fault window"), HasSubstr("no healthy"),
                                 HasSubstr("too little healthy")))
          << protocol;
    }
  }
  // One speed with faults, one without: one row of figures, one of a reason.
  manifest_ = manifest_header();
  for (double rpm : {1200.0, 1800.0}) record({Split::train_healthy, 60, rpm});
  for (double rpm : {1200.0, 1800.0}) record({Split::test_healthy, 8, rpm});
  record({Split::test_fault, 8, 1200});
  const auto document = run("loso", 1);
  ASSERT_TRUE(document) << one_line(document.error()).view();
  const Json results = Json::parse(*document)["machines"][0]["results"];
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].contains("scores"));
  EXPECT_EQ(results[1]["refused"], "no fault window");
  EXPECT_THAT(table(*document), HasSubstr("no fault window"));
}

}  // namespace
}  // namespace torpor::eval
