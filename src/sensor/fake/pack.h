// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contract/contract.h"
#include "sensor/recording/manifest.h"

// Small data packs made by tests.
namespace torpor {

// A canonical WAV file of 16-bit integers.
std::vector<std::byte> wav_bytes(std::uint32_t rate_hz, std::uint32_t channels,
                                 const std::vector<std::int16_t>& interleaved);

// A folder of its own, removed at the end.
class TempPack {
 public:
  TempPack();
  ~TempPack();
  TempPack(const TempPack&) = delete;
  TempPack& operator=(const TempPack&) = delete;
  const std::string& folder() const { return folder_; }
  void write(const std::string& file, const std::vector<std::byte>& bytes) const;
  // Writes a WAV and gives the row that describes it.
  Recording add(const std::string& file, std::uint32_t rate_hz, std::uint32_t channels,
                const std::vector<std::int16_t>& interleaved, std::uint32_t block_len = 0) const;

 private:
  std::string folder_;
};

// The header line of a manifest, with its newline.
std::string manifest_header();
// A row as the manifest writes it, with its newline.
std::string manifest_row(const Recording& recording);

// A sensor of the contract.
SensorTerms sensor_for_test(std::uint32_t rate_hz, std::uint32_t axes);

// The shared data pack's folder, if it is here: $TORPOR_SHARED/data or ../shared/data.
std::string shared_pack();                                   // empty: absent
std::vector<std::byte> file_bytes(const std::string& path);  // empty: absent

}  // namespace torpor
