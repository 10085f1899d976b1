// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/manifest.h"
#include "sensor/spec/source_spec.h"

// Any bytes as the rows of a manifest, as a whole one, and as a --source argument.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  static const std::string header =
      "file,dataset,machine,sample_rate_hz,channels,channel_names,units,scale_per_lsb,n_samples,duration_s,"
      "load,rpm,condition,fault,severity,split,t0_s,block_len,block_period_s,notes\n";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_source_spec(text);
  (void)Manifest::parse(as_bytes(text), "pack/fuzz.csv");
  const std::string rows = header + std::string(text);
  const auto manifest = Manifest::parse(as_bytes(rows), "fuzz.csv");
  if (!manifest) {
    if (manifest.error().where.empty()) __builtin_trap();
    return 0;
  }
  for (const Recording& r : manifest->recordings()) {
    if (r.file.find("..") == 0 && (r.file.size() == 2 || r.file[2] == '/')) __builtin_trap();
    if (r.samples * r.channels > kMaxRecordingValues || !(r.scale > 0) || r.rate_hz == 0) __builtin_trap();
    if (r.block_len != 0 && r.samples % r.block_len != 0) __builtin_trap();
    const auto same = manifest->select(r.file);
    if (!same) __builtin_trap();
  }
  return 0;
}
