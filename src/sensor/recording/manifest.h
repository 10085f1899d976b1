// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/files.h"
#include "base/result.h"

// The list of recordings of a data pack: MANIFEST.csv, one row per file. Everything in
// it is hostile input: the reader is strict, bounded and never repairs.
namespace torpor {

// What a recording may be used for. Thresholds and models see train_healthy only.
enum class Split : std::uint8_t { train_healthy, test_healthy, test_fault, unlabelled };
std::string_view name(Split split);

// One row, typed. Texts are valid UTF-8 without control characters, at most
// kMaxManifestField bytes; those not listed below as required may be empty.
struct Recording {
  std::uint32_t row = 0;                   // 1 = the first row after the header
  std::string file;                        // required; relative to the manifest's folder, stays inside it
  std::string dataset;                     // required
  std::string machine;                     // required
  std::uint32_t rate_hz = 0;               // 1 .. 1,000,000
  std::uint32_t channels = 0;              // 1 .. kMaxRecordingChannels
  std::vector<std::string> channel_names;  // one per channel
  std::string units;                       // required; of a sample times scale
  double scale = 0;                        // units per LSB; finite, > 0, 1e-12 .. 1e6
  std::uint64_t samples = 0;               // per channel, >= 1; times channels <= kMaxRecordingValues
  std::string load;                        // as written, e.g. "4000 N"
  double rpm = 0;                          // shaft speed; 0 = not stated; at most 1,000,000
  std::string condition;                   // required; "healthy", "fault", "aging", "failing", ..
  std::string fault;                       // "none", "ball", "inner_race", ..
  std::string severity;
  Split split = Split::unlabelled;
  double t0_s = 0;              // start of the file in the machine's own time
  std::uint32_t block_len = 0;  // samples per channel that are contiguous; 0 = the whole file
  double block_period_s = 0;    // start to start of two blocks; 0 where block_len is 0
  std::string notes;

  double duration_s() const { return static_cast<double>(samples) / rate_hz; }
  [[nodiscard]] bool healthy() const { return condition == "healthy"; }
};

inline constexpr std::size_t kMaxManifestBytes = 8u << 20;
inline constexpr std::size_t kMaxManifestRows = 20'000;
inline constexpr std::size_t kMaxManifestField = 512;
inline constexpr std::uint32_t kMaxRecordingChannels = 64;
inline constexpr std::uint64_t kMaxRecordingValues = 1u << 28;  // samples x channels of one file

// Immutable once read; may be shared between threads.
//
// Errors, each with file:line:column in `where`:
//   manifest_csv        broken quoting, control character, bad UTF-8, over a limit above
//   manifest_columns    the header is not the known one, or a row has another number of fields
//   manifest_field      a value of the wrong type, out of range, or at odds with another
//                       (duration_s must equal n_samples / rate within 2 ms, n_samples must
//                       be whole blocks, block_len and block_period_s come together)
//   manifest_path       a file that is absolute, holds "..", ".", "\" or an empty part
//   manifest_duplicate  a file listed twice
// and those of Files::read.
class Manifest {
 public:
  static Result<Manifest> read(Files& files, const std::string& path);
  // `path` is used in errors and gives the folder.
  static Result<Manifest> parse(Bytes csv, const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_; }  // "." for a bare file name
  const std::vector<Recording>& recordings() const { return recordings_; }

  // Which rows a source plays:
  //   ""        all, in the order of the file
  //   "12"      the row of that number (1 = the first after the header)
  //   a file    the row with that `file`, or whose file name (last part) it is if only one is
  //   a machine all its rows in order of t0_s (equal: as listed): one run of one machine
  // manifest_no_match when it names nothing.
  Result<std::vector<Recording>> select(std::string_view selection) const;

 private:
  Manifest() = default;
  std::string path_;
  std::string folder_;
  std::vector<Recording> recordings_;
};

}  // namespace torpor
