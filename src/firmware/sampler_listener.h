// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/result.h"

namespace torpor {

// Who is told what the sampler has done, and keeps what must outlive it: on a computer the
// rollback counter in its state directory, on an MCU a record in flash. What cannot be kept comes
// back as an error, of which the detector's record is told; it stops nothing: storage is no
// precondition of watching.
class SamplerListener {
 public:
  // Both roles obey the same contract. At each agreement.
  virtual Status agreed() = 0;
  // A whole window was sent: a cycle of this contract was completed as far as the sampler sees.
  virtual Status window_sent() = 0;
  // The detector was refused a window, the `times`-th in this session.
  virtual void request_refused(const Error& why, std::uint32_t times) = 0;
  // What the detector's record should say of the sampler's own state, if anything.
  virtual std::optional<Reason> notice() const = 0;

 protected:
  ~SamplerListener() = default;  // owned by its own type only: firmware has no heap
};

}  // namespace torpor
