// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/transport.h"

#include <algorithm>

namespace torpor {
namespace {

// Printable, one blank where there were several, none around: it goes to stderr and journals.
FixedString<160> plain_words(std::string_view text) {
  FixedString<160> words;
  bool blank = false;
  for (const char c : text) {
    if (c <= ' ' || c >= 127) {
      blank = true;
      continue;
    }
    if (blank && !words.empty()) words << " ";
    blank = false;
    words << std::string_view(&c, 1);
  }
  return words;
}

bool begins_with(std::string_view text, std::string_view small) {
  return text.size() >= small.size() &&
         std::equal(small.begin(), small.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b);
         });
}

bool is_web_page(const HttpReply& answer, std::string_view words) {
  return begins_with(answer.content_type, "text/html") ||
         begins_with(answer.content_type, "application/xhtml") || words.starts_with('<');
}

}  // namespace

// docs/telemetry.md has the table. Refused is for good, so only what judges the samples themselves is:
// 400 (Prometheus, Mimir, VictoriaMetrics), 409 (Thanos), 422. Whatever else, a person can put right, and
// then it must have cost no cycle: the token, the URL, a proxy, its limits.
Answer answer_of(int status) {
  if (status >= 200 && status < 300) return Answer::taken;
  for (const int judged : {400, 409, 422})
    if (status == judged) return Answer::refused;
  return Answer::unavailable;
}

Outcome outcome_of(const HttpReply& answer) {
  Outcome outcome{.answer = answer_of(answer.status),
                  .status = answer.status,
                  .said = plain_words(answer.body),
                  .date = answer.date,
                  .retry_in = {},
                  .retry_at = {}};
  if (is_web_page(answer, outcome.said.view())) {
    if (outcome.answer != Answer::unavailable) {
      outcome.answer = Answer::unavailable;
      outcome.said = "a web page, not the receiver's answer";
    }
    outcome.date.reset();
  }
  if (answer.status >= 300 && answer.status < 400) outcome.date.reset();
  return outcome;
}

std::optional<Duration> asked_wait(const Outcome& outcome, WallTime now) {
  if (outcome.retry_in) return std::max(*outcome.retry_in, Duration::zero());
  if (!outcome.retry_at) return std::nullopt;
  return std::max<Duration>(*outcome.retry_at - outcome.date.value_or(now), Duration::zero());
}

FixedString<200> words_of(const Outcome& outcome) {
  FixedString<200> words;
  if (!outcome.said.empty()) words << ": " << outcome.said.view();
  return words;
}

std::string_view name(Answer answer) {
  constexpr std::string_view kNames[] = {"taken", "refused", "unavailable", "unreachable"};
  return kNames[static_cast<std::size_t>(answer)];
}

}  // namespace torpor
