// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "base/hex.h"
#include "base/utc.h"
#include "cli/print.h"
#include "cli/private_key.h"
#include "cli/verbs.h"
#include "contract/host/admission.h"
#include "contract/host/sign.h"
#include "contract/maintenance.h"
#include "site/site.h"
#include "verdict/store/baseline_files.h"

namespace torpor {
namespace {

struct Flags {
  std::string alarm, work, key, out;  // sign
  std::uint64_t sequence = 0;
  std::string file, trust, site, state;  // apply
};

Error usage(std::string_view flag, std::string_view found, std::string_view expected) {
  Error error{.reason = Reason::usage};
  return error.at(flag).saw(found).want(expected);
}

// The last part behind '/', which the text loses.
std::string_view take_last(std::string_view& text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view last = text.substr(slash + 1);
  text = text.substr(0, slash);
  return last;
}

[[nodiscard]] bool parse_number(std::string_view text, std::uint64_t& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size();
}

// "amr-0173/wheel/1/300", as alerts and reports name an alarm: device, sensor, arming epoch, cycle.
Status take_alarm_id(std::string_view id, MaintenanceEvent& event) {
  std::string_view device = id;
  const std::string_view cycle = take_last(device);
  const std::string_view epoch = take_last(device);
  const std::string_view sensor = take_last(device);
  if (!parse_number(cycle, event.first_crossing_cycle) || !parse_number(epoch, event.arming_epoch) ||
      sensor.empty() || sensor.size() > event.sensor.capacity() || device.empty() ||
      device.size() > event.device.capacity())
    return usage("--alarm", id, "the alarm_id of the alert: DEVICE/SENSOR/EPOCH/CYCLE");
  event.device = device;
  event.sensor = sensor;
  return {};
}

Json event_json(const MaintenanceEvent& event) {
  return {{"device", event.device.view()},
          {"sensor", event.sensor.view()},
          {"arming_epoch", event.arming_epoch},
          {"first_crossing_cycle", event.first_crossing_cycle},
          {"work", name(event.work)},
          {"sequence", event.sequence},
          {"signed", utc_text(event.time_s).view()}};
}

std::string event_line(const MaintenanceEvent& event) {
  return fmt::format("alarm {}/{}/{}/{}: {}, sequence {}, signed {}", event.device.view(),
                     event.sensor.view(), event.arming_epoch, event.first_crossing_cycle, name(event.work),
                     event.sequence, utc_text(event.time_s).view());
}

Status sign(const Flags& flags, Verbs& verbs) {
  MaintenanceEvent event;
  TORPOR_CHECK(take_alarm_id(flags.alarm, event));
  if (!find_work(flags.work, event.work))
    return usage("--work", flags.work, "inspected, repaired or replaced");
  event.sequence = flags.sequence;
  event.time_s = std::chrono::floor<std::chrono::seconds>(verbs.clock.now().wall.time_since_epoch()).count();
  TORPOR_TRY(const SigningKey key, load_private_key(verbs.files, flags.key));
  TORPOR_TRY(const auto message, sign_maintenance(event, key));
  TORPOR_CHECK(verbs.files.create(flags.out, message, 0644));
  const std::string key_text(hex(key.id()));
  if (verbs.json) {
    Json out = event_json(event);
    out["file"] = flags.out;
    out["key_id"] = key_text;
    print_json(out);
    return {};
  }
  fmt::print("{}: signed by {}\n  {}\n", flags.out, key_text, event_line(event));
  return {};
}

// All that the detector will judge again at its start, so that a refusal is heard here.
Status apply(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const TrustSet trust, load_trust(verbs.files, flags.trust));
  TORPOR_TRY(const Site site, load_site(verbs.files, flags.site, static_cast<std::uint32_t>(::getuid())));
  TORPOR_TRY(const auto message, read_bundle(verbs.files, flags.file));
  TORPOR_TRY(const SignedMaintenance verified, verify_maintenance(message, trust, flags.file));
  const MaintenanceEvent& event = verified.event();
  TORPOR_CHECK(check_maintenance_device(event, site.device_id, flags.file));
  TORPOR_TRY([[maybe_unused]] const FileFacts there, verbs.files.facts(flags.state));
  TORPOR_TRY(const auto stems, request_maintenance(verbs.files, flags.state, verified, message));
  if (verbs.json) {
    Json out = event_json(event);
    out["baselines"] = stems;
    out["key_id"] = std::string(hex(verified.key_id()));
    print_json(out);
    return {};
  }
  fmt::print("{}\nrecorded for {}; torpord clears the alarm at its next start.\n", event_line(event),
             fmt::join(stems, ", "));
  if (event.work == Work::replaced)
    fmt::print("The baseline is learned anew: there is no alarm until then.\n");
  return {};
}

}  // namespace

void add_maintenance(CLI::App& app, Verbs& verbs) {
  CLI::App* maintenance =
      app.add_subcommand("maintenance", "clear a latched alarm: sign what was done about it, and apply that");
  maintenance->require_subcommand(1);
  auto flags = std::make_shared<Flags>();

  const std::string sign_example =
      "torpor maintenance sign --alarm amr-0173/wheel/1/300 --work replaced --sequence 1 --key "
      "keys/KEYID.key "
      "--out wheel.maintenance";
  maintenance->footer("Example:\n  " + sign_example);
  CLI::App* make = maintenance->add_subcommand("sign", "say under a key what was done about one alarm");
  make->footer(
      "Clears exactly the alarm named. The key needs the scope maintenance in the robot's trust file.\n"
      "Nothing is overwritten.\nExample:\n  " +
      sign_example);
  make->add_option("--alarm", flags->alarm, "alarm_id of the alert: DEVICE/SENSOR/EPOCH/CYCLE")->required();
  make->add_option("--work", flags->work,
                   "inspected, repaired or replaced; replaced learns the baseline anew")
      ->required();
  make->add_option("--sequence", flags->sequence,
                   "above that of the last event for this sensor; torpor baseline show names it")
      ->required();
  make->add_option("--key", flags->key, "private key file, KEYID.key")->required();
  make->add_option("--out", flags->out, "file to write")->required();
  add_json(*make, verbs);
  on_call(*make, verbs, [flags, &verbs] { return sign(*flags, verbs); });

  CLI::App* take =
      maintenance->add_subcommand("apply", "verify a signed event on its robot and leave it for torpord");
  take->footer(
      "Followed at the next start of torpord, which verifies it again.\nExample:\n  torpor maintenance apply "
      "wheel.maintenance --trust /etc/torpor/trust --site /etc/torpor/site.toml --state "
      "/var/lib/torpor/detector");
  take->add_option("file", flags->file, "what torpor maintenance sign wrote")->required();
  take->add_option("--trust", flags->trust, "trust file of the robot")->required();
  take->add_option("--site", flags->site, "site file of the robot")->required();
  take->add_option("--state", flags->state, "state directory of torpord")->required();
  add_json(*take, verbs);
  on_call(*take, verbs, [flags, &verbs] { return apply(*flags, verbs); });
}

}  // namespace torpor
