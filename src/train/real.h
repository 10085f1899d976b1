// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "train/episode.h"

namespace torpor::train {

struct RealPack {
  std::vector<RealMachine> machines;  // one per channel of each machine
  std::size_t files = 0;
  double seconds = 0;  // of recording used, channels counted once
  std::vector<std::string> datasets;
};

// The healthy training recordings of a pack: rows of MANIFEST.csv with split
// train_healthy. Files of other rows are not opened. Parts in which the machine stands
// still (running_parts) are left out. Errors: of Manifest::read and read_recording;
// train_no_healthy where no row may be used.
Result<RealPack> read_healthy(Files& files, const std::string& pack_dir);

// [first, last) of each stretch of at least `least` samples in which the machine runs:
// quarter-second pieces whose RMS is above a fifth of the 80 % quantile of all pieces.
std::vector<std::pair<std::size_t, std::size_t>> running_parts(std::span<const float> samples, double rate_hz,
                                                               std::size_t least);

}  // namespace torpor::train
