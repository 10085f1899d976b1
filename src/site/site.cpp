// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "site/site.h"

#include <algorithm>

#include "model/backends/backends.h"
#include "toml/document.h"

namespace torpor {
namespace {

// Thirty times examples/site.toml.
constexpr std::size_t kMaxSiteBytes = 65'536;
// (uid_t)-1 means "no user" to the kernel, so the last one is one less.
constexpr std::int64_t kMaxUid = 4'294'967'294;
// 1 kW, as kMaxRailMw of a meter: what no robot's module draws is a slip of the unit.
constexpr std::int64_t kMaxMilliwatts = 1'000'000;
constexpr std::size_t kMaxRootBytes = 256;
constexpr std::size_t kMaxText = 512;

// A site that cannot be read refuses to run, where a contract that cannot be read is bad
// input to the tool that signs: the same faults, another exit code.
Error as_site_error(Error error) {
  switch (error.reason) {
    case Reason::toml_syntax:
      error.reason = Reason::site_syntax;
      break;
    case Reason::toml_duplicate_field:
      error.reason = Reason::site_duplicate_field;
      break;
    case Reason::toml_unknown_field:
      error.reason = Reason::site_unknown_field;
      break;
    case Reason::toml_missing_field:
      error.reason = Reason::site_missing_field;
      break;
    case Reason::toml_wrong_type:
      error.reason = Reason::site_wrong_type;
      break;
    case Reason::toml_out_of_range:
      error.reason = Reason::site_out_of_range;
      break;
    case Reason::toml_bad_text:
      error.reason = Reason::site_bad_text;
      break;
    case Reason::file_too_large:
      error.reason = Reason::site_too_large;
      break;
    default:
      break;
  }
  return error;
}

// Ids end up in file names, labels and logs.
template <std::size_t N>
Status read_name(TomlDocument& document, std::string_view path, FixedString<N>& out) {
  // At least one byte, which front() below relies on. The first may be no dot (a hidden file, "..") and no
  // dash (an option).
  TORPOR_TRY(const std::string text, document.text(path, 1, N));
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (text.find_first_not_of(kAllowed) != text.npos || text.front() == '.' || text.front() == '-') {
    return Error{.reason = Reason::toml_bad_text}
        .at(document.where(path))
        .saw(text)
        .want("only A-Z a-z 0-9 . _ -, a letter, digit or _ first");
  }
  out = FixedString<N>(text);
  return {};
}

Status read_number(TomlDocument& document, std::string_view path, std::int64_t min, std::int64_t max,
                   std::uint32_t& out) {
  TORPOR_TRY(const std::int64_t value, document.integer(path, min, max));
  out = static_cast<std::uint32_t>(value);
  return {};
}

Error refusal(const TomlDocument& document, std::string_view field, std::string_view found,
              std::string_view expected, Reason reason = Reason::toml_bad_text) {
  return Error{.reason = reason}.at(document.where(field)).saw(found).want(expected);
}

// Where /sys and /proc are looked for: relative, it would depend on where we are started.
Result<std::string> read_root(TomlDocument& document, std::string_view path) {
  TORPOR_TRY(std::string root, document.text(path, 0, kMaxRootBytes));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  // The paths put behind it begin with a slash: one at its end would make two, and one path two names.
  if (root.empty() ||
      (root.front() == '/' && root.back() != '/' && std::none_of(root.begin(), root.end(), is_control)))
    return root;
  return refusal(document, path, root, "empty, or an absolute directory without a / at its end");
}

Status check_power(const TomlDocument& document, const DeclaredPower& p) {
  const auto must_rise = [&](std::string_view field, std::uint32_t value, std::uint32_t least,
                             std::string_view below) -> Status {
    if (value >= least) return {};
    return Error{.reason = Reason::site_power}
        .at(document.where(field))
        .saw(value)
        .want("at least ", least, ", ", below);
  };
  // Energy is what a phase draws above idle: one declared below it would cost nothing, and no budget would
  // ever hold a cycle back.
  TORPOR_CHECK(must_rise("power.idle_mw", p.idle_mw, p.sleep_mw, "power.sleep_mw"));
  TORPOR_CHECK(must_rise("power.sample_mw", p.sample_mw, p.idle_mw, "power.idle_mw"));
  return must_rise("power.infer_mw", p.infer_mw, p.idle_mw, "power.idle_mw");
}

bool is_plain(std::string_view text) {
  // Such text goes into header lines and file names, where a space or a newline begins something else.
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

Status read_path(TomlDocument& document, const std::string& field, std::string& out) {
  TORPOR_TRY(out, document.text(field, 0, kMaxText));
  if (out.empty() || (out.front() == '/' && is_plain(out))) return {};
  return refusal(document, field, out, "an absolute path without spaces, or nothing");
}

Status read_server(TomlDocument& document, const std::string& table, TelemetryServer& out) {
  TORPOR_TRY(out.url, document.text(table + ".url", 0, kMaxText));
  TORPOR_CHECK(read_path(document, table + ".auth_file", out.auth_file));
  TORPOR_CHECK(read_path(document, table + ".ca_file", out.ca_file));
  TORPOR_CHECK(read_path(document, table + ".cert_file", out.cert_file));
  TORPOR_CHECK(read_path(document, table + ".key_file", out.key_file));
  // By hand and strict, where libcurl's parser is generous: what it might read otherwise than we do is
  // refused.
  const bool https = out.url.starts_with("https://");
  const std::size_t host = https ? 8 : 7;
  // A user in the URL would be a secret in this file; a slash at the end, two in a row later.
  if (!out.url.empty() &&
      ((!https && !out.url.starts_with("http://")) || out.url.size() == host || out.url[host] == '/' ||
       out.url.back() == '/' || !is_plain(out.url) || out.url.find_first_of("@?#") != out.url.npos)) {
    return refusal(document, table + ".url", out.url,
                   "http:// or https://, a host and perhaps a path, no user, no slash at the end");
  }
  // Refused here, at start, not at the first push: a secret that went out in clear cannot be called back.
  if (!https && !(out.auth_file.empty() && out.ca_file.empty() && out.cert_file.empty()))
    return refusal(document, table + ".url", out.url, "https:// where a secret or certificate is given",
                   Reason::site_secret);
  if (out.cert_file.empty() != out.key_file.empty())
    return refusal(document, table + ".key_file", out.key_file, "a certificate and its key, or neither",
                   Reason::site_secret);
  return {};
}

Status read_telemetry(TomlDocument& document, TelemetrySite& out) {
  TORPOR_CHECK(read_number(document, "telemetry.deadline_ms", 10, 60'000, out.deadline_ms));
  TORPOR_CHECK(read_path(document, "telemetry.textfile", out.textfile));
  TORPOR_CHECK(read_server(document, "telemetry.remote_write", out.remote_write));
  TORPOR_CHECK(read_server(document, "telemetry.pushgateway", out.pushgateway));
  return read_server(document, "telemetry.alertmanager", out.alertmanager);
}

Status read_backend(TomlDocument& document, BackendChoice& backend) {
  const auto refuse = [&](std::string_view field, std::string_view found, std::string_view expected) {
    return refusal(document, field, found, expected, Reason::site_backend);
  };
  TORPOR_CHECK(read_name(document, "backend.name", backend.name));
  TORPOR_TRY(backend.worker, document.text("backend.worker", 0, 4096));
  TORPOR_TRY(backend.cpu_fallback, document.boolean("backend.cpu_fallback"));
  const BackendFacts* facts = find_backend(backend.name.view());
  if (facts == nullptr) return refuse("backend.name", backend.name, backend_names());
  // A driver gives back all it holds only when its process ends: that is what the worker is for
  // (docs/gpu.md).
  if (facts->holds_device && backend.worker.empty())
    return refuse("backend.worker", "nothing", "torpor-infer: a GPU is used by a process that ends");
  if (!backend.worker.empty() && backend.worker.front() != '/')
    return refuse("backend.worker", backend.worker, "an absolute path");
  if (backend.name.view() == "cpu" && backend.cpu_fallback)
    return refuse("backend.cpu_fallback", "true", "false: there is nothing else to fall back to");
  return {};
}

Result<Site> read_site(std::string_view text, std::string_view file) {
  TORPOR_TRY(TomlDocument document, TomlDocument::parse(text, file));
  Site site;
  TORPOR_CHECK(read_name(document, "device.id", site.device_id));
  TORPOR_CHECK(read_name(document, "device.target_class", site.target_class));
  TORPOR_TRY(const std::size_t uids, document.count("peer.uids", 0, 16));
  for (std::size_t i = 0; i < uids; ++i) {
    std::uint32_t uid = 0;
    TORPOR_CHECK(read_number(document, "peer.uids[" + std::to_string(i) + "]", 0, kMaxUid, uid));
    site.peer_uids.push_back(uid);
  }
  TORPOR_CHECK(read_number(document, "peer.timeout_ms", 1, 86'400'000, site.peer_timeout_ms));
  TORPOR_CHECK(read_number(document, "power.idle_mw", 0, kMaxMilliwatts, site.power.idle_mw));
  TORPOR_CHECK(read_number(document, "power.sample_mw", 0, kMaxMilliwatts, site.power.sample_mw));
  TORPOR_CHECK(read_number(document, "power.infer_mw", 0, kMaxMilliwatts, site.power.infer_mw));
  TORPOR_CHECK(read_number(document, "power.sleep_mw", 0, kMaxMilliwatts, site.power.sleep_mw));
  TORPOR_CHECK(read_backend(document, site.backend));
  TORPOR_TRY(site.system_root, read_root(document, "system.root"));
  TORPOR_CHECK(read_telemetry(document, site.telemetry));
  TORPOR_CHECK(document.finish());
  TORPOR_CHECK(check_power(document, site.power));
  return site;
}

}  // namespace

Result<Site> parse_site(std::string_view text, std::string_view file) {
  auto site = read_site(text, file);
  if (!site) return as_site_error(site.error());
  return site;
}

Result<Site> load_site(Files& files, const std::string& path, std::uint32_t own_uid) {
  // The whole path, before a byte is believed: the site names the programs we start and where
  // secrets go.
  auto content = files.read_owned(path, kMaxSiteBytes, own_uid);
  if (!content) return as_site_error(content.error());
  return parse_site(as_text(*content), path);
}

}  // namespace torpor
