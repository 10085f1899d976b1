// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "contract/fake/example_contract.h"
#include "link/agreement.h"

namespace torpor {

// An OwnSide with a bundle of its own: each side signs and verifies for itself, as two
// processes with two files do. Test code only.
class SideForTest {
 public:
  static constexpr Duration kPeerTimeout = std::chrono::seconds(30);

  explicit SideForTest(LinkRole role, const Terms& terms = terms_for_test());
  SideForTest(LinkRole role, const Error& refusal);
  SideForTest(const SideForTest&) = delete;
  SideForTest& operator=(const SideForTest&) = delete;

  const OwnSide& own() const { return own_; }
  const Contract& contract() const { return *own_.contract; }
  void set_speed(std::uint32_t permille) { own_.speed_permille = permille; }

 private:
  std::vector<std::byte> bundle_;
  std::optional<Contract> contract_;
  OwnSide own_;
};

}  // namespace torpor
