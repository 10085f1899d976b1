// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "sensor/recording/csv.h"

namespace torpor {
namespace {

// In the order of the file's first line, which must be exactly this.
enum Column : std::size_t {
  kFile,
  kDataset,
  kMachine,
  kRate,
  kChannels,
  kChannelNames,
  kUnits,
  kScale,
  kSamples,
  kDuration,
  kLoad,
  kRpm,
  kCondition,
  kFault,
  kSeverity,
  kSplit,
  kT0,
  kBlockLen,
  kBlockPeriod,
  kNotes,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kNames = {
    "file",          "dataset", "machine",       "sample_rate_hz", "channels",
    "channel_names", "units",   "scale_per_lsb", "n_samples",      "duration_s",
    "load",          "rpm",     "condition",     "fault",          "severity",
    "split",         "t0_s",    "block_len",     "block_period_s", "notes"};
constexpr std::array<std::string_view, 4> kSplitNames = {"train_healthy", "test_healthy", "test_fault",
                                                         "unlabelled"};

// A row being read: knows where each field is, for errors.
class Row {
 public:
  Row(const std::vector<CsvField>& fields, std::string_view path, std::size_t line)
      : fields_(fields), path_(path), line_(line) {}

  const std::string& text(Column c) const { return fields_[c].text; }

  // Line and column as an editor counts them, and the field's name: the pack is written by hand.
  Error fail(Column c, std::string_view expected, Reason reason = Reason::manifest_field) const {
    const std::string_view found = text(c).empty() ? "nothing" : std::string_view(text(c));
    return Error{.reason = reason}
        .at(csv_where(path_, line_, fields_[c].column), " ", kNames[c])
        .saw(found)
        .want(expected);
  }

  Result<std::string> required(Column c) const {
    if (text(c).empty()) return fail(c, "a value");
    return text(c);
  }

  Result<std::uint64_t> integer(Column c, std::uint64_t min, std::uint64_t max) const {
    std::uint64_t value = 0;
    const std::string& t = text(c);
    // Without a sign and without spaces; all of the text, so that "12k" is no 12.
    const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
    if (error != std::errc() || end != t.data() + t.size() || value < min || value > max) {
      FixedString<120> expected;
      expected << "an integer " << min << " .. " << max;
      return fail(c, expected);
    }
    return value;
  }

  Result<double> decimal(Column c, double min, double max, std::string_view expected) const {
    double value = 0;
    const std::string& t = text(c);
    const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
    // The comparison also refuses the NaN that from_chars accepts.
    if (error != std::errc() || end != t.data() + t.size() || !(value >= min && value <= max))
      return fail(c, expected);
    return value;
  }

