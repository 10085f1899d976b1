// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "view/page.h"

// The parts of the page that are text, as HTML. Inside view only.
namespace torpor {

struct PageFigures {
  double dearest_hour_mj = 0;
  std::uint64_t queue_bytes = 0;
};

std::string page_title(const Story& story);
std::string page_head(const Story& story, const PageFacts& facts, const PageFigures& figures);
std::string page_events(const Story& story);
std::string page_foot(const Story& story, const PageFacts& facts);

// For text and for attributes in double quotes.
std::string html_escape(std::string_view text);

}  // namespace torpor
