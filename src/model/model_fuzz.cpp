// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cmath>
#include <cstring>

#include "model/cpu/cpu_backend.h"
#include "model/fake/models.h"
#include "model/model_layout.h"

// A model file as an attacker would write it: the input is a list of edits (offset, new
// 32 bits) applied to a good file, which is then sealed with the right checksum so that the
// parser behind it is reached; or, by the first byte, taken raw. What is accepted must run,
// and its logit must be finite.
using namespace torpor;

namespace {

const ModelDims kSmall{16, 2, 1, 16, 16};

std::vector<std::byte> edited(Bytes edits) {
  static const std::vector<std::byte> good = *encode_model_file(random_model(1, kSmall), "card");
  std::vector<std::byte> file = good;
  std::size_t at = 0;
  for (; at + 7 <= edits.size(); at += 7) {
    const std::size_t offset =
        (load_le<std::uint16_t>(edits.data() + at) | std::to_integer<std::size_t>(edits[at + 2]) << 16) %
        file.size();
    std::memcpy(file.data() + offset, edits.data() + at + 3, std::min<std::size_t>(4, file.size() - offset));
  }
  // What is left over lengthens or shortens the file.
  if (at < edits.size()) file.resize(file.size() + std::to_integer<std::size_t>(edits[at]) - 128);
  store_le<std::uint32_t>(file.data() + kAtCrc, crc32c(Bytes(file).subspan(kAtFeatures)));
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input{reinterpret_cast<const std::byte*>(data + 1), size - 1};
  const bool raw = data[0] % 8 == 0;
  const bool run = data[0] >= 128;  // the network takes most of the time
  const auto bytes = raw ? std::vector<std::byte>(input.begin(), input.end()) : edited(input);
  const auto file = ModelFile::from_bytes(bytes, "fuzz", {});
  if (!file) {
    if (name(file.error().reason).empty() || one_line(file.error()).empty()) __builtin_trap();
    return 0;
  }
  if ((*file)->sections().empty()) __builtin_trap();
  if (!run) return 0;
  static const std::vector<TokenSet> tokens = random_tokens(1, 1);
  CpuBackend backend;
  float logit = 0;
  if (!backend.load(**file, 1) || !backend.run(tokens, {&logit, 1})) __builtin_trap();
  if (!std::isfinite(logit)) __builtin_trap();
  return 0;
}
