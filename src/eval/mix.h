// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "eval/windows.h"

namespace torpor::eval {

// A window's samples on their own, with where they came from.
struct Piece16 {
  RecordedSamples samples;
  Recording recording;
  double rms = 0;  // of all channels together, means removed, in the manifest's units
};
Piece16 cut(const RecordedSamples& from, const Range& range, const Recording& recording);

// healthy + a x fault, a so that the fault's part has an RMS of level_db below the
// healthy one (all channels together; both means removed from the fault). A fault piece
// that is shorter is repeated. Blocks are the healthy piece's. The scale is the finest
// that holds the sum in 16 bit.
RecordedSamples mix(const Piece16& healthy, const Piece16& fault, double level_db);

}  // namespace torpor::eval
