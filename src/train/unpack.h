// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "model/model_file.h"
#include "model/quant_model.h"

namespace torpor::train {

// The quantised model that a file holds, taken out of the kernels' order: what the ONNX
// export needs of a model that was trained before. Encoding it again with the same card
// gives the same bytes.
QuantModel unpack(const ModelFile& file);

}  // namespace torpor::train
