// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/gateway.h"

#define ZLIB_CONST  // input is not written to
#include <zlib.h>

#include "base/assertion.h"
#include "telemetry/catalogue.h"

namespace torpor {

std::string gateway_group(std::string_view device) {
  return "/metrics/job/" + std::string(kJob) + "/instance/" + std::string(device);
}

std::string gzip(std::string_view text) {
  constexpr int kGzipWindow = 15 + 16;  // the largest, with a gzip header
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  const int ready =
      ::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
  TORPOR_ASSERT(ready == Z_OK, "gateway.there_is_memory_for_zlib");  // as for every std::string
  std::string out(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = ::deflate(&stream, Z_FINISH);
  TORPOR_ASSERT(done == Z_STREAM_END, "gateway.the_bound_of_zlib_is_one");
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace torpor
