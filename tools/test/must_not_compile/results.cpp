// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Errors are values that are looked at.
#include <memory>

#include "base/link.h"
#include "base/result.h"

namespace torpor {

Error fault();
Status step();
Result<int> number();
Result<std::unique_ptr<int>> owned();

// What is right compiles.
Status tried(Link& link) {
  TORPOR_CHECK(step());
  TORPOR_TRY(const int n, number());
  TORPOR_CHECK(link.open());
  return n > 0 ? Status{} : fault();
}

#ifdef MUST_NOT_COMPILE
// NOT an_error_is_not_dropped: [-Werror=unused-result]
void drop_error() { fault(); }

// NOT a_status_is_not_dropped: [-Werror=unused-result]
void drop_status() { step(); }

// NOT a_result_is_not_dropped: [-Werror=unused-result]
void drop_result() { number(); }

// NOT what_a_link_says_is_not_dropped: [-Werror=unused-result]
void drop_open(Link& link) { link.open(); }

// NOT how_much_a_link_took_is_not_dropped: [-Werror=unused-result]
void drop_write(Link& link, Bytes bytes) { link.write(bytes); }

// NOT a_result_is_no_value: cannot convert
int value() { return number(); }

// NOT a_result_is_no_bool: cannot convert
bool went_well() { return number(); }

// NOT a_status_is_no_bool: cannot convert
bool well = step();

// NOT a_status_is_no_exit_code: cannot convert
int exit_code_of() { return step(); }

// NOT a_status_has_no_value: no match for 'operator*'
void read_status() { static_cast<void>(*step()); }

// NOT a_reason_alone_is_no_error: could not convert
Status refused() { return Reason::internal; }

// NOT a_reason_is_no_exit_code: cannot convert
int code() { return Reason::internal; }

// NOT a_number_is_no_reason: cannot convert
Reason reason() { return 3; }

// NOT what_has_one_owner_is_not_copied_in_a_result: cannot bind rvalue reference
Result<std::unique_ptr<int>> copy(const Result<std::unique_ptr<int>>& from) { return from; }
#endif

}  // namespace torpor
