// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "model/cuda/steps.h"
#include "model/model_file.h"

namespace torpor::cuda {

// A model as one block of memory that is copied to the device as it is: the packed weights
// of the model file, and the numbers worked out from its scales. Fills `net` with dims and
// offsets; its pointers stay null.
std::vector<std::byte> make_image(const ModelFile& model, Net& net);

// Lays out image, tokens, logits and working memory for net.sets token sets in one block
// at `base` (null: only counts) and points `net` there. Returns its size.
std::size_t place(Net& net, std::size_t image_bytes, std::byte* base);

// Calls `take(step, layer)` for every step of one forward pass, in order.
template <class Take>
void for_each_step(const Net& net, Take take) {
  take(KernelStep::quantize, 0u);
  take(KernelStep::embed, 0u);
  for (std::uint32_t layer = 0; layer < net.layers; ++layer)
    for (auto step = static_cast<std::uint32_t>(KernelStep::norm_for_qkv);
         step <= static_cast<std::uint32_t>(KernelStep::ffn2); ++step)
      take(static_cast<KernelStep>(step), layer);
  for (const KernelStep step :
       {KernelStep::final_norm, KernelStep::pool, KernelStep::head1, KernelStep::head2})
    take(step, 0u);
}

}  // namespace torpor::cuda
