// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/supervision.h"

#include <cstdlib>

#include "program/error_text.h"
#include "roles/role_flags.h"
#include "roles/role_home.h"

namespace torpor {
namespace {

// One cycle may be lost to an overrun and one to the link; the third that is missing is a hang.
constexpr int kPeriods = 3;

}  // namespace

Supervision::Supervision(LinkRole role) : role_(role) {
  auto socket = NotifySocket::make(std::getenv("NOTIFY_SOCKET"));
  if (socket)
    socket_ = *std::move(socket);
  else
    tell_error(program_of(role_), socket.error());
}

void Supervision::ready(const RoleHome& home, const Clock& clock) {
  const std::string_view peer = role_ == LinkRole::detector ? "sampler" : "detector";
  FixedString<200> status;
  std::optional<Duration> within;
  if (home.own.contract == nullptr) {
    status << "refused (" << name(home.own.refusal.reason) << "), telling the " << peer;
  } else {
    status << "waiting for the " << peer;
    within = clock.real(home.own.contract->period() * kPeriods) + home.own.peer_timeout;
  }
  say(socket_.ready(within, status));
}

void Supervision::agreed(const Contract& contract) {
  FixedString<128> status = "agreed on ";
  status << contract.terms().contract_id << " sequence " << contract.sequence();
  progressed(status);
}

void Supervision::progressed(std::string_view status) { say(socket_.progressed(status)); }

void Supervision::stopping() { say(socket_.stopping()); }

void Supervision::say(const Status& told) {
  if (!told && well_) tell_error(program_of(role_), told.error());
  well_ = told.ok();
}

}  // namespace torpor
