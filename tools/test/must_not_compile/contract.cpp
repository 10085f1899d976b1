// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A contract comes from verify() alone, and is not changed afterwards.
#include "contract/verify.h"

namespace torpor {

// What is right compiles.
Result<Contract> checked(Bytes bundle, const TrustSet& trust) {
  return verify(bundle, trust, "robot.bundle");
}
Contract copied(const Contract& contract) { return contract; }

#ifdef MUST_NOT_COMPILE
// NOT a_contract_is_not_made_of_nothing: is private within this context
Contract nothing;

// NOT a_contract_is_not_made_of_braces: is private within this context
Contract braces() { return Contract{}; }

// NOT a_contract_is_not_made_of_terms: no matching function for call to
Contract unsigned_terms(const Terms& terms, const Digest& digest) { return Contract(terms, digest); }

// NOT terms_are_no_contract: could not convert
Contract of_terms(const Terms& terms) { return terms; }

// NOT a_contract_is_not_derived: use of deleted function
struct Mine : Contract {};
Mine mine;

// NOT no_number_of_a_contract_is_written: in read-only object
void sleep_less(Contract& contract) { contract.terms().duty.sleep_ms = 1; }

// NOT no_number_of_a_copy_is_written: in read-only object
void sleep_less_in_copy(const Contract& contract) {
  Contract copy = contract;
  copy.terms().duty.sleep_ms = 1;
}

// NOT the_terms_of_a_copy_are_not_reached: is private within this context
void reach(Contract& copy) { copy.terms_.sequence = 2; }

// NOT a_contract_lends_no_terms_to_write: discards qualifiers
Terms& lend(Contract& contract) { return contract.terms(); }

// NOT the_sensors_of_a_contract_are_not_written: read-only
void other_rate(const Contract& contract) { contract.terms().sensors()[0].rate_mhz = 1; }

// NOT the_terms_have_no_default: uninitialized
const Terms defaults;

// NOT the_duty_cycle_has_no_default: uninitialized
const DutyTerms duty;

// NOT the_power_budget_has_no_default: uninitialized
const PowerTerms power;

// NOT the_alarm_has_no_default: uninitialized
const AlarmTerms alarm;

// NOT a_verified_contract_is_not_dropped: [-Werror=unused-result]
void drop(Bytes bundle, const TrustSet& trust) { verify(bundle, trust, "robot.bundle"); }

// NOT what_is_not_verified_is_no_contract: could not convert
Result<Contract> unverified(Bytes bundle) { return bundle; }

// NOT trust_is_not_made_up: is private within this context
void trust_all(TrustSet& trust) { trust.count_ = 1; }

// NOT a_sleep_level_is_no_number: no match for 'operator=='
bool suspends(const PowerTerms& terms) { return terms.sleep_level == 1; }

// NOT a_sleep_level_is_no_residency: no match for 'operator=='
bool leaves(const PowerTerms& terms) { return terms.sleep_level == Residency::exit; }
#endif

}  // namespace torpor
