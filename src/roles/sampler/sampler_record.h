// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "contract/host/admission.h"
#include "contract/host/trust_watch.h"
#include "firmware/sampler_listener.h"

namespace torpor {

// What a sampler keeps on a computer: its own rollback counter, in its own state directory, so
// that no contract is valid again because the detector's was wiped. The counter begins with an
// agreement and advances with the first window that was sent, which is also the end of what an earlier
// start was refused for. Looks at the trust file, as the detector does at its own. What it could not
// keep it says on stderr, each trouble once in a row, and tries again with the next window; and which
// requests it refused. Heap; one thread.
class SamplerRecord final : public SamplerListener {
 public:
  // Outlive it.
  struct Parts {
    Admission& admission;
    Files& files;
  };
  struct Paths {
    std::string state;   // directory, exists
    std::string bundle;  // file
    std::string trust;   // file
  };
  SamplerRecord(const Parts& parts, Paths paths);

  Status agreed() override;
  Status window_sent() override;
  void request_refused(const Error& why, std::uint32_t times) override;
  // Errors: TrustWatch::look()'s, when the bundle's key may not sign contracts any more.
  Status may_go_on() override;
  std::optional<Reason> notice() const override;

 private:
  Status kept(const Status& status);
  Status end_earlier_refusal();

  Admission& admission_;
  Files& files_;
  const Paths paths_;
  TrustWatch trust_;
  bool refusal_over_ = false;      // that of an earlier start
  std::optional<Reason> trouble_;  // said already
};

}  // namespace torpor
