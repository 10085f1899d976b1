// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace torpor {

// The seam to a file that is read piece by piece (base/files.h reads whole files only,
// and a recording may be larger than the sampler's memory). One thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `into` from `offset`; fewer bytes only at the end. io_failed.
  virtual Result<std::size_t> read_at(std::uint64_t offset, MutableBytes into) = 0;
};

// Bytes already in memory: tests and fuzzing.
class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes into) override;

 private:
  std::vector<std::byte> bytes_;
};

// Opens folder/file for reading. `file` must resolve, symbolic links followed, to a
// regular file inside `folder`: else recording_outside. file_missing, file_denied,
// io_failed with the path in `where`.
Result<std::unique_ptr<ByteSource>> open_inside(const std::string& folder, const std::string& file);

}  // namespace torpor
