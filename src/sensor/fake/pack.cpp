// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/fake/pack.h"
#include "base/fake/places.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace torpor {

std::vector<std::byte> wav_bytes(std::uint32_t rate_hz, std::uint32_t channels,
                                 const std::vector<std::int16_t>& interleaved) {
  std::vector<std::byte> out;
  const auto text = [&](std::string_view t) {
    for (char c : t) out.push_back(static_cast<std::byte>(c));
  };
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  const std::uint64_t data = interleaved.size() * 2;
  text("RIFF"), number(36 + data, 4), text("WAVEfmt "), number(16, 4), number(1, 2), number(channels, 2);
  number(rate_hz, 4), number(std::uint64_t{rate_hz} * channels * 2, 4), number(channels * 2, 2),
      number(16, 2);
  text("data"), number(data, 4);
  for (const std::int16_t v : interleaved) number(static_cast<std::uint16_t>(v), 2);
  return out;
}

TempPack::TempPack() {
  std::string pattern = (std::filesystem::temp_directory_path() / "torpor_pack_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) __builtin_trap();
  folder_ = pattern;
}

TempPack::~TempPack() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TempPack::write(const std::string& file, const std::vector<std::byte>& bytes) const {
  const std::filesystem::path path = std::filesystem::path(folder_) / file;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

Recording TempPack::add(const std::string& file, std::uint32_t rate_hz, std::uint32_t channels,
                        const std::vector<std::int16_t>& interleaved, std::uint32_t block_len) const {
  write(file, wav_bytes(rate_hz, channels, interleaved));
  Recording r;
  r.row = 1;
  r.file = file;
  r.dataset = "test";
  r.machine = "rig";
  r.rate_hz = rate_hz;
  r.channels = channels;
  for (std::uint32_t c = 0; c < channels; ++c) r.channel_names.push_back("c" + std::to_string(c));
  r.units = "g";
  r.scale = 0.001;
  r.samples = interleaved.size() / channels;
  r.rpm = 1800;
  r.condition = "healthy";
  r.fault = "none";
  r.split = Split::train_healthy;
  r.block_len = block_len;
  r.block_period_s = block_len == 0 ? 0 : 10;
  return r;
}

std::string manifest_header() {
  return "file,dataset,machine,sample_rate_hz,channels,channel_names,units,scale_per_lsb,n_samples,"
         "duration_s,load,rpm,condition,fault,severity,split,t0_s,block_len,block_period_s,notes\n";
}

std::string manifest_row(const Recording& r) {
  std::ostringstream out;
  out << r.file << ',' << r.dataset << ',' << r.machine << ',' << r.rate_hz << ',' << r.channels << ',';
  for (std::size_t c = 0; c < r.channel_names.size(); ++c) out << (c > 0 ? "|" : "") << r.channel_names[c];
  out << ",\"" << r.units << "\"," << r.scale << ',' << r.samples << ',' << std::fixed << r.duration_s()
      << std::defaultfloat << ',' << r.load << ',' << r.rpm << ',' << r.condition << ',' << r.fault << ','
      << r.severity << ',' << name(r.split) << ',' << r.t0_s << ',';
  if (r.block_len > 0) out << r.block_len;
  out << ',';
  if (r.block_len > 0) out << r.block_period_s;
  out << ",\"" << r.notes << "\"\n";
  return out.str();
}

SensorTerms sensor_for_test(std::uint32_t rate_hz, std::uint32_t axes) {
  SensorTerms sensor{};
  sensor.id = "imu0";
  sensor.rate_mhz = rate_hz * 1000;
  sensor.axes = axes;
  sensor.full_scale_mg = 16'000;
  sensor.noise_floor_ug = 200;
  sensor.bearing = {9, 7'940, 39'040, 0};
  return sensor;
}

std::string shared_pack() {
  const char* shared = ::getenv("TORPOR_SHARED");
  const std::string folder = (shared != nullptr ? std::string(shared) : in_source("../shared")) + "/data";
  return std::filesystem::exists(folder + "/MANIFEST.csv") ? folder : std::string();
}

std::vector<std::byte> file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace torpor
