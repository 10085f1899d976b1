// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "notes/refusal.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/cbor.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/utc.h"

namespace torpor {
namespace {

constexpr std::uint32_t kMode = 0644;  // node_exporter is another user

std::string json_path(const std::string& state_dir) { return state_dir + "/refusal.json"; }
std::string told_path(const std::string& state_dir) { return state_dir + "/refusal.told.json"; }
std::string prom_path(const std::string& state_dir) { return state_dir + "/refusal.prom"; }

nlohmann::ordered_json side(const std::optional<BundleFacts>& facts) {
  if (!facts) return nullptr;
  return {{"digest", hex(facts->digest).view()}, {"sequence", facts->sequence}};
}

std::string digest_label(const std::optional<BundleFacts>& facts) {
  return facts ? std::string(hex(facts->digest)) : "";
}

nlohmann::ordered_json differing_json(const Refusal& refusal) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const DifferingField& d : refusal.differing)
    list.push_back(
        {{"field", valid_text(d.field)}, {"own", valid_text(d.own)}, {"peer", valid_text(d.peer)}});
  return list;
}

// Which side's contract carries the higher sequence; null where there are no two to compare.
nlohmann::ordered_json newer_json(const Refusal& refusal) {
  if (!refusal.own || !refusal.peer) return nullptr;
  if (refusal.own->sequence == refusal.peer->sequence) return "neither";
  return refusal.own->sequence > refusal.peer->sequence ? "own" : "peer";
}

std::string_view other_role(const Refusal& refusal) {
  return refusal.role == "sampler" ? "detector" : "sampler";
}

}  // namespace

std::string what_to_do(const Refusal& refusal) {
  // The peer's sequence is what it says, not verified: the advice leaves the choice to a person.
  if (refusal.error.reason != Reason::digest_differs || !refusal.own || !refusal.peer)
    return std::string(next_step(refusal.error.reason));
  const bool ours = refusal.own->sequence > refusal.peer->sequence;
  const std::uint64_t newer = std::max(refusal.own->sequence, refusal.peer->sequence);
  const std::uint64_t older = std::min(refusal.own->sequence, refusal.peer->sequence);
  std::string text =
      "install the bundle of sequence " + std::to_string(newer) + ", the newer one, which the ";
  text.append(ours ? refusal.role : other_role(refusal)).append(" has, for the ");
  text.append(ours ? other_role(refusal) : refusal.role).append(" too; if ");
  return text + std::to_string(older) + " was meant, sign it again with a higher sequence for both";
}

std::string differences_line(const Refusal& refusal) {
  if (refusal.differing.empty()) return {};
  const std::size_t count = refusal.differing.size();
  std::string text = "the contracts differ in " + std::to_string(count) + (count == 1 ? " field" : " fields");
  text.append(", ours / the ").append(other_role(refusal)).append("'s");
  std::string_view before = ": ";
  for (const DifferingField& d : refusal.differing) {
    text.append(before).append(d.field).append(" ").append(d.own).append(" / ").append(d.peer);
    before = "; ";
  }
  return valid_text(text);
}

std::string refusal_json(const Refusal& refusal) {
  const Error& error = refusal.error;
  nlohmann::ordered_json json = {
      {"role", valid_text(refusal.role)},
      {"device", valid_text(refusal.device)},
      {"reason", name(error.reason)},
      {"exit_code", exit_code(error.reason)},
      {"line", valid_text(one_line(error))},
      {"where", valid_text(error.where)},
      {"found", valid_text(error.found)},
      {"expected", valid_text(error.expected)},
      {"os_code", error.os_code},
      {"next_step", valid_text(what_to_do(refusal))},
      {"own", side(refusal.own)},
      {"peer", side(refusal.peer)},
      {"newer_sequence", newer_json(refusal)},
      {"differing_fields", differing_json(refusal)},
      {"at", utc(refusal.at.wall).view()},
      {"at_unix_seconds", unix_seconds(refusal.at.wall)},
      {"at_boot_ms", to_ns(refusal.at.boot) / 1'000'000},
      {"boot_id", valid_text(refusal.boot_id)},
      {"clock_synchronised", refusal.at.synchronised},
  };
  return json.dump(2) + "\n";
}

RefusalNote note_of(const Refusal& refusal) {
  RefusalNote note{.role = valid_text(refusal.role),
                   .device = valid_text(refusal.device),
                   .reason = std::string(name(refusal.error.reason)),
                   .line = valid_text(one_line(refusal.error)),
                   .next_step = valid_text(what_to_do(refusal)),
                   .own_digest = digest_label(refusal.own),
                   .peer_digest = digest_label(refusal.peer),
                   .at = refusal.at,
                   .boot_id = valid_text(refusal.boot_id),
                   .told_to = {}};
  // As it is read back from the file, so that both are the same event.
  note.at.boot = BootTime(std::chrono::floor<std::chrono::milliseconds>(refusal.at.boot.time_since_epoch()));
  note.at.wall = WallTime(std::chrono::seconds(unix_seconds(refusal.at.wall)));
  return note;
}

namespace {

// Leaves the standing refusal to be taken back where it was told. A note that cannot be read was
// told to nobody we know of. True: there is something to take back.
Result<bool> leave_to_be_ended(Files& files, const std::string& state_dir,
                               const RefusalNote* unless_shown_as) {
  auto ended = ended_refusals(files, state_dir);
  std::vector<RefusalNote> list = ended ? *std::move(ended) : std::vector<RefusalNote>();
  const auto before = list.size();
  // What is shown again is over no longer.
  if (unless_shown_as != nullptr)
    std::erase_if(list, [&](const RefusalNote& n) { return n.shows_as(*unless_shown_as); });
  bool changed = list.size() != before;
  auto standing = standing_refusal(files, state_dir);
  if (standing && *standing && !(*standing)->told_to.empty() &&
      (unless_shown_as == nullptr || !(*standing)->shows_as(*unless_shown_as))) {
    list.push_back(**std::move(standing));
    changed = true;
  }
  const bool any = !list.empty();
  if (changed) TORPOR_CHECK(keep_ended(files, state_dir, std::move(list)));
  return any;
}

}  // namespace

// All are tried: a scrape must see the refusal where another file cannot be written.
Status write_refusal(Files& files, const std::string& state_dir, const Refusal& refusal) {
  const RefusalNote note = note_of(refusal);
  const auto before = leave_to_be_ended(files, state_dir, &note);
  const Status json = files.replace(json_path(state_dir), as_bytes(refusal_json(refusal)), kMode);
  const Status prom =
      files.replace(prom_path(state_dir), as_bytes(refusal_prom(note, refusal.at.wall)), kMode);
  if (!before) return before.error();
  return json ? prom : json;
}

Result<bool> end_refusal(Files& files, const std::string& state_dir) {
  // First kept as ended, then removed: power that fails in between leaves both, and it stands.
  TORPOR_TRY(const bool any, leave_to_be_ended(files, state_dir, nullptr));
  // A file that is not there is what was wanted; of several failures the first is told.
  Status result;
  for (const std::string& path : {json_path(state_dir), prom_path(state_dir), told_path(state_dir)}) {
    // A read-only disk refuses to remove also what is not there.
    const auto there = files.facts(path);
    if (!there && there.error().reason == Reason::file_missing) continue;
    const Status removed = files.remove(path);
    if (!removed && removed.error().reason != Reason::file_missing && result) result = removed;
  }
  if (!result) return result.error();
  return any;
}

}  // namespace torpor
