// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>
#include <unistd.h>

#include <thread>

#include "base/posix/posix_system_tree.h"
#include "base/posix/tell.h"
#include "cli/bench_policies.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "power/meter_probe.h"
#include "site/site.h"

namespace torpor {
namespace {

struct Flags {
  std::string site = "examples/site.toml";
  std::string model = "data/detector.model";
  std::uint32_t sets = 30;
  std::uint32_t cycles = 20;
  double rest_s = 2;
};

// What the figures stand on, in words.
struct Basis {
  std::string source;
  std::string coverage;
};

std::string_view kind_name(BreakEven::Kind kind) {
  switch (kind) {
    case BreakEven::Kind::below:
      return "below";
    case BreakEven::Kind::always:
      return "always";
    case BreakEven::Kind::never:
      break;
  }
  return "never";
}

// "-" where there was nothing to compare with, which is not "never".
std::string words(const std::optional<BreakEven>& even) {
  if (!even) return "-";
  if (even->kind != BreakEven::Kind::below) return std::string(kind_name(even->kind));
  return fmt::format("when inferring more often than every {:.3g} s", even->seconds);
}

void print_table(const Basis& basis, std::uint32_t cycles, const std::vector<PolicyEnergy>& all) {
  fmt::print("energy by {} ({}), means of {} cycles each\n\n{:8} {:10} {:>12} {:>10} {:>10} {:>14}  {}\n",
             basis.source, basis.coverage, cycles, "backend", "residency", "mJ a cycle", "wall ms", "CPU ms",
             "between, mW", "keep pays");
  for (const PolicyEnergy& p : all) {
    // A backend that is not on this machine is a row with its reason: a table that leaves it out would read
    // as if it had been measured.
    if (!p.failure.empty()) {
      fmt::print("{:8} {:10} {}\n", p.backend, p.residency, p.failure);
      continue;
    }
    fmt::print("{:8} {:10} {:12.2f} {:10.2f} {:10.2f} {:14.0f}  {}\n", p.backend, p.residency, p.mj,
               1e3 * p.wall_s, 1e3 * p.cpu_s, p.rest_mw, words(p.break_even));
  }
}

Json energy_json(const Basis& basis, std::uint32_t cycles, const std::vector<PolicyEnergy>& all) {
  Json policies = Json::array();
  for (const PolicyEnergy& p : all) {
    Json one = {{"backend", p.backend}, {"residency", p.residency}};
    if (!p.failure.empty()) {
      one["failure"] = p.failure;
    } else {
      one["mj_per_cycle"] = p.mj;
      one["wall_s"] = p.wall_s;
      one["cpu_s"] = p.cpu_s;
      one["between_mw"] = p.rest_mw;
      if (p.break_even) {
        one["keep_pays"] = kind_name(p.break_even->kind);
        if (p.break_even->kind == BreakEven::Kind::below) one["break_even_s"] = p.break_even->seconds;
      }
    }
    policies.push_back(one);
  }
  return {{"source", basis.source}, {"coverage", basis.coverage}, {"cycles", cycles}, {"policies", policies}};
}

void rest(Duration time) { std::this_thread::sleep_for(time); }  // house: sleep, because no role waits

Status bench(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const Site site, load_site(verbs.files, flags.site, static_cast<std::uint32_t>(::getuid())));
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.model, {}));
  PosixSystemTree tree(site.system_root);
  // Nothing declared and no idle: a meter that is found measures the whole rail.
  const auto meter = probe_meter(tree, {});
  const bool metered = meter->source() != "none";
  // The basis stands above the figures in both forms: an estimate must not look like a measurement.
  const Basis basis{.source = metered ? std::string(meter->source()) : "CPU-seconds x declared watts",
                    .coverage = metered
                                    ? std::string(meter->coverage())
                                    : fmt::format("no meter here: an estimate by the site's {} mW - {} mW",
                                                  site.power.infer_mw, site.power.idle_mw)};
  const BenchPlan plan{.policies = bench_policies(site.backend, *model, flags.model, flags.sets, verbs.clock),
                       .batch = std::vector<TokenSet>(flags.sets),
                       .cycles = flags.cycles,
                       // Within 600 s, by the option's range: the product fits 64 bits.
                       .rest = Duration(static_cast<std::int64_t>(flags.rest_s * 1e9))};
  TORPOR_TRY(
      const auto all,
      bench_energy(plan, {.clock = verbs.clock,
                          .meter = metered ? meter.get() : nullptr,
                          .declared = {.idle_mw = site.power.idle_mw,
                                       .sample_mw = site.power.sample_mw,
                                       .infer_mw = site.power.infer_mw,
                                       .sleep_mw = site.power.sleep_mw},
                          .sleep = rest,
                          // Progress on stderr: stdout is the result alone.
                          .say = [](const std::string& line) { tell("torpor bench energy: {}\n", line); }}));
  verbs.json ? print_json(energy_json(basis, flags.cycles, all)) : print_table(basis, flags.cycles, all);
  return {};
}

}  // namespace

void add_bench(CLI::App& app, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("bench", "what this device costs");
  verb->require_subcommand(1);
  verb->footer("example:\n  torpor bench energy");
  auto flags = std::make_shared<Flags>();
  CLI::App* energy = verb->add_subcommand(
      "energy",
      "joules per cycle of each backend and residency policy, and how often one must infer before "
      "staying resident pays");
  energy->add_option("--site", flags->site, "site file: declared watts, root of the kernel's files")
      ->capture_default_str();
  energy->add_option("--model", flags->model, "the model file")->capture_default_str();
  energy->add_option("--sets", flags->sets, "token sets of one cycle: 30 are 5 s of 3 axes")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  energy->add_option("--cycles", flags->cycles, "inferences of each policy")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  energy->add_option("--rest", flags->rest_s, "seconds the rail is watched between inferences")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 600.0));
  add_json(*energy, verbs);
  energy->footer("example:\n  torpor bench energy --site /etc/torpor/site.toml --cycles 100 --json");
  on_call(*energy, verbs, [flags, &verbs] { return bench(*flags, verbs); });
}

}  // namespace torpor
