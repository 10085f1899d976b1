// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/real.h"

#include <algorithm>
#include <cmath>

#include "eval/metrics.h"
#include "sensor/recording/manifest.h"
#include "sensor/recording/recording_reader.h"

namespace torpor::train {

std::vector<std::pair<std::size_t, std::size_t>> running_parts(std::span<const float> samples, double rate_hz,
                                                               std::size_t least) {
  // A quarter of a second: half a window, so that a stop costs little of the running beside it.
  const auto piece = std::max<std::size_t>(1, static_cast<std::size_t>(rate_hz / 4));
  std::vector<double> rms;
  for (std::size_t at = 0; at + piece <= samples.size(); at += piece) {
    double sum = 0, square = 0;
    for (float v : samples.subspan(at, piece)) {
      sum += static_cast<double>(v);
      square += static_cast<double>(v) * static_cast<double>(v);
    }
    const double n = static_cast<double>(piece);
    // Around the mean: a sensor's offset is not vibration.
    rms.push_back(std::sqrt(std::max(0.0, square / n - sum / n * sum / n)));
  }
  if (rms.empty()) return {};
  // A quantile, not the mean: a machine that stands most of the time is still found running.
  const double least_rms = eval::quantile(rms, 0.8) / 5;
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  for (std::size_t i = 0; i < rms.size(); ++i) {
    if (rms[i] <= least_rms) continue;
    std::size_t end = i;
    while (end < rms.size() && rms[end] > least_rms) ++end;
    // Shorter ones hold no window with room to choose its place.
    if ((end - i) * piece >= least) parts.emplace_back(i * piece, end * piece);
    i = end;
  }
  return parts;
}

Result<RealPack> read_healthy(Files& files, const std::string& pack_dir) {
  TORPOR_TRY(const Manifest manifest, Manifest::read(files, pack_dir + "/MANIFEST.csv"));
  RealPack pack;
  for (const Recording& recording : manifest.recordings()) {
    // Before the file is opened: nothing of a test split may reach training, not even its scale.
    if (recording.split != Split::train_healthy) continue;
    TORPOR_TRY(const RecordedSamples read, read_recording(manifest, recording));
    ++pack.files;
    pack.seconds += recording.duration_s();
    if (std::find(pack.datasets.begin(), pack.datasets.end(), recording.dataset) == pack.datasets.end())
      pack.datasets.push_back(recording.dataset);
    for (std::uint32_t channel = 0; channel < read.channels; ++channel) {
      std::vector<float> samples(read.samples_per_channel());
      for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<float>(read.samples[i * read.channels + channel] * read.scale);
      // Machines of one data set that differ in bearing, rate or rig never share a baseline;
      // nor do blocks and one piece, since a window is gathered in one way.
      const std::string name =
          recording.dataset + "/" + recording.machine + "/" + recording.channel_names[channel];
      auto machine = std::find_if(pack.machines.begin(), pack.machines.end(), [&](const RealMachine& m) {
        return m.name == name && m.rate_hz == read.rate_hz &&
               (m.tracks.empty() || m.tracks.front().block_len == recording.block_len);
      });
      if (machine == pack.machines.end())
        machine = pack.machines.insert(pack.machines.end(), RealMachine{name, read.rate_hz, {}});
      if (recording.block_len > 0) {
        machine->tracks.push_back({std::move(samples), recording.rpm / 60, recording.block_len});
        continue;
      }
      for (auto [first, last] : running_parts(samples, read.rate_hz, static_cast<std::size_t>(read.rate_hz)))
        machine->tracks.push_back({{samples.begin() + static_cast<std::ptrdiff_t>(first),
                                    samples.begin() + static_cast<std::ptrdiff_t>(last)},
                                   recording.rpm / 60,
                                   0});
    }
  }
  std::erase_if(pack.machines, [](const RealMachine& m) { return m.tracks.empty(); });
  if (pack.machines.empty())
    return Error{Reason::train_no_healthy, FixedString<160>(manifest.path()).append(": split"),
                 "no train_healthy", "at least one recording of it"};
  return pack;
}

}  // namespace torpor::train
