// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/store/baseline_files.h"

#include "base/assertion.h"
#include "base/cbor.h"
#include "contract/sign1.h"

namespace torpor {
namespace {

constexpr std::string_view kSuffix = ".baseline";
constexpr std::uint32_t kMode = 0644;

Error at(Error error, const std::string& path) {
  FixedString<160> where;
  where << path;
  if (!error.where.empty()) where << ": " << error.where;
  error.where = where;
  return error;
}

// Nothing there is no error.
bool missing(const Error& error) { return error.reason == Reason::file_missing; }

// The event waiting in this file; none where there is no file.
Result<std::vector<BaselineEvent>> pending_event(const Result<std::vector<std::byte>>& bytes,
                                                 const BaselinePaths& paths) {
  if (!bytes) {
    if (missing(bytes.error())) return std::vector<BaselineEvent>{};
    return bytes.error();
  }
  const auto event = decode_event(*bytes, paths.stem);
  if (!event) return at(event.error(), paths.event);
  return std::vector<BaselineEvent>{*event};
}

}  // namespace

BaselinePaths baseline_paths(const std::string& state_dir, const std::string& stem) {
  const std::string directory = state_dir + "/baseline";
  const std::string base = directory + "/" + stem;
  return {directory,
          stem,
          base + std::string(kSuffix),
          base + ".evidence",
          base + ".event",
          base + ".maintenance"};
}

BaselinePaths baseline_paths(const std::string& state_dir, const BaselineKey& key) {
  return baseline_paths(state_dir, std::string(file_stem(key).view()));
}

Result<StoredBaseline> load_baseline(Files& files, const std::string& state_dir, const AlarmTerms& terms,
                                     const BaselineKey& key, std::uint32_t service_uid) {
  const BaselinePaths paths = baseline_paths(state_dir, key);
  StoredBaseline stored{Judge(terms, key), {}, {}, false};
  const auto bytes = files.read_owned(paths.baseline, kMaxBaselineBytes, service_uid);
  if (bytes) {
    auto loaded = decode_baseline(*bytes, terms, key);
    if (!loaded) return at(loaded.error(), paths.baseline);
    stored = {std::move(loaded->judge),
              {loaded->features.begin(), loaded->features.end()},
              {loaded->envelope.begin(), loaded->envelope.end()},
              true};
  } else if (!missing(bytes.error())) {
    return bytes.error();
  }
  // Also without a baseline: before its first save, and after somebody moved it away to learn
  // anew. Cycle numbers go on, and an alarm stays.
  const auto evidence = files.read_owned(paths.evidence, kMaxEvidenceBytes, service_uid);
  if (evidence) {
    if (const Status taken = stored.judge.take_evidence(*evidence); !taken)
      return at(taken.error(), paths.evidence);
  } else if (!missing(evidence.error())) {
    return evidence.error();
  }
  return stored;
}

Result<bool> apply_pending_event(Files& files, const BaselinePaths& paths, std::uint32_t service_uid,
                                 Judge& judge) {
  TORPOR_TRY(const auto pending,
             pending_event(files.read_owned(paths.event, kMaxEventBytes, service_uid), paths));
  if (pending.empty()) return false;
  const Status applied = judge.apply(pending.front());
  if (applied) return true;
  if (applied.error().reason == Reason::event_stale) return false;
  return at(applied.error(), paths.event);
}

Result<std::optional<Work>> apply_pending_maintenance(Files& files, const BaselinePaths& paths,
                                                      const Believed& believed, Judge& judge) {
  const auto message = files.read_owned(paths.maintenance, kMaxBundleBytes, believed.service_uid);
  if (!message && missing(message.error())) return std::optional<Work>();
  if (!message) return message.error();
  TORPOR_TRY(const SignedMaintenance signed_event,
             verify_maintenance(*message, believed.trust, paths.maintenance));
  TORPOR_CHECK(check_maintenance_device(signed_event.event(), believed.device, paths.maintenance));
  const Status applied = judge.apply(signed_event);
  if (applied) return std::optional<Work>(signed_event.event().work);
  if (applied.error().reason == Reason::maintenance_applied) return std::optional<Work>();
  return at(applied.error(), paths.maintenance);
}

namespace {

Status forget(Files& files, const std::string& path) {
  const Status removed = files.remove(path);
  if (!removed && missing(removed.error())) return {};
  return removed;
}

}  // namespace

Status forget_event(Files& files, const BaselinePaths& paths) { return forget(files, paths.event); }
Status forget_maintenance(Files& files, const BaselinePaths& paths) {
  return forget(files, paths.maintenance);
}

Result<std::vector<std::string>> list_baselines(Files& files, const std::string& state_dir) {
  const std::string directory = state_dir + "/baseline";
  const auto none = [&] {
    Error e{Reason::baseline_none, {}, "no *.baseline", {}};
    e.where << directory;
    return e;
  };
  const auto names = files.list(directory);
  if (!names && missing(names.error())) return none();
  if (!names) return names.error();
  std::vector<std::string> stems;
  for (const std::string& file : *names)
    if (file.size() > kSuffix.size() && file.ends_with(kSuffix))
      stems.push_back(file.substr(0, file.size() - kSuffix.size()));
  if (stems.empty()) return none();
  return stems;
}

namespace {

// The judge as it was stored, evidence taken up; not for judging.
Result<Judge> peek_judge(Files& files, const BaselinePaths& paths) {
  TORPOR_TRY(const auto bytes, files.read(paths.baseline, kMaxBaselineBytes));
  auto loaded = peek_baseline(bytes);
  if (!loaded) return at(loaded.error(), paths.baseline);
  if (const auto evidence = files.read(paths.evidence, kMaxEvidenceBytes)) {
    if (const Status taken = loaded->judge.take_evidence(*evidence); !taken)
      return at(taken.error(), paths.evidence);
  }
  return std::move(loaded->judge);
}

}  // namespace

Result<BaselineSummary> summarize(Files& files, const std::string& state_dir, const std::string& stem) {
  const BaselinePaths paths = baseline_paths(state_dir, stem);
  TORPOR_TRY(const Judge judge, peek_judge(files, paths));
  BaselineSummary out;
  out.stem = stem;
  out.key = judge.key();
  out.state = judge.state();
  out.learned = judge.learned();
  out.last_cycle = judge.last_cycle();
  out.arming_epoch = judge.arming_epoch();
  out.first_crossing = judge.first_crossing();
  out.crossing_epoch = judge.alarm().arming_epoch;
  out.maintenance_sequence = judge.maintenance_sequence();
  out.log_evidence = Sequential(judge.evidence()).log_evidence();
  out.calibration = judge.calibration();
  if (out.state == JudgeState::not_armed) out.refusal = one_line(judge.refusal()).view();
  out.events = judge.events();
  out.history.assign(judge.history().begin(), judge.history().end());
  out.maintenance_waits = files.facts(paths.maintenance).ok();
  TORPOR_TRY(out.pending, pending_event(files.read(paths.event, kMaxEventBytes), paths));
  return out;
}

Status request_event(Files& files, const std::string& state_dir, const std::string& stem, EventKind kind,
                     std::string_view reason, std::int64_t now_s) {
  const BaselinePaths paths = baseline_paths(state_dir, stem);
  TORPOR_TRY(const BaselineSummary now, summarize(files, state_dir, stem));
  BaselineEvent event;
  event.kind = kind;
  if (reason.empty() || reason.size() > event.reason.capacity() || !cbor::valid_utf8(as_bytes(reason))) {
    Error e{Reason::event_without_reason, "--reason", {}, {}};
    e.found << reason.size() << " bytes";
    e.expected << "1 to " << event.reason.capacity() << " bytes of UTF-8";
    return e;
  }
  event.reason = reason;
  event.recorded_s = now_s;
  event.after = now.events;
  if (kind == EventKind::accept && now.state == JudgeState::learning_fit) {
    Error e{Reason::baseline_nothing_to_accept, {}, "still fitting", {}};
    e.where << paths.baseline;
    return e;
  }
  std::byte room[kMaxEventBytes];
  TORPOR_TRY(const Bytes bytes, encode_event(event, stem, room));
  const Status created = files.create(paths.event, bytes, kMode);
  if (created || created.error().reason != Reason::file_exists) return created;
  // One that was applied and whose file outlived a crash may be replaced.
  const auto waiting = pending_event(files.read(paths.event, kMaxEventBytes), paths);
  if (waiting && !waiting->empty() && waiting->front().after < now.events)
    return files.replace(paths.event, bytes, kMode);
  Error e{Reason::event_pending, {}, {}, {}};
  e.where << paths.event;
  if (waiting && !waiting->empty()) e.found << name(waiting->front().kind) << " waits";
  return e;
}

Result<std::vector<std::string>> request_maintenance(Files& files, const std::string& state_dir,
                                                     const SignedMaintenance& event, Bytes message) {
  TORPOR_TRY(const auto stems, list_baselines(files, state_dir));
  std::vector<std::string> taken;
  std::optional<Error> closest;
  for (const std::string& stem : stems) {
    const BaselinePaths paths = baseline_paths(state_dir, stem);
    TORPOR_TRY(Judge judge, peek_judge(files, paths));
    // What the detector will do, done to a copy: the refusal is heard here and not at its start.
    const Status applied = judge.apply(event);
    if (applied) {
      TORPOR_CHECK(files.replace(paths.maintenance, message, kMode));
      taken.push_back(stem);
      continue;
    }
    // That another baseline belongs to another sensor says nothing beside what its own says.
    if (!closest || closest->reason == Reason::maintenance_other_sensor) closest = applied.error();
  }
  if (!taken.empty()) return taken;
  TORPOR_ASSERT(closest.has_value(), "baseline.an_event_that_is_refused_by_all_has_a_reason");
  return *closest;
}

}  // namespace torpor
