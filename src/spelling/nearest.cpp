// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "spelling/nearest.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {

// Rows i and i - 1 are needed for the three plain edits, i - 2 for a swap of neighbours, which
// is the commonest slip of fingers and would cost two edits otherwise.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment (Damerau 1964): O(|a| |b|) time, three rows of memory.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  TORPOR_ASSERT(row.back() <= std::max(a.size(), b.size()), "spelling.a_distance_is_at_most_the_longer_word");
  return row.back();
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& words) {
  std::string_view best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    // A third of a long word, two slips in a short one.
    if (distance > std::max<std::size_t>(2, candidate.size() / 3)) continue;
    // Of a word of two letters every other is "near".
    if (distance >= std::max(word.size(), candidate.size())) continue;
    if (!best.empty() && distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace torpor