 private:
  const std::vector<CsvField>& fields_;
  std::string_view path_;
  std::size_t line_;
};

// The name alone; open_inside() judges once more, with links followed.
bool stays_inside(std::string_view file) {
  // No backslash: packs travel between systems, where it would part a path.
  if (file.empty() || file.front() == '/' || file.find('\\') != std::string_view::npos) return false;
  for (std::size_t at = 0; at <= file.size();) {
    const std::size_t slash = std::min(file.find('/', at), file.size());
    const std::string_view part = file.substr(at, slash - at);
    // Empty parts too: "a//b" and "a/b" would be two rows of one file.
    if (part.empty() || part == "." || part == "..") return false;
    at = slash + 1;
  }
  return true;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t bar = std::min(text.find('|', at), text.size());
    names.emplace_back(text.substr(at, bar - at));
    at = bar + 1;
  }
  return names;
}

// Shape of the file: rate, channels, samples, blocks.
Status read_shape(const Row& row, Recording& r) {
  TORPOR_TRY(const auto rate, row.integer(kRate, 1, 1'000'000));
  TORPOR_TRY(const auto channels, row.integer(kChannels, 1, kMaxRecordingChannels));
  r.rate_hz = static_cast<std::uint32_t>(rate);
  r.channels = static_cast<std::uint32_t>(channels);
  r.channel_names = split_names(row.text(kChannelNames));
  if (r.channel_names.size() != r.channels ||
      std::any_of(r.channel_names.begin(), r.channel_names.end(), [](auto& n) { return n.empty(); }))
    return row.fail(kChannelNames, "one name per channel, '|' between them");
  // Before samples are multiplied by channels anywhere.
  TORPOR_TRY(r.samples, row.integer(kSamples, 1, kMaxRecordingValues / r.channels));
  // Said twice in the manifest, so that a wrong rate or a cut file is noticed at once.
  TORPOR_TRY(const double duration, row.decimal(kDuration, 0, 1e9, "seconds"));
  if (std::fabs(duration - r.duration_s()) > 2e-3)
    return row.fail(kDuration, "n_samples / sample_rate_hz, to 2 ms");

  // One without the other cannot say where blocks lie.
  if (row.text(kBlockLen).empty() != row.text(kBlockPeriod).empty())
    return row.fail(kBlockLen, "block_len and block_period_s both, or neither");
  if (row.text(kBlockLen).empty()) return {};
  TORPOR_TRY(const auto block_len, row.integer(kBlockLen, 1, r.samples));
  r.block_len = static_cast<std::uint32_t>(block_len);
  // Else the last block would be one of another length.
  if (r.samples % r.block_len != 0) return row.fail(kBlockLen, "n_samples to be whole blocks");
  TORPOR_TRY(r.block_period_s, row.decimal(kBlockPeriod, 0, 1e9, "seconds"));
  // The rest beside 1 is for a period that was rounded when it was written.
  if (r.block_period_s * r.rate_hz < r.block_len * (1 - 1e-9))
    return row.fail(kBlockPeriod, "at least the length of a block");
  return {};
}

Result<Recording> read_row(const Row& row) {
  Recording r;
  r.file = row.text(kFile);
  if (!stays_inside(r.file))
    return row.fail(kFile, "a path inside the manifest's folder", Reason::manifest_path);
  TORPOR_TRY(r.dataset, row.required(kDataset));
  TORPOR_TRY(r.machine, row.required(kMachine));
  TORPOR_TRY(r.units, row.required(kUnits));
  TORPOR_TRY(r.condition, row.required(kCondition));
  TORPOR_CHECK(read_shape(row, r));
  TORPOR_TRY(r.scale, row.decimal(kScale, 1e-12, 1e6, "units per LSB, 1e-12 .. 1e6"));
  // 0 = not stated, as everywhere.
  if (!row.text(kRpm).empty()) {
    TORPOR_TRY(r.rpm, row.decimal(kRpm, 0, 1e6, "revolutions per minute, 0 .. 1e6, or nothing"));
  }
  if (!row.text(kT0).empty()) {
    TORPOR_TRY(r.t0_s, row.decimal(kT0, 0, 1e10, "seconds, 0 .. 1e10, or nothing"));
  }
  const auto split = std::find(kSplitNames.begin(), kSplitNames.end(), row.text(kSplit));
  if (split == kSplitNames.end())
    return row.fail(kSplit, "train_healthy, test_healthy, test_fault or unlabelled");
  r.split = static_cast<Split>(split - kSplitNames.begin());
  r.load = row.text(kLoad);
  r.fault = row.text(kFault);
  r.severity = row.text(kSeverity);
  r.notes = row.text(kNotes);
  return r;
}

}  // namespace

std::string_view name(Split split) { return kSplitNames[static_cast<std::size_t>(split)]; }

Result<Manifest> Manifest::read(Files& files, const std::string& path) {
  TORPOR_TRY(const auto bytes, files.read(path, kMaxManifestBytes));
  return parse(bytes, path);
}

Result<Manifest> Manifest::parse(Bytes csv, const std::string& path) {
  // Files::read has asked too; parse() is also called with bytes in hand.
  if (csv.size() > kMaxManifestBytes)
    return Error{Reason::manifest_csv, csv_where(path, 1, 1), "a file that is too large", "at most 8 MiB"};
  Manifest manifest;
  manifest.path_ = path;
  const std::size_t slash = path.rfind('/');
  // Recordings lie beside their manifest, whatever the working directory is.
  manifest.folder_ = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);

