// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace torpor {

// Bytes to and from the other role: one connection at a time, nothing ever blocks.
// The sampler's end listens (it owns the sensor), the detector's end dials.
// Implementations: UnixLink (link/host/unix_link.h), MemoryLink (link/fake/memory_link.h, tests).
class Link {
 public:
  virtual ~Link() = default;

  // Tries once to get a connection: dials, or takes the peer that is waiting.
  // peer_absent when nobody is there; file_denied when the peer's user is not allowed.
  virtual Status open() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;

  // Reads what is there, at most into.size(). 0: nothing now. link_closed: the peer
  // hung up (after its last byte was read); the link is then closed on this side too.
  virtual Result<std::size_t> read(MutableBytes into) = 0;

  // Takes as much as fits without waiting, perhaps 0. link_closed as above.
  virtual Result<std::size_t> write(Bytes from) = 0;

  virtual void close() = 0;
};

}  // namespace torpor