  CsvReader reader(as_text(csv), path);
  std::vector<CsvField> fields;
  TORPOR_TRY(const bool has_header, reader.next(fields, kColumns, kMaxManifestField));
  if (!has_header) return Error{Reason::manifest_columns, csv_where(path, 1, 1), "an empty file", kNames[0]};
  // Column by column, so that the first wrong one is named; one too many was refused by the reader.
  for (std::size_t c = 0; c < kColumns; ++c) {
    if (c < fields.size() && fields[c].text == kNames[c]) continue;
    const std::size_t column = c < fields.size() ? fields[c].column : fields.back().column;
    return Error{Reason::manifest_columns, csv_where(path, 1, column),
                 c < fields.size() ? FixedString<120>(fields[c].text) : "the end of the row", kNames[c]};
  }

  // A file listed twice would count twice in training and in tests.
  std::unordered_set<std::string> seen;
  for (;;) {
    TORPOR_TRY(const bool more, reader.next(fields, kColumns, kMaxManifestField));
    if (!more) break;
    const std::size_t line = reader.line();
    if (fields.size() < kColumns)
      return Error{Reason::manifest_columns, csv_where(path, line, fields.back().column),
                   "the end of the row", kNames[fields.size()]};
    // Rows are bounded, because each costs memory before anything is opened.
    if (manifest.recordings_.size() == kMaxManifestRows)
      return Error{Reason::manifest_csv, csv_where(path, line, 1), "one more row", "at most 20000"};
    const Row row(fields, path, line);
    TORPOR_TRY(Recording recording, read_row(row));
    if (!seen.insert(recording.file).second)
      return row.fail(kFile, "a file not listed before", Reason::manifest_duplicate);
    recording.row = static_cast<std::uint32_t>(manifest.recordings_.size() + 1);
    manifest.recordings_.push_back(std::move(recording));
  }
  return manifest;
}

Result<std::vector<Recording>> Manifest::select(std::string_view selection) const {
  const Error no_match{Reason::manifest_no_match, std::string_view(path_), selection,
                       "a row number, a file or a machine"};
  // All of them, in the order of the file.
  if (selection.empty()) {
    if (recordings_.empty()) return no_match;
    return recordings_;
  }
  // A number is a row, whatever files may be called; then a file, then a machine, then the last
  // part of a path where only one file has it.
  std::size_t row = 0;
  const auto [end, error] = std::from_chars(selection.data(), selection.data() + selection.size(), row);
  if (error == std::errc() && end == selection.data() + selection.size()) {
    if (row < 1 || row > recordings_.size()) return no_match;
    // A number never falls back to a name: row 7 of a pack of 5 is a slip.
    return std::vector<Recording>{recordings_[row - 1]};
  }

  std::vector<Recording> machine;
  std::vector<Recording> last_part;
  for (const Recording& r : recordings_) {
    if (r.file == selection) return std::vector<Recording>{r};
    if (r.machine == selection) machine.push_back(r);
    if (std::string_view(r.file).substr(r.file.rfind('/') + 1) == selection) last_part.push_back(r);
  }
  if (!machine.empty()) {
    // A machine's life, in the order it was lived.
    // Stable: rows without t0_s keep the order of the file.
    std::stable_sort(machine.begin(), machine.end(),
                     [](const Recording& a, const Recording& b) { return a.t0_s < b.t0_s; });
    return machine;
  }
  // Two files of one name: neither is guessed.
  if (last_part.size() != 1) return no_match;
  return last_part;
}

}  // namespace torpor
